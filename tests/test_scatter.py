"""Models as points: each once with its group's mark and its name, r as known, and who is not drawn is named."""

import numpy as np
import pandas as pd
import pytest
from made_up import retrieval

from medte.evaluation.statistics import Scores
from medte.report import scatter
from medte.report.marks import GROUPS, group
from medte.report.published import published

pytestmark = pytest.mark.usefixtures("figures_closed")
FRAME = pd.DataFrame(
    {
        "model": ["a", "b", "c", "d", "e"],
        "group": ["floor", "own", "own", "medical_contrastive", "own"],
        "mean": [1.0, 3.0, 2.0, 4.0, 9.0],
        "retrieval": [10.0, 20.0, 30.0, 40.0, np.nan],
        "clustering": [4.0, 3.0, 2.0, 1.0, np.nan],
        "seconds": [1.0, 2.0, 3.0, 4.0, np.nan],
        "seconds_retrieval": [4.0, 3.0, 2.0, 1.0, np.nan],
        "pubmed": [1.0, 2.0, 3.0, np.nan, np.nan],
        "wikipedia": [2.0, 4.0, 6.0, 7.0, 8.0],
    }
)


def marks(axes):
    """Every point that is drawn, with its marker and colour."""
    return sorted(
        (*point, line.get_marker(), line.get_color())
        for line in axes.lines
        for point in line.get_xydata()
        if line.get_mfc() != "none"
    )


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_each_point_is_drawn_once_in_its_groups_mark_and_named():
    (axes,) = scatter.time(FRAME, None, "seconds").axes
    expected = [
        (row.seconds, row.mean, group(row.group).marker, group(row.group).colour)
        for row in FRAME.itertuples()
        if row.model != "e"
    ]
    assert marks(axes) == sorted(expected)
    r, *names = texts(axes)
    assert r.startswith("r = 0.80 (n = 4)") and sorted(names) == ["a", "b", "c", "d"]
    assert axes.get_xlabel() == "seconds\nno time: e" and axes.get_ylabel() == "mean score (%)" and not axes.get_title()


def test_r_of_a_family_is_that_of_its_own_columns():
    (axes,) = scatter.time(FRAME, "retrieval").axes
    assert texts(axes)[0].startswith("r = −1.00 (n = 4)") and axes.get_ylabel() == "retrieval, mean score (%)"
    (axes,) = scatter.sources(FRAME, "pubmed", "wikipedia").axes
    assert "too few points" in texts(axes)[0] and axes.get_xlabel().endswith("not in both: d, e")


def test_without_any_time_the_figure_says_so():
    for frame in (FRAME.drop(columns="seconds"), FRAME.assign(seconds=np.nan), scatter.of_scores(Scores([]))):
        assert "no model has both" in scatter.time(frame).texts[0].get_text()
    assert "fewer than two families" in scatter.families(FRAME[["model", "group", "retrieval"]]).texts[0].get_text()


def test_families_are_drawn_below_the_diagonal_and_r_stands_above():
    figure = scatter.families(FRAME)
    _, right, left, _ = figure.axes  # clustering, then retrieval
    assert texts(right) == ["r = −1.00 (n = 4)\nexact p = 0.08"]  # 2 of 24 orders are as far from 0
    assert [point[:2] for point in marks(left)] == [(1, 40), (2, 30), (3, 20), (4, 10)]
    assert left.get_xlabel() and left.get_ylabel() and not any(axes.get_title() for axes in figure.axes)


def test_the_front_is_what_no_other_beats():
    one, other = pd.Series([1, 2, 2, 3]), pd.Series([5, 4, 3, 1])
    assert scatter.front(one, other).tolist() == [True, True, False, True]
    assert scatter.front(pd.Series([1, 1]), pd.Series([2, 2])).all()  # equals beat nobody
    frame = FRAME.assign(texts_per_second=[9.0, 5.0, 1.0, 2.0, np.nan], parameters=[30.0, np.nan, 10.0, 20.0, np.nan])
    speed, size = scatter.frontier(frame).axes
    rings = [
        [tuple(point) for line in axes.lines if line.get_mfc() == "none" for point in line.get_xydata()]
        for axes in (speed, size)
    ]
    assert rings == [[(9, 1), (5, 3), (2, 4)], [(10, 2), (20, 4)]]
    assert speed.get_xlabel().endswith("not known of: e") and size.get_xlabel().endswith("not known of: b, e")


def test_published_numbers_come_as_they_were_read():
    frame, raw = scatter.of_published(), published()
    assert len(frame) == 17 and frame["group"].isin(GROUPS).all() and frame["model"].is_unique
    medte = frame[frame["model"] == "MEDTE"].iloc[0]
    first = raw[raw["model"].str.startswith("MohammadKhodadad")].iloc[0]
    assert medte["retrieval"] == pytest.approx(100 * first["retrieval"]) and medte["seconds"] == first["avg_time_s"]
    assert (
        medte["pubmed"] == pytest.approx(100 * first["source_pubmed"]) and "all-MiniLM-L6-v2" in frame["model"].tolist()
    )


def test_a_runs_means_come_with_intervals_times_and_size_and_without_bm25():
    names = ("random", "all-MiniLM-L6-v2", "MEDTE-mini", "bm25")
    rows = [retrieval(name, "PubMedRetrieval", [0.2, 0.4, 0.9]) for name in names]
    rows += [retrieval("random", "MedQuADRetrieval", [0.5, 0.7])]
    frame = scatter.of_scores(
        Scores(rows, draws=50), {"MEDTE-mini": {"all": 9.0, "retrieval": 4.0, "texts_per_second": 7.0}}
    )
    random, base, trained = frame.itertuples()
    assert (random.pubmed, random.mean) == (pytest.approx(50), pytest.approx(55))
    assert random.pubmed_low < random.pubmed < random.pubmed_high and np.isnan(random.wikipedia)
    assert (
        np.isnan(base.mean) and np.isnan(base.seconds) and np.isnan(random.parameters)
    )  # it lacks a task; was not timed
    assert (trained.seconds, trained.seconds_retrieval, trained.texts_per_second) == (9, 4, 7)
    assert trained.parameters == base.parameters > 20  # millions, its base's


def test_all_seventeen_models_are_named():
    frame = scatter.of_published()
    (axes,) = scatter.time(frame).axes
    assert set(frame["model"]) <= set(texts(axes)) and len(marks(axes)) == 17
