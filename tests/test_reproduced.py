"""Published against reproduced: what an edition can reach, which numbers are set side by side, and every verdict."""

import pandas as pd
import pytest
from made_up import retrieval

from medte.evaluation.statistics import Scores
from medte.profile import Negatives, load_profile
from medte.report import reproduced
from medte.sources import notes
from medte.sources.registry import SOURCES
from medte.tasks.catalogue import benchmark_tasks

PUBMED = [task for task in benchmark_tasks("MedEval") if task.source == "pubmed"]
PAPER = load_profile("paper")
MINED = Negatives(miner="all-MiniLM-L6-v2", judged_miner=True)  # as the paper's
PLAIN = PAPER.model_copy(update={"data": PAPER.data.model_copy(update={"negatives": None})})  # negatives drawn by hash
OPEN = load_profile("open")
OPEN_MINED = OPEN.model_copy(update={"data": OPEN.data.model_copy(update={"negatives": MINED})})
GTE, MINILM = "thenlper/gte-base", "sentence-transformers/all-MiniLM-L6-v2"


def edition(name="full", **changes):
    """The manifest of an edition that holds all 51 tasks, each from its own source; then `changes`."""
    tasks = {task.name: {"written_by": None} for task in benchmark_tasks("MedEval")}
    sources = {source: {"stand_in": False, "licences": {"CC0-1.0": 1}} for source in SOURCES}
    return {"edition": name, "sources": sources, "tasks": tasks} | changes


def cards(written_by=None):
    return {
        task.name: {"family": task.family, "written_by": written_by, "dates": {"latest": "2024-12-31"}}
        for task in benchmark_tasks("MedEval")
    }


def column(found, name):
    return next(about for about in found if about.column == name)


def result(model, task, mean, spread=0.2):
    """A result of 400 items, scored as in retrieval, half of them `spread` below `mean`, half above."""
    return retrieval(model, task.name, [mean - spread, mean + spread] * 200)


def perfect(model, task, mean):
    """A result whose items are all right, so that its interval has no width, with the value set to `mean` by hand."""
    labels = [0, 1] * 5
    items = {
        "classification": {"labels": labels, "predictions": [labels] * 10},
        "clustering": {"labels": labels, "assignment": labels, "assignments": [labels] * 5},
        "pair_classification": {"labels": labels, "similarity": labels},
        "retrieval": {"ndcg": [1.0] * 10},
    }
    return retrieval(model, task.name, [mean] * 10) | {"family": task.family, "items": items[task.family]}


def on_pubmed(**means):
    return Scores([result(model, task, mean) for model, mean in means.items() for task in PUBMED], draws=200)


@pytest.fixture
def table(monkeypatch):
    """Sets the published values of PubMed; the other columns have none."""

    def set_to(**of_pubmed):
        hubs = {"MEDTE": reproduced.MEDTE, "gte": GTE, "minilm": MINILM}
        rows = [{"model": hubs[name], "source_pubmed": value} for name, value in of_pubmed.items()]
        frame = pd.DataFrame(rows).reindex(columns=["model", *reproduced.COLUMNS])
        monkeypatch.setattr(reproduced, "published", lambda: frame)

    return set_to


def compared(scores, profile, **changes):
    return reproduced.side_by_side(scores, profile, edition(**changes), cards())


def test_with_every_task_from_its_own_source_every_column_is_reached():
    found = reproduced.reach(edition())
    assert [about.why for about in found] == [""] * 8
    sizes = {about.column: (len(about.tasks), len(about.models)) for about in found}
    assert sizes["avg_task_types"] == (51, 17) and sizes["source_wikipedia"] == (11, 16)
    assert sizes["classification"] == (15, 17) and sizes["source_mimic_iv"] == (25, 16)


def test_with_notes_that_stand_in_only_wikipedia_and_pubmed_are_reached():
    sources = edition()["sources"] | {"mimic_iv": {"stand_in": True, "licences": {}}}
    found = reproduced.reach(edition(name="open", sources=sources))
    assert [about.column for about in found if not about.why] == ["source_pubmed", "source_wikipedia"]
    assert column(found, "classification").why == "9 of 15 tasks, mimic_iv: fictional notes stand in"


def test_a_hospitals_own_notes_are_not_the_papers():
    own = edition()["sources"] | {"mimic_iv": {"stand_in": False, "licences": {notes.LICENCE: 9}}}
    found = reproduced.reach(edition(sources=own))
    assert [about.column for about in found if not about.why] == ["source_pubmed", "source_wikipedia"]
    assert column(found, "source_mimic_iv").why == "25 of 25 tasks, mimic_iv: made of a hospital's own notes"


def test_queries_from_the_text_and_tasks_not_built_are_no_reach():
    whole = edition()["tasks"]
    extractive = whole | {task.name: {"written_by": "extractive"} for task in PUBMED}
    why = column(reproduced.reach(edition(tasks=extractive)), "source_pubmed").why
    assert why == "2 of 2 tasks, pubmed: queries or pairs are taken from the text itself"
    lost = {name: about for name, about in whole.items() if name != PUBMED[0].name}
    assert column(reproduced.reach(edition(tasks=lost)), "source_pubmed").why == (
        "1 of 2 tasks, pubmed: not built in this edition"
    )
    by_model = whole | {task.name: {"written_by": "model llama"} for task in PUBMED}
    assert column(reproduced.reach(edition(tasks=by_model)), "source_pubmed").why == ""


def test_the_mini_edition_reaches_nothing_and_shows_no_published_number():
    scores, profile = on_pubmed(**{"gte-base": 0.9}), load_profile("mini")
    assert all("machine-written" in about.why for about in reproduced.reach(edition(name="mini")))
    text = reproduced.section(scores, profile, edition(name="mini"), cards())
    assert "No published number can be compared here: the mini edition" in text and "<table" not in text


def test_the_same_model_on_the_same_source_is_reproduced_or_not(table):
    table(MEDTE=0.87, gte=0.9)
    (cell,) = compared(on_pubmed(**{"gte-base": 0.905}), PAPER)
    assert (cell.model, cell.counterpart, cell.column, cell.is_gain) == ("gte-base", GTE, "source_pubmed", False)
    assert cell.verdict == "reproduced" and "within our interval" in cell.why
    assert cell.published == 0.9 and cell.difference == pytest.approx(0.005)
    (cell,) = compared(on_pubmed(**{"gte-base": 0.8}), PAPER)
    assert cell.verdict == "not reproduced" and cell.difference == pytest.approx(-0.1)


def test_rounding_widens_the_interval_by_half_a_decimal(table):
    table(MEDTE=0.87, gte=0.9)
    tight = Scores([result("gte-base", task, 0.904, spread=0.0) for task in PUBMED], draws=50)
    assert compared(tight, PAPER)[0].verdict == "reproduced"
    off = Scores([result("gte-base", task, 0.906, spread=0.0) for task in PUBMED], draws=50)
    assert compared(off, PAPER)[0].verdict == "not reproduced"


def test_medte_on_its_own_base_is_judged_by_its_value(table):
    table(MEDTE=0.87)
    (cell,) = compared(on_pubmed(**{"MEDTE-paper": 0.87}), PAPER)
    assert (cell.counterpart, cell.is_gain, cell.verdict) == (reproduced.MEDTE, False, "reproduced")
    assert "trained by a profile, not the released weights" in cell.causes


@pytest.mark.parametrize(
    ("ours", "published", "verdict"),
    [
        (0.75, 0.95, "same direction"),
        (0.65, 0.85, "same direction"),
        (0.75, 0.85, "opposite direction"),
        (0.65, 0.95, "opposite direction"),
        (0.701, 0.95, "direction not distinguishable"),
        (0.75, 0.91, "none"),
    ],
)
def test_medte_on_another_base_is_judged_by_the_sign_of_its_gain(table, ours, published, verdict):
    table(MEDTE=published, gte=0.9)
    opposite = [0.2, -0.2] if verdict == "direction not distinguishable" else [-0.2, 0.2]
    rows = [result("all-MiniLM-L6-v2", task, 0.7) for task in PUBMED]
    rows += [retrieval("MEDTE-open", task.name, [ours + gap for gap in opposite] * 200) for task in PUBMED]
    (cell,) = compared(Scores(rows, draws=200), OPEN_MINED, name="open")
    assert (cell.model, cell.is_gain, cell.verdict) == ("MEDTE-open", True, verdict)
    assert cell.ours.value == pytest.approx(ours - 0.7) and cell.published == pytest.approx(published - 0.9)
    assert cell.why


def test_a_cap_below_the_models_own_length_gives_no_verdict(table):
    table(gte=0.9, minilm=0.8)
    capped = PAPER.model_copy(update={"encoding": PAPER.encoding.model_copy(update={"max_length": 256})})
    cells = {cell.model: cell for cell in compared(on_pubmed(**{"gte-base": 0.9, "all-MiniLM-L6-v2": 0.8}), capped)}
    assert cells["gte-base"].verdict == "none"
    assert cells["gte-base"].why == (
        "not the published protocol: texts cut at 256 tokens, the model's own length is 512"
    )
    assert cells["all-MiniLM-L6-v2"].verdict == "reproduced"  # 256 tokens are its own length
    assert compared(on_pubmed(**{"gte-base": 0.9}), PAPER)[0].verdict == "reproduced"


def test_another_miner_gives_no_verdict_where_there_are_pairs(table):
    table(MEDTE=0.87, gte=0.9)
    (drawn,) = compared(on_pubmed(**{"gte-base": 0.9}), PLAIN)
    assert drawn.verdict == "none"
    assert drawn.why == (
        "not the published protocol: negatives of pairs drawn by hash, the paper's mined by all-MiniLM-L6-v2"
    )
    rows = [result(model, task, 0.9) for model in ("MEDTE-open", "all-MiniLM-L6-v2") for task in PUBMED]
    (gain,) = compared(Scores(rows, draws=20), OPEN, name="open")
    assert gain.verdict == "none" and "mined by bm25, the paper's" in gain.why


def test_without_pairs_the_miner_does_not_matter():
    rows = [perfect("gte-base", task, 0.5) for task in benchmark_tasks("MedEval")]
    verdicts = {cell.column: cell.verdict for cell in compared(Scores(rows, draws=20), PLAIN)}
    assert {column for column, verdict in verdicts.items() if verdict != "none"} == {
        "classification", "clustering", "retrieval",
    }  # fmt: skip


def test_models_without_a_counterpart_or_without_a_result_have_no_cell(table):
    table(MEDTE=0.87, gte=0.9)
    other = ("random", "tfidf", "e5-base", "gte-base@128", "MEDTE-mini-sham")
    assert compared(on_pubmed(**dict.fromkeys(other, 0.9)), PAPER) == []
    half = Scores([result("gte-base", PUBMED[0], 0.9)], draws=20)
    assert compared(half, PAPER) == []
    alone = on_pubmed(**{"MEDTE-open": 0.9})  # its base has no result
    assert compared(alone, load_profile("open"), name="open") == []


def test_the_mean_is_over_families_and_rounded_to_three_decimals():
    means = dict(
        zip(("classification", "clustering", "pair_classification", "retrieval"), (0.7, 0.28, 0.69, 0.401), strict=True)
    )
    rows = [perfect("gte-base", task, means[task.family]) for task in benchmark_tasks("MedEval")]
    found = compared(Scores(rows, draws=20), PAPER)
    mean = next(cell for cell in found if cell.column == "avg_task_types")
    assert mean.ours.value == pytest.approx(sum(means.values()) / 4) and mean.ours.tasks == 51  # 0.51775
    assert mean.published == 0.518 and mean.verdict == "reproduced"
    off = [row | {"value": row["value"] + 0.002} for row in rows]
    again = compared(Scores(off, draws=20), PAPER)
    assert next(cell for cell in again if cell.column == "avg_task_types").verdict == "not reproduced"


def test_the_causes_of_a_gap_are_named(table):
    table(MEDTE=0.87, gte=0.9, minilm=0.82)
    profile = load_profile("open")
    scores = on_pubmed(**{"gte-base": 0.9, "all-MiniLM-L6-v2": 0.8})
    found = reproduced.side_by_side(scores, profile, edition(name="open"), cards("model llama"))
    causes = {cell.model: "; ".join(cell.causes) for cell in found}
    for model in causes:
        assert "ours reach to 2024-12-31, the paper's state is May 2025" in causes[model]
        assert "another writer" in causes[model] and "number of tasks" not in causes[model]


def test_an_unresolved_revision_is_a_cause(table, monkeypatch):
    table(MEDTE=0.87, gte=0.9)
    for revision, named in (("unresolved", True), ("0" * 40, False)):
        about = reproduced.entry_of_result("gte-base").model_copy(update={"revision": revision})
        monkeypatch.setattr(reproduced, "entry_of_result", lambda name, about=about: about)
        (cell,) = compared(on_pubmed(**{"gte-base": 0.9}), PAPER)
        assert ("revision unresolved" in cell.causes) == named


def test_the_task_too_many_in_the_authors_scripts_is_a_cause():
    rows = [perfect("gte-base", task, 0.5) for task in benchmark_tasks("MedEval")]
    found = compared(Scores(rows, draws=20), PAPER)
    unsure = [task for task in benchmark_tasks("MedEval-all") if task.reported == "unsure"]
    touched = {cell.column for cell in found if any("number of tasks" in cause for cause in cell.causes)}
    assert touched == {"avg_task_types"} | {unsure[0].family, f"source_{unsure[0].source}"}
    (mean,) = [cell for cell in found if cell.column == "avg_task_types"]
    assert "number of tasks: 51 here, 52 left by the authors' scripts" in mean.causes


def test_the_section_shows_reach_numbers_and_caveats(table):
    table(MEDTE=0.87, minilm=0.9)
    sources = edition()["sources"] | {"mimic_iv": {"stand_in": True}}
    scores = on_pubmed(**{"all-MiniLM-L6-v2": 0.8})
    text = reproduced.section(scores, OPEN_MINED, edition(name="open", sources=sources), cards())
    assert text.count("<table") == 2 and reproduced.CAVEATS in text
    assert "not reproduced" in text and "−10.0" in text and "<td>90</td>" in text
    assert "Ours are scored in this run." in text
    empty = reproduced.section(on_pubmed(tfidf=0.8), load_profile("open"), edition(name="open"), cards())
    assert empty.count("<table") == 1 and "No published number can be compared here with a result" in empty


WIKIPEDIA = [task for task in benchmark_tasks("MedEval") if task.source == "wikipedia"]
PAIRS = [task for task in WIKIPEDIA if task.family == "pair_classification"]


def without_the_pairs():
    """An edition of Wikipedia alone, without the one task that a language model writes."""
    tasks = {task.name: {"written_by": None} for task in WIKIPEDIA if task not in PAIRS}
    return edition(name="open", tasks=tasks, sources={"wikipedia": {"stand_in": False, "licences": ["CC-BY-SA-4.0"]}})


@pytest.mark.parametrize(
    ("published", "verdict"),
    [(0.41, "not reproduced"), (0.42, "not contradicted"), (0.45, "not contradicted"), (0.47, "not reproduced")],
)
def test_a_column_that_lacks_one_task_of_eleven_is_tested_by_where_its_mean_can_lie(monkeypatch, published, verdict):
    frame = pd.DataFrame([{"model": GTE, "source_wikipedia": published}]).reindex(
        columns=["model", *reproduced.COLUMNS]
    )
    monkeypatch.setattr(reproduced, "published", lambda: frame)
    about = column(reproduced.reach(without_the_pairs()), "source_wikipedia")
    assert about.in_part and about.unknown == (PAIRS[0].name,) and len(about.known) == 10
    assert about.why == "1 of 11 tasks, wikipedia: not built in this edition"
    scores = Scores([result("gte-base", task, 0.4, spread=0.0) for task in WIKIPEDIA if task not in PAIRS], draws=20)
    (cell,) = reproduced.side_by_side(scores, load_profile("test-the-paper"), without_the_pairs(), cards())
    assert (
        cell.verdict == verdict and cell.ours.value == pytest.approx(0.4) and (cell.ours.tasks, cell.tasks) == (10, 11)
    )
    assert cell.between == pytest.approx(((10 * 0.4 + 0.66) / 11, (10 * 0.4 + 1) / 11))  # 42.4 to 45.5
    assert "10 of 11 tasks are scored; with the rest at 66 to 100 our mean lies between 42.4 and 45.5" in cell.why
    text = reproduced.section(scores, load_profile("test-the-paper"), without_the_pairs(), cards())
    assert "<td>in part</td>" in text and "Wikipedia, 10 of 11 tasks" in text


def test_a_column_that_lacks_more_is_not_reached_at_all():
    tasks = {task.name: {"written_by": None} for task in WIKIPEDIA[:9]}
    about = column(reproduced.reach(edition(name="open", tasks=tasks)), "source_wikipedia")
    assert about.why and not about.in_part
    assert not any(about.in_part for about in reproduced.reach(edition(name="mini")))
