"""A site built from the real pages and configuration, with notebooks that were not run: quick, and every link is real."""

import re

import pytest

from medte.errors import MedteError
from medte.pipeline import stage
from medte.pipeline.check import check_site
from medte.pipeline.notebooks import sources, to_ipynb
from medte.report.generated import generated

pytestmark = pytest.mark.site


def build_site(folder, address=None):
    notebooks = []
    for source in sources():
        path = folder / f"{source.stem}.ipynb"
        path.write_text(to_ipynb(source, address), encoding="utf-8")
        notebooks.append(path)
    stage.stage(folder / "stage", notebooks, generated())
    stage.build(folder / "stage", folder / "site", lambda line: None)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build_site(tmp_path_factory.mktemp("site"))


def pages(built):
    return {path.name: path.read_text(encoding="utf-8") for path in (built / "site").rglob("*.html")}


def test_links_are_whole_and_nothing_comes_from_another_host(built):
    assert check_site(built / "site") == []


def test_every_page_of_the_table_of_contents_is_there(built):
    names = {"index.html", "real_text.html", "published.html", "traps.html", "reproduce.html", "extend.html"}
    assert names | {f"{source.stem}.html" for source in sources()} <= set(pages(built))


def test_formulas_are_set_with_the_vendored_mathjax(built):
    text = pages(built)["20_contrastive_training.html"]
    assert re.search(r'src="[^":]*_static/mathjax/tex-mml-chtml\.js', text)


def test_without_an_address_there_is_no_colab_button(built):
    assert not [name for name, text in pages(built).items() if "colab.research" in text]


def test_with_an_address_every_notebook_has_a_colab_button_to_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDTE_REPOSITORY", "https://github.com/OWNER/medte")
    found = pages(build_site(tmp_path, "https://github.com/OWNER/medte"))
    for source in sources():
        button = f"https://colab.research.google.com/github/OWNER/medte/blob/main/notebooks/{source.stem}.ipynb"
        assert button in found[f"{source.stem}.html"]
    assert check_site(tmp_path / "site") == []


def test_published_and_live_numbers_share_no_page(built):
    for name, text in pages(built).items():
        assert not ("Published, not measured here" in text and "scored in this run" in text), name


def test_a_site_of_the_same_files_is_kept_and_a_broken_page_is_not_published(built):
    said = []
    stage.build(built / "stage", built / "site", said.append)
    assert said == ["site: unchanged"]
    page = built / "stage" / "traps.md"
    before = page.read_text(encoding="utf-8")
    page.write_text(before + "\n[nowhere](gone.md)\n", encoding="utf-8")
    for _ in range(2):  # a second try must not find the first one's warning forgotten
        with pytest.raises(MedteError, match=r"gone\.md"):
            stage.build(built / "stage", built / "site", said.append)
    page.write_text(before, encoding="utf-8")
    assert check_site(built / "site") == []
