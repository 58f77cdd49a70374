"""The pages' own text: no result is typed by hand, and what a page includes or names is there."""

import re

import pytest

from medte.paths import CHECKOUT
from medte.report.exhibits import EXHIBITS

METRIC = re.compile(
    r"\b(nDCG|F1|v-measure|average precision|accuracy|MRR|reciprocal rank|Pearson|Spearman|Kendall|"
    r"points?|scores?|means?|gains?|loss)\b|τ",
    re.IGNORECASE,
)
SHARE, DECIMAL = re.compile(r"(?<![\w.])\d+(?:\.\d+)?\s?%"), re.compile(r"(?<![\w.])\d+\.\d+(?!\.?\w)")

# Numbers that are no result, and why.
ALLOWED = {
    "the middle 95 % of what comes out": "says what an interval is",
    "already gives 66.7 where half the pairs are right": "F1 of calling every pair right: 2p / (1 + p) at p = 1/2",
    "Python 3.11 or later": "a version",
    "leaves out the farthest 7 % of each class": "what the authors' scripts do, recipe §5, point 23",
}


def pages():
    """Name → prose of the pages, the notebooks and the README, without code, the targets of links and the numbers of papers."""
    found = {path.name: path.read_text(encoding="utf-8") for path in (CHECKOUT / "book").glob("*.md")}
    found["README.md"] = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    for path in (CHECKOUT / "notebooks").glob("*.py"):
        cells = re.split(r"^# %%", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        told = [cell.split("\n", 1)[1] for cell in cells if cell.startswith(" [markdown]")]
        found[path.name] = re.sub(r"^# ?", "", "\n".join(told), flags=re.MULTILINE)
    return {name: prose(text) for name, text in found.items()}


def prose(text):
    text = re.sub(r"^(```+|~~~+).*?^\1`*$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\barXiv\s+\d{4}\.\d{5}\b", "", re.sub(r"`[^`]*`", "", text))
    return re.sub(r"\]\([^)]*\)", "]", text)


def typed(text):
    """The numbers in prose that look like results: shares in percent, and decimals in a paragraph with a metric's name."""
    found = []
    for lines in re.split(r"\n\s*\n", text):
        paragraph = " ".join(lines.split())
        for phrase in ALLOWED:
            paragraph = paragraph.replace(phrase, "")
        numbers = [*SHARE.finditer(paragraph), *(DECIMAL.finditer(paragraph) if METRIC.search(paragraph) else ())]
        found += [paragraph[max(0, number.start() - 40) : number.end() + 40] for number in numbers]
    return found


def test_no_result_is_typed_by_hand():
    assert {name: found for name, text in pages().items() if (found := typed(text))} == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("MEDTE reaches an nDCG of 0.62 here.", 1),
        ("It gains +1.4 points, and\n0.3 on pairs.", 2),
        ("A share of 12 %, and of 3.5%.", 2),
        ("A v-measure as in `mteb 2.26`, see [scores](a/1.5.md).\n\nPython 3.13 is needed.", 0),
        ("The score\n\n```python\nx = 0.5\n```\n\nis not typed. Licence 4.0.", 0),
        ("Scores need Python 3.11 or later; see arXiv 2507.19407.", 0),
    ],
)
def test_a_typed_result_is_found(text, count):
    assert len(typed(prose(text))) == count


def test_every_allowed_number_still_stands_somewhere_and_is_right():
    together = " ".join(" ".join(text.split()) for text in pages().values())
    assert [phrase for phrase in ALLOWED if phrase not in together] == []
    half, quarter = (200 * share / (1 + share) for share in (1 / 2, 1 / 4))
    assert f"{half:.1f} where half the pairs are right, {quarter:.0f} where a quarter is" in together


def test_every_generated_piece_is_included_and_every_include_is_generated(pieces):
    included = []
    for path in (CHECKOUT / "book").glob("*.md"):
        included += re.findall(
            r"^```\{include\} _generated/(\S+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
    assert sorted(included) == sorted(pieces)


def test_every_table_and_figure_that_a_page_names_exists():
    named = set()
    for path in [*(CHECKOUT / "book").glob("*.md"), *(CHECKOUT / "notebooks").glob("*.py"), CHECKOUT / "README.md"]:
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'\bshow\("([^"]+)"', text)) | set(
            re.findall(r"medte (?:table|figure) ([a-z][\w-]+)", text)
        )
        named |= set(re.findall(r"make (?:table|figure)-([\w-]+)", text))
    assert {"families", "ablation"} <= named <= set(EXHIBITS)
