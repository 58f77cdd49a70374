"""Tables and pages from results: marks, missing means, provenance, published numbers apart."""

import numpy as np
import pytest

from medte.evaluation.statistics import Estimate, Scores
from medte.report import figures, pages, published, tables
from tests.test_statistics import retrieval

DRAW = np.random.default_rng(2)
EASY = DRAW.random(300)


@pytest.fixture
def scores():
    task, other = "MedQuADRetrieval", "MedMCQARetrieval"
    rows = [
        retrieval("all-MiniLM-L6-v2", task, list(EASY)),
        retrieval("MEDTE-mini", task, list(np.clip(EASY + DRAW.normal(0, 0.05, 300), 0, 1))),
        retrieval("random", task, list(EASY * 0.1)),
        retrieval("all-MiniLM-L6-v2", other, list(EASY)),
        retrieval("MEDTE-mini", other, list(EASY)),
    ]
    return Scores(rows, draws=200)


def test_rounding_is_in_percent_with_a_true_minus():
    assert tables.percent(0.12345) == "12.3" and tables.percent(None) == "–"
    assert tables.percent(-0.021, sign=True) == "−2.1" and tables.percent(0.021, sign=True) == "+2.1"
    assert "45.6" in tables.cell(Estimate(0.456, 0.4, 0.5, 3)) and "40.0" in tables.cell(Estimate(0.456, 0.4, 0.5, 3))


def test_nan_never_reaches_a_page():
    with pytest.raises(ValueError, match="NaN"):
        tables.percent(float("nan"))


def test_best_is_bold_and_its_equals_are_marked(scores):
    table = tables.tasks(scores, ["MedQuADRetrieval"], "caption")
    row = table.split("<tbody>")[1]
    assert row.count("<b>") == 1 and row.count("•") == 1
    assert row.split("<td>")[3].count("•") == 0  # random vectors are neither


def test_a_model_without_a_task_has_no_mean(scores):
    row = next(line for line in tables.families(scores, "c").split("<tr>") if "Random vectors" in line)
    assert row.count("–") == 2


def test_the_sentence_says_what_the_interval_says(scores):
    assert "is above Random vectors" in tables.difference_sentence(
        Scores([r for r in scores.results.values() if r["task"] == "MedQuADRetrieval"], draws=50),
        "all-MiniLM-L6-v2",
        "random",
    )
    assert "not distinguishable" in tables.difference_sentence(scores, "MEDTE-mini", "all-MiniLM-L6-v2")


def test_published_numbers_are_the_papers_and_carry_their_caveats():
    frame = published.published()
    assert len(frame) == 17
    ours = frame.set_index("model").loc["MohammadKhodadad/MedTE-cl15-step-8000"]
    assert (ours["retrieval"], ours["avg_task_types"]) == (0.45, 0.569)
    table = published.table()
    assert published.CAVEATS in table and table.count("<tr>") == 18


def test_recorded_pages_name_their_origin():
    about, scores = pages.recorded("open")
    assert len(scores.tasks) >= 5
    for text in (pages.real_text_summary(), pages.real_text_details()):
        assert about["machine"] in text and "medte/report/recorded/open.jsonl" in text
    assert "of the 51 tasks" in pages.real_text_summary()


def test_what_is_recorded_is_of_todays_profile():
    assert pages.stale_records() == []


def test_the_banner_comes_from_the_manifest():
    manifest = {"edition": "mini", "sources": {"pubmed": {"fictional": True}}, "tasks": {"a": 1}, "missing": {}}
    text = pages.banner(manifest, 12)
    assert "fictional" in text and "12 results" in text and "prove nothing about the paper" in text
    real = pages.banner(manifest | {"edition": "open", "sources": {"medquad": {"fictional": False}}}, 0)
    assert "real text from medquad" in real and "machine-written" not in real


def test_figures_have_labels_and_no_title(scores):
    figures.use_style()
    for figure in (
        figures.gain_by_task(scores, "MEDTE-mini", "all-MiniLM-L6-v2"),
        figures.scores_by_task(
            Scores([r for r in scores.results.values() if r["task"] == "MedQuADRetrieval"], draws=9),
            ["MedQuADRetrieval"],
        ),
    ):
        (axes,) = figure.axes
        assert axes.get_xlabel() and not axes.get_title()


def test_a_family_without_tasks_says_so_everywhere():
    nothing = Scores([])
    assert "no task of this family" in tables.tasks(nothing, nothing.tasks, "c")
    assert "nothing to compare" in tables.difference_sentence(nothing, "MEDTE-mini", "all-MiniLM-L6-v2")
    for figure in (
        figures.scores_by_task(nothing, []),
        figures.gain_by_task(nothing, "MEDTE-mini", "all-MiniLM-L6-v2"),
    ):
        assert "no task" in figure.texts[0].get_text()
