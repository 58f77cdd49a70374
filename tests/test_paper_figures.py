"""The paper's figures by name: published ones say so, a map says what it is of, tables hold what was read."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_up import retrieval

from medte.evaluation.statistics import Scores
from medte.profile import load_profile
from medte.report import export, maps, paper_figures, published
from medte.report.exhibits import exhibit
from medte.tasks.catalogue import FAMILIES

pytestmark = pytest.mark.usefixtures("figures_closed")


def run_with(tasks, rows=()):
    """A stand-in for a run whose edition has these tasks, of 60 rows each."""
    draw = np.random.default_rng(1)
    return SimpleNamespace(
        profile=load_profile("mini"),
        tasks=lambda: tasks,
        edition=SimpleNamespace(tasks={task: {"rows": 60} for task in tasks}, manifest={}, cards=dict),
        vectors=lambda model, task: (draw.normal(size=(60, 4)), ["heart", "lung"] * 30),
        scores=lambda: Scores(rows, draws=5),
        times={},
    )


def test_published_and_live_are_never_one_exhibit_and_each_caption_says_which():
    assert all(one.recorded and name.startswith("published-") for name, one in paper_figures.PUBLISHED.items())
    assert not any(one.recorded for one in paper_figures.LIVE.values())
    for name, one in paper_figures.PUBLISHED.items():
        assert not one.is_figure or one.caption.startswith("Published: "), name
    run = run_with([maps.TASK])
    for name, one in paper_figures.LIVE.items():
        caption = one.caption(run) if callable(one.caption) else one.caption
        assert "his run's" in caption and "ublished" not in caption and not one.alt.startswith("Pub"), name


def test_every_published_exhibit_stands_on_the_page_once(pieces):
    text = pieces["published_figures.md"]
    for name in paper_figures.PUBLISHED:
        assert text.count(f'id="{name}"') == 1, name
    assert published.TIMES in text and text.count("## ") == 3


UP, DOWN, FLAT = [1, 2, 3, 4, 5, 6, 7, 9], [9, 7, 6, 5, 4, 3, 2, 1], [3, 1, 4, 1, 5, 1, 2, 1]


def models(*columns, group="non_medical_contrastive"):
    """Eight models of a group with a column x, and y0, y1 and so on."""
    values = {f"y{number}": column for number, column in enumerate(columns)}
    return pd.DataFrame({"group": group, "x": range(8), **values})


@pytest.mark.parametrize(
    ("columns", "word", "counts"),
    [
        ([UP, UP], "Yes", "2 are above 0 by their 95 % interval and 0 below"),
        ([DOWN], "No, the other way", "0 are above 0 by their 95 % interval and 1 below"),
        ([FLAT], "Not seen", "0 are above 0 by their 95 % interval and 0 below"),
        ([UP, FLAT], "In part", "1 are above 0 by their 95 % interval and 0 below"),
        ([FLAT, DOWN], "In part, the other way", "0 are above 0 by their 95 % interval and 1 below"),
        ([UP, DOWN], "Some yes, some the other way", "1 are above 0 by their 95 % interval and 1 below"),
    ],
)
def test_a_question_is_answered_by_intervals(columns, word, counts):
    pairs = [("x", f"y{number}") for number in range(len(columns))]
    text = paper_figures.answer(models(*columns), pairs, "A note.")
    assert text.count(f"<b>{word}.</b> Of {len(pairs)} correlations over 8 models") == 2 and text.count(counts) == 2
    assert "Among the 8 contrastive models alone: " in text and text.endswith(" A note.</p>")


def test_two_groups_far_apart_do_not_answer_for_the_models_of_one():
    far = models([20 + y for y in FLAT]).assign(x=range(20, 28))
    both = pd.concat([far, models(FLAT, group="medical_non_contrastive")])
    everyone, alone = paper_figures.answer(both, [("x", "y0")]).split(" Among the 8 ")
    assert "<b>Yes.</b>" in everyone and "<b>Not seen.</b>" in alone


def test_correlations_over_too_few_models_are_counted_and_not_hidden():
    frame = models(UP, [1.0, 2, 4, *[None] * 5])
    text = paper_figures.answer(frame, [("x", "y0"), ("x", "y1")])
    assert "Of 2 correlations over 8 models 1 are above" in text and "1 has too few models for one" in text
    assert "Too few models to say" in paper_figures.answer(frame[:3], [("x", "y0")])


def test_tables_of_sources_and_times_hold_what_was_read():
    (table,) = export.tables(published.sources())
    rows = {row[0].value.strip(): row[1:] for row in table.rows}
    assert [cell.value for cell in rows["bluebert_pubmed_mimic_uncased_L-12_H-768_A-12"]] == ["–"] * 3
    assert rows["gte-base"][0].value.strip() == "90" and rows["gte-base"][0].small == "1."
    assert [cell.small.strip() for cell in table.header] == ["", "2", "25", "11"]  # tasks of the 51
    (table,) = export.tables(published.times())
    means = [float(row[-1].value) for row in table.rows]
    assert len(means) == 17 and means == sorted(means) and len(table.header) == 2 + len(FAMILIES)


def test_a_map_names_its_count_perplexity_and_seed_and_its_models_base_first():
    run, tsne = run_with([maps.TASK]), paper_figures.LIVE["tsne"]
    caption = tsne.caption(run)
    assert "60 Wikipedia texts" in caption and "perplexity 15," in caption and f"seed {maps.SEED}" in caption
    vectors, labels = tsne.arguments(run)
    assert list(vectors) == ["all-MiniLM-L6-v2", "MiniLM + MEDTE recipe"] and labels == ["heart", "lung"] * 30
    assert "60 Wikipedia texts" in tsne.html("tsne", run)
    without = run_with([])
    assert tsne.arguments(without) == ({}, []) and "No map" in tsne.caption(without)


def test_live_figures_are_drawn_of_few_models_without_times():
    rows = [retrieval(model, "PubMedRetrieval", [0.1, 0.9]) for model in ("random", "all-MiniLM-L6-v2", "MEDTE-mini")]
    run = run_with(["PubMedRetrieval"], rows)
    run.edition.manifest = {"pairs": {}, "leaks_dropped": {}, "leaks_by_task": []}
    for name in paper_figures.LIVE:
        assert "<img" in exhibit(name).html(name, run), name
