"""Tables and figures of results: marks, missing means, ranks, floors, and what is said where there is nothing."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from made_up import EASY, classification, pairs, retrieval
from matplotlib.legend import Legend

from medte.evaluation.statistics import Estimate, Scores
from medte.models.registry import registry
from medte.report import figures, tables
from medte.report.exhibit import STYLE

NOISE = np.random.default_rng(3).normal(0, 0.05, 300)
LIKE_EASY = np.clip(EASY + NOISE - NOISE.mean(), 0, 1)  # another on each query, and the same on the whole


@pytest.fixture
def scores():
    task, other = "MedQuADRetrieval", "MedMCQARetrieval"
    rows = [
        retrieval("all-MiniLM-L6-v2", task, list(EASY)),
        retrieval("MEDTE-mini", task, list(LIKE_EASY)),
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
    table = tables.tasks(scores, ["MedQuADRetrieval"], {}, "caption")
    row = table.split("<tbody>")[1]
    assert row.count("<b>") == 1 and row.count("•") == 1
    assert row.split("<td>")[5].count("•") == 0  # random vectors are neither


def test_a_model_without_a_task_has_no_mean(scores):
    row = next(line for line in tables.families(scores, "c").split("<tr>") if "Random vectors" in line)
    assert row.count("–") == 3  # retrieval, all tasks, rank


def test_the_note_names_who_lacks_what_and_where_bm25_stands():
    bm25 = next(name for name, about in registry().items() if about.kind == "bm25")
    title, rows = registry()[bm25].title, [
        retrieval("tfidf", "MedQuADRetrieval", list(EASY)),
        retrieval("tfidf", "PubMedRetrieval", list(EASY)),
        classification("tfidf", "PMCDiagnosticVsTherapeuticClassification"),
        retrieval("random", "MedQuADRetrieval", list(EASY * 0.1)),
        retrieval(bm25, "MedQuADRetrieval", list(EASY * 0.5)),
        retrieval(bm25, "PubMedRetrieval", list(EASY * 0.5)),
    ]  # fmt: skip
    scores, note = (
        Scores(rows, draws=50),
        f"{title} makes no vectors: it stands in single retrieval tasks, in no mean and no rank.",
    )
    table = tables.families(scores, "c")
    assert note in table and f">{title}<" not in table and f"{title} lacks" not in table
    assert "Random vectors lacks 2 of 3 tasks: " in table and "TF-IDF lacks" not in table
    assert f'scope="col">{title}<' in tables.tasks(scores, ["MedQuADRetrieval"], {}, "c")
    without = tables.families(scores.only(["tfidf", "random"]), "c")
    assert table.replace(f" {note}", "") == without  # the same ranks and marks, corrected for two models and not three


def test_a_model_without_vectors_is_compared_in_no_correction():
    draw = np.random.default_rng(4)
    models = ("all-MiniLM-L6-v2", "random", "bm25")
    rows = [retrieval(model, "MedQuADRetrieval", list(draw.random(300))) for model in models]
    found = Scores(rows, draws=100)
    table = tables.comparisons(found, "all-MiniLM-L6-v2", "c")
    assert "BM25" not in table
    assert table == tables.comparisons(found.only(["all-MiniLM-L6-v2", "random"]), "all-MiniLM-L6-v2", "c")


def test_ranks_and_the_smallest_visible_difference_stand_in_the_families():
    rows = [
        retrieval("all-MiniLM-L6-v2", "MedQuADRetrieval", list(EASY)),
        retrieval("MEDTE-mini", "MedQuADRetrieval", list(LIKE_EASY)),
        retrieval("random", "MedQuADRetrieval", list(EASY * 0.1)),
    ]
    found = Scores(rows, draws=200)
    pair = ("MEDTE-mini", "all-MiniLM-L6-v2")
    body, last = (
        tables.families(found, "c", pair).split("<tbody>")[1].split("</tbody>")
    )  # sorting leaves the last row there
    lines = body.split("<tr>")[1:]
    ranks = [line.split("<td>")[-1].split("<")[0] for line in lines]
    assert ranks == ["1", "1", "2"]
    seen = tables.percent(found.detectable(*pair, ["MedQuADRetrieval"]))
    assert last.startswith("<tfoot>") and "Smallest difference that could have been seen" in last
    assert last.count(f"<td>{seen}</td>") == 2
    assert "<tfoot>" not in tables.families(found, "c")


def test_tasks_carry_floor_and_ceiling_and_no_table_is_wider_than_ten_columns():
    names = ["random", "tfidf", "all-MiniLM-L6-v2", "MEDTE", "gte-base", "e5-base", "SciBERT", "BERT-base", "SciNCL"]
    found = Scores([retrieval(name, "MedQuADRetrieval", [0.5, 0.7]) for name in names], draws=20)
    about = {
        "name": "MedQuADRetrieval", "family": "retrieval", "source": "medquad", "rows": 2, "documents": 2, "labels": {},
        "repeats": {"query": {"rows_elsewhere": 0}, "document": {"rows_elsewhere": 0}},
        "words": {"query": {"median": 4}, "document": {"median": 9}}, "bounds": {"ceiling_ndcg_at_10": 0.815},
    }  # fmt: skip
    text = tables.tasks(found, ["MedQuADRetrieval"], {"MedQuADRetrieval": about}, "c")
    assert text.count("<table") == 2 and text.count("<td>81.5</td>") == 2
    assert "Models 1 to 7 of 9. c" in text and "Models 8 to 9 of 9. c" in text
    assert all(part.count('scope="col"') <= 10 for part in text.split("</table>"))
    assert [text.count(f'<th scope="col">{registry()[name].title}</th>') for name in names] == [1] * 9
    pairs = about | {"family": "pair_classification", "bounds": {"positives": 0.5, "always_positive_f1": 2 / 3}}
    pairs |= {
        part: {"sentence1": about[part]["query"], "sentence2": about[part]["document"]} for part in ("repeats", "words")
    }
    assert tables.bounds([pairs]) == {"MedQuADRetrieval": ["66.7", "–"]} and tables.bounds([]) == {}
    without = tables.tasks(found, ["MedQuADRetrieval"], {}, "c")
    assert without.count("<td>–</td><td>–</td>") == 2


def test_every_model_is_compared_with_one(scores):
    table = tables.comparisons(scores, "all-MiniLM-L6-v2", "c")
    body = table.split("<tbody>")[1]
    assert "Minus all-MiniLM-L6-v2" in table and body.count("<tr>") == 2
    assert "not distinguishable" in body and "lacks tasks" in body  # random vectors lack a task
    one = Scores([row for row in scores.results.values() if row["task"] == "MedQuADRetrieval"], draws=100)
    assert "<td>below</td>" in tables.comparisons(one, "all-MiniLM-L6-v2", "c")
    assert "nothing to compare with TF-IDF" in tables.comparisons(scores, "tfidf", "c")
    assert tables.probability(0.0004) == "&lt;\u00a00.001" and tables.probability(0.0314) == "0.031"


def test_what_is_left_without_the_source_that_moves_it_most():
    rows = [retrieval("base", name, [0.5, 0.5]) for name in ("MedQuADRetrieval", "PubMedRetrieval", "MedMCQARetrieval")]
    rows += [
        retrieval("ours", name, [value, value])
        for name, value in (("MedQuADRetrieval", 0.9), ("PubMedRetrieval", 0.6), ("MedMCQARetrieval", 0.5))
    ]
    found = tables.without_one_source(Scores(rows, draws=20), "ours", "base")
    assert (
        found.startswith("Without the tasks of medquad") and "+5.0 points" in found and found.endswith("over 2 tasks.")
    )
    one = [row for row in rows if row["task"] == "PubMedRetrieval"]
    assert tables.without_one_source(Scores(one, draws=20), "ours", "base") == ""


def test_the_cells_of_a_table_of_prose_know_their_columns():
    header, prose = (
        ["Reason", "What happens", "How large &amp; <small>why</small>"],
        ["<small>a</small>", "<small>b</small>"],
    )
    table = tables.html(header, [["one", *prose], ["two", "3", "4"], ["five", *prose]], "c")
    assert "dataframe medte-prose" in table and table.count('data-of="What happens"') == 3
    assert '<td data-of="How large &amp; why"><small>b</small></td>' in table
    assert "data-of" not in tables.html(header, [["one", "<small>a</small>", "2"]], "c")


def test_stale_results_are_listed_with_the_reason():
    other = "made of other data"
    found = [("gone", "MedQuADRetrieval", other), ("gone", "MedQARetrieval", other), ("new", "MedQARetrieval", other)]
    table = tables.stale(found, "c")
    assert table.count(other) == 2 and "<td>2</td>" in table and tables.breakable("MedQARetrieval") in table
    assert "Every result that is kept is used" in tables.stale([], "c")


def test_the_sentence_says_what_the_interval_says(scores):
    assert "is above Random vectors" in tables.difference_sentence(
        Scores([r for r in scores.results.values() if r["task"] == "MedQuADRetrieval"], draws=50),
        "all-MiniLM-L6-v2",
        "random",
    )
    assert "not distinguishable" in tables.difference_sentence(scores, "MEDTE-mini", "all-MiniLM-L6-v2")


def test_a_figure_has_room_for_more_models_than_markers():
    names = ["random", "tfidf", "all-MiniLM-L6-v2", "MEDTE", "gte-base", "e5-base", "SciBERT", "BERT-base"]
    assert len(names) > len(figures.MARKERS)
    found = Scores([retrieval(name, "MedQuADRetrieval", [0.5, 0.7]) for name in names], draws=5)
    (axes,) = figures.scores_by_task(found, found.tasks).axes
    assert len(axes.figure.legends[0].get_texts()) == len(names)


def test_no_legend_is_cut_off_beside_long_names_of_tasks():
    task = "MIMICDischargeInstructionsToHistoryOfPresentIllnessPairClassification"
    names = ("random", "tfidf", "all-MiniLM-L6-v2", "MEDTE-mini", "MEDTE-mini-sham")
    found = Scores([pairs(name, task, [1, 1, 0, 0], [0.9, 0.8, 0.3, 0.2]) for name in names], draws=5)
    with plt.style.context(STYLE):
        for figure in (figures.scores_by_task(found, [task]), figures.gain_by_task(found, "MEDTE-mini", "tfidf")):
            figure.canvas.draw()
            (legend,) = figure.findobj(Legend)
            inside = legend.get_window_extent()
            assert figure.bbox.x0 <= inside.x0 and inside.x1 <= figure.bbox.x1 and inside.y1 <= figure.bbox.y1


def test_a_figure_leaves_out_a_mark_where_a_model_has_no_result(scores):
    (axes,) = figures.scores_by_task(scores, scores.tasks).axes
    marks = {line.get_label(): len(line.get_xdata()) for line in axes.lines}
    assert marks == {tables.title("all-MiniLM-L6-v2"): 2, tables.title("MEDTE-mini"): 2, tables.title("random"): 1}
    (axes,) = figures.gain_by_task(scores, "all-MiniLM-L6-v2", "random").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["MedQuADRetrieval"]


def test_figures_have_labels_and_no_title(scores):
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
    assert "no task of this family" in tables.tasks(nothing, nothing.tasks, {}, "c")
    assert "nothing to compare" in tables.difference_sentence(nothing, "MEDTE-mini", "all-MiniLM-L6-v2")
    for figure in (
        figures.scores_by_task(nothing, []),
        figures.gain_by_task(nothing, "MEDTE-mini", "all-MiniLM-L6-v2"),
    ):
        assert "no task" in figure.texts[0].get_text()
