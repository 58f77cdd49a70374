"""Each task by itself: cells of the heat map, shares of dropped pairs, lengths."""

import numpy as np
import pytest
from made_up import classification, pairs, retrieval

from medte.evaluation.statistics import Scores
from medte.models.registry import registry
from medte.report import by_task, figures
from medte.report.exhibit import Exhibit
from medte.report.marks import family_mark
from medte.tasks.catalogue import benchmark_tasks

pytestmark = pytest.mark.usefixtures("figures_closed")
PAIRS, SMALL, LARGE = "MedQAPairClassification", "MedQuADRetrieval", "PubMedRetrieval"
ROWS = [
    retrieval("random", SMALL, [0.0, 0.2]), retrieval("MEDTE-mini", SMALL, [0.6, 0.8]),
    retrieval("bm25", SMALL, [0.5, 0.5]),
    retrieval("random", LARGE, [0.1, 0.1]), retrieval("MEDTE-mini", LARGE, [1.0, 0.8]),
    pairs("random", PAIRS, [1, 0], [0.9, 0.1]), pairs("MEDTE-mini", PAIRS, [1, 0], [0.9, 0.1]),
]  # fmt: skip
SCORES = Scores(ROWS, draws=20)


def made_card(name, family, columns, **bounds):
    words = {column: {"median": float(median)} for column, median in columns.items()}
    repeats = {column: {"rows_elsewhere": 0} for column in columns}
    about = {"name": name, "family": family, "source": "x", "rows": 2, "documents": 2, "labels": {}}
    return about | {"words": words, "repeats": repeats, "bounds": bounds}


CARDS = {
    SMALL: made_card(SMALL, "retrieval", {"query": 8, "document": 100}),
    LARGE: made_card(LARGE, "retrieval", {"query": 10, "document": 200}),
    PAIRS: made_card(PAIRS, "pair_classification", {"sentence1": 30, "sentence2": 4}, always_positive_f1=0.4),
}


def test_the_heat_map_holds_every_score_floors_in_front_and_gaps_where_there_is_none():
    figure = by_task.heat_map(SCORES, CARDS)
    axes = figure.axes[0]
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["Pair classification", "MedQA", "Retrieval", "PubMed", "MedQuAD"]  # in a family the best first
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "Floor",
        "Random vectors",
        "BM25 (retrieval alone)",
        "MiniLM + MEDTE recipe",
    ]
    pairs = 100 * ROWS[-1]["value"]
    gap = np.nan
    expected = [
        [gap] * 5, [40, gap, pairs, gap, pairs], [gap] * 5, [gap, gap, 10, gap, 90], [gap, gap, 10, 50, 70],
    ]  # fmt: skip
    assert np.allclose(axes.images[0].get_array().filled(np.nan), expected, equal_nan=True)
    assert figure.axes[1].get_xlabel() == "score (%)" and not axes.get_title()
    assert "no task is scored" in by_task.heat_map(Scores([]), {}).texts[0].get_text()


EDITION = {
    "pairs": {"medquad": 70, "pubmed": 20},
    "leaks_dropped": {"medquad: same text": 8, "pubmed: same words": 2},
    "leaks_by_task": [
        ["subjects", "medquad", SMALL, "same text", 8],
        ["subjects", "pubmed", SMALL, "same words", 2],
        ["evaluation", "pubmed", LARGE, "same document", 50],
    ],
}


def test_shares_are_of_all_pairs_that_training_would_have_had():
    assert by_task.leak_shares(EDITION, [SMALL, LARGE]) == {SMALL: 0.1, LARGE: 0.0}
    assert by_task.leak_shares(EDITION | {"pairs": {}, "leaks_dropped": {}, "leaks_by_task": []}, [SMALL]) == {
        SMALL: 0.0
    }


def test_gains_stand_over_shares_and_touched_tasks_are_named():
    (axes,) = by_task.leakage(SCORES, "MEDTE-mini", "random", EDITION).axes
    drawn = {round(point[1]): (point[0], line) for line in axes.lines for point in line.get_xydata()}
    assert (
        set(drawn) == {60, 80, 0}
        and drawn[60][0] == pytest.approx(10, abs=0.5)
        and drawn[80][0] == pytest.approx(0, abs=0.5)
    )
    assert (drawn[80][1].get_color(), drawn[80][1].get_marker()) == family_mark("retrieval")
    means, *names = [text.get_text() for text in axes.texts]
    assert means.startswith("touched (1): +60.0") and "not touched (2): +40.0" in means and names == [SMALL]
    assert axes.get_xlabel() and axes.get_ylabel() == "MiniLM + MEDTE recipe\nminus Random vectors (points)"
    assert by_task.leakage(SCORES, "MEDTE-mini", "bm25", EDITION).axes  # on what both have
    assert "no task" in by_task.leakage(Scores([]), "MEDTE-mini", "random", EDITION).texts[0].get_text()


def test_lengths_are_those_of_the_longer_text_and_lines_need_three_tasks():
    figure = by_task.length(SCORES, CARDS)
    panels = {axes.texts[0].get_text(): axes for axes in figure.axes}
    assert set(panels) == {"Random vectors", "MiniLM + MEDTE recipe"}  # BM25 makes no vectors
    drawn = sorted(
        tuple(np.round(point)) for line in panels["MiniLM + MEDTE recipe"].lines for point in line.get_xydata()
    )
    assert drawn == [(30, round(100 * ROWS[-1]["value"])), (100, 70), (200, 90)]
    third = [retrieval(model, "MedRxivRetrieval", [0.5, 0.3]) for model in ("random", "MEDTE-mini")]
    card = {"MedRxivRetrieval": made_card("MedRxivRetrieval", "retrieval", {"query": 5, "document": 50})}
    axes = by_task.length(Scores([*ROWS, *third], draws=5), CARDS | card).axes[1]
    (line,) = [line for line in axes.lines if line.get_linestyle() == "-"]
    slope, start = np.polyfit(np.log([50, 100, 200]), [40, 70, 90], 1)
    assert np.allclose(line.get_xydata(), [(50, start + slope * np.log(50)), (200, start + slope * np.log(200))])


def test_means_by_family_name_each_model_in_each_block_where_it_has_all_tasks():
    rows = [*ROWS[:2], classification("random", "PMCDiagnosticVsTherapeuticClassification")]
    (axes,) = figures.means_by_family(Scores(rows, draws=20)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Classification, 1 task", "Random vectors", "Retrieval, 1 task", "Random vectors", "MiniLM + MEDTE recipe",
        "All tasks, 2 tasks", "Random vectors",
    ]  # fmt: skip
    assert axes.get_xlabel() == "score (%)" and not axes.get_title()
    assert "no task" in figures.means_by_family(Scores([])).texts[0].get_text()


def test_seventeen_models_on_all_tasks_stay_under_300_kilobytes():
    tasks, models = [task.name for task in benchmark_tasks("MedEval")], list(registry())[:17]
    found = Scores([retrieval(model, task, [0.1, 0.6]) for model in models for task in tasks], draws=2)
    cards = {task: made_card(task, "retrieval", {"query": 5, "document": 20 + len(task)}) for task in tasks}
    for make in (by_task.heat_map, by_task.length):
        (svg,) = Exhibit(make, lambda run: (found, cards), "c", "a").files("x").values()
        assert len(svg) < 300_000, make.__name__
