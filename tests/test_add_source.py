"""The page on adding a source, followed to the letter in a copy of the package."""

import re

import pytest
from followed import blocks, copied_checkout, read_page, replace_once, said

PAGE = read_page("add_source")
LEAFLETS = """id,title,text
1,Gout,Drink much water.
2,Asthma,Keep the inhaler near.
3,Migraine,
4,gout,drink much water
"""


def block(language):
    (found,) = blocks(PAGE, language)
    return found


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout with the page's file, line and profile."""
    copy = copied_checkout(tmp_path / "checkout")
    (copy / "medte" / "sources" / "leaflets.py").write_text(block("python"), encoding="utf-8")
    before, added = block("diff").splitlines()
    replace_once(copy / "medte" / "sources" / "registry.py", f"{before[1:]}\n", f"{before[1:]}\n{added[1:]}\n")
    profile = copy / "profiles" / "open.yaml"
    (sources,) = re.findall(r"^  sources: \[.*?\]", profile.read_text(), flags=re.MULTILINE)
    replace_once(profile, sources, "  " + re.search(r"sources: \[leaflets\]", PAGE)[0])
    return copy


@pytest.mark.slow
def test_the_page_on_adding_a_source_works(checkout, tmp_path):
    mirror = tmp_path / "mirror"
    (mirror / "leaflets").mkdir(parents=True)
    (mirror / "leaflets" / "leaflets.csv").write_text(LEAFLETS)
    answer = said(block("console"), checkout, MEDTE_MIRROR=mirror)
    assert re.search(r"^leaflets +3 +1 ", answer, flags=re.MULTILINE), answer
    assert "leaflets: no text 1, same words 1" in answer
    assert re.search(r"^1 training pairs;", answer, flags=re.MULTILINE)
