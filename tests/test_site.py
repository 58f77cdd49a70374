"""The small site: real pages and configuration, notebooks that were not run; what can be said of its files without a browser."""

import re

import pytest
from conftest import build_site

from medte.errors import MedteError
from medte.pipeline import stage
from medte.pipeline.check import check_site
from medte.pipeline.notebooks import sources

pytestmark = pytest.mark.site


def pages(built):
    return {path.name: path.read_text(encoding="utf-8") for path in (built / "site").rglob("*.html")}


def test_links_are_whole_and_nothing_comes_from_another_host(built):
    assert check_site(built / "site") == []


def test_every_page_of_the_table_of_contents_is_there(built):
    names = {"index.html", "real_text.html", "published.html", "traps.html", "reproduce.html", "extend.html"}
    assert names | {f"{source.stem}.html" for source in sources()} <= set(pages(built))


def test_formulas_are_set_with_the_vendored_mathjax(built):
    text = pages(built)["20_contrastive_training.html"]
    assert len(re.findall(r'src="[^":]*mathjax/tex-mml-chtml\.js', text)) == 1


def test_pages_are_small_and_load_their_own_script_once(built):
    images = re.compile(r"data:image/[^\"]+")
    for name, text in pages(built).items():
        assert len(images.sub("", text).encode()) <= 300_000, name
        if 'class="bd-content"' in text:
            assert len(re.findall(r'src="[^":]*_static/medte\.js', text)) == 1, name
    assert sum(path.stat().st_size for path in (built / "site").rglob("*") if path.is_file()) <= 40_000_000
    assert (built / "site" / "_static" / "medte.js").stat().st_size < 8_000


def test_without_an_address_there_is_no_colab_button(built):
    assert not [name for name, text in pages(built).items() if 'href="https://colab.research' in text]


@pytest.fixture(scope="module")
def addressed(pieces, tmp_path_factory):
    """A small site of a repository that has an address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDTE_REPOSITORY", "https://github.com/OWNER/medte")
        yield build_site(tmp_path_factory.mktemp("addressed"), pieces, "https://github.com/OWNER/medte", api=False)


def test_with_an_address_every_notebook_has_a_colab_button_to_itself(addressed):
    found = pages(addressed)
    for source in sources():
        button = f"https://colab.research.google.com/github/OWNER/medte/blob/main/notebooks/{source.stem}.ipynb"
        assert button in found[f"{source.stem}.html"]
    # without the API pages there are none of source code
    assert [problem for problem in check_site(addressed / "site") if "_modules/" not in problem] == []


def test_published_and_live_numbers_share_no_page(built):
    for name, text in pages(built).items():
        assert not ("Published, not measured here" in text and "scored in this run" in text), name


def test_a_site_of_the_same_files_is_kept_and_a_broken_page_is_not_published(addressed):
    said = []
    stage.build(addressed / "stage", addressed / "site", said.append)
    assert said == ["site: unchanged"]
    page = addressed / "stage" / "traps.md"
    before = page.read_text(encoding="utf-8")
    page.write_text(before + "\n[nowhere](gone.md)\n", encoding="utf-8")
    for _ in range(2):  # a second try must not find the first one's warning forgotten
        with pytest.raises(MedteError, match=r"gone\.md"):
            stage.build(addressed / "stage", addressed / "site", said.append)
    page.write_text(before, encoding="utf-8")
    assert said == ["site: unchanged"] and "traps.html" in pages(addressed)
