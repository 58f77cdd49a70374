"""What a recorded run says of the claims, and that verdicts follow from results."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up import BUCKETS, board, retrieval

from medte.evaluation.statistics import Estimate, Scores
from medte.report.claims import page as claims
from medte.report.claims import rebuilt_tasks, recipe_gains, verdicts
from medte.report.claims.published_ranks import ALL_TASKS, ENGLISH, mteb_medical
from medte.report.experiments import AgainstSham
from medte.report.published import published
from medte.report.reproduced import MEDTE
from medte.tasks.catalogue import benchmark_tasks

TASKS = {
    "MedQuADRetrieval": {"written_by": None},
    "BioRxivRetrieval": {"written_by": "extractive"},
    "MIMICReadmission30dClassification": {"written_by": None},
    "MedQuADRetrievalMerged": {"written_by": None},
}
EDITION = {"sources": {"mimic_iv": {"stand_in": True}}, "tasks": TASKS}
DRAW = np.random.default_rng(3)
HARD = DRAW.random(200)
GAIN = Estimate(0.03, 0.01, 0.05, 7)
AGAINST_SHAM = AgainstSham(gain=GAIN, over_sham=GAIN, sham=Estimate(0.0, -0.01, 0.01, 7))


def run(gain=0.1, trivial=0.2):
    """(about, scores) of a made-up run: one task, random vectors, a base, and a model that gains over it."""
    rows = [
        retrieval("random", "MedQuADRetrieval", list(HARD * trivial)),
        retrieval("tfidf", "MedQuADRetrieval", list(HARD * trivial)),
        retrieval("all-MiniLM-L6-v2", "MedQuADRetrieval", list(HARD)),
        retrieval("MEDTE-open", "MedQuADRetrieval", list(HARD + gain)),
    ]
    about = {
        "trained": "MEDTE-open", "compared_with": "all-MiniLM-L6-v2", "profile": "open", "date": "2026-01-01",
        "machine": "m", "bootstrap": 100, "seed": 1, "edition": EDITION, "cards": {},
        "training": {"pairs": {"medquad": 30, "pubmed": 10}},
    }  # fmt: skip
    return about, Scores(rows, draws=100)


def test_each_of_the_51_needs_one_thing():
    found = rebuilt_tasks.needs(EDITION)
    assert found["mimic_iv"] == {"credentialed": 25} and found["medquad"] == {"own": 1}
    assert found["biorxiv"] == {"written": 1} and found["medrxiv"] == {"public": 1}
    assert sum(own.total() for own in found.values()) == 51
    table = rebuilt_tasks.needs_table(run()[0])
    assert "<td>51</td><td>1</td><td>24</td><td>1</td><td>25</td>" in table
    assert "<td>9</td><td>5</td><td>6</td><td>5</td><td>25</td>" in rebuilt_tasks.coverage_table()


def test_a_task_tells_encoders_where_the_best_is_above_every_answer_without_learning():
    (one,) = rebuilt_tasks.separations(run()[1], {})
    assert one.best == "MEDTE-open" and one.above == ("Random vectors", "TF-IDF") and one.not_above == ()
    (level,) = rebuilt_tasks.separations(run(gain=0, trivial=1)[1], {})
    assert level.not_above == ("Random vectors", "TF-IDF")
    card = {"MedQuADRetrieval": {"bounds": {"always_positive_f1": 0.99}}}
    (floored,) = rebuilt_tasks.separations(run()[1], card)
    assert floored.not_above == ("the floor",)
    table = rebuilt_tasks.separations_table(run()[0] | {"cards": card}, run()[1])
    assert "<td>99.0</td>" in table and "<small>the floor</small>" in table


def test_the_recipes_gain_is_of_another_base_and_short_trainings_say_if_they_are_not_recorded(monkeypatch):
    assert recipe_gains.recipe_gain(*run(gain=0.1)).value == pytest.approx(0.1)
    monkeypatch.setattr(recipe_gains.experiments, "sweep", lambda profile: None)
    table = recipe_gains.recipe_table(*run())
    assert "It is the paper's base" in recipe_gains.base_note("gte-base")
    assert "another base than the paper's" in table and "not recorded" in table and "+10.0" in table
    assert recipe_gains.share_of_pairs({"medquad": 30, "pubmed": 10}, ["medquad", "medqa"]) == 0.75


def test_a_task_with_nothing_to_compare_with_tells_nothing():
    alone = rebuilt_tasks.Separation("MedQuADRetrieval", "gte-base", above=(), not_above=())
    assert not alone.tells and rebuilt_tasks.Separation("x", "gte-base", ("Random",), ()).tells
    assert not rebuilt_tasks.Separation("x", "gte-base", ("Random",), ("the floor",)).tells


def test_of_the_probes_those_count_that_the_claim_names(monkeypatch):
    monkeypatch.setattr(recipe_gains.recordings, "recorded_probes", lambda name: None)
    assert recipe_gains.added() is None
    rows = [retrieval("base", "TermSimilarity", [0.4, 0.6]), retrieval("ours", "TermSimilarity", [0.5, 0.7])]
    rows += [retrieval(model, "QueryTwoWords", [0.1, 0.1]) for model in ("base", "ours")]
    about = {"trained": "ours", "compared_with": "base", "bootstrap": 20, "seed": 1}
    monkeypatch.setattr(recipe_gains.recordings, "recorded_probes", lambda name: (about, {"terms": Scores(rows, 20)}))
    assert {task: gap.value for task, gap in recipe_gains.added().items()} == pytest.approx({"TermSimilarity": 0.1})
    only = {"styles": Scores(rows[2:], 20)}
    monkeypatch.setattr(recipe_gains.recordings, "recorded_probes", lambda name: (about, only))
    assert recipe_gains.added() is None


def evidence(frame=None, mteb=None, recorded=None, **changes):
    about, scores = recorded or run()
    mteb = mteb_medical() if mteb is None else mteb
    frame = published() if frame is None else frame
    made = verdicts.Evidence(frame, mteb, about, scores, AGAINST_SHAM, None, claims.claims().curated, (0.127, 0.234))
    return replace(made, **changes)


def groups(medical, general, plain):
    """Four models in each group: contrastive medical, contrastive general, and those that are not contrastive."""
    levels = dict(zip(BUCKETS, (medical, plain, general, plain), strict=True))
    return board(
        (MEDTE, BUCKETS[0], 0.9),
        *((f"{group}/{i}", group, level + i / 1000) for group, level in levels.items() for i in range(4)),
    )


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        ((0.5, 0.7, 0.3), "reproduced"),
        ((0.7, 0.7, 0.3), "direction only"),
        ((0.5, 0.7, 0.8), "direction only"),  # narrow text alone
        ((0.7, 0.7, 0.7), "not reproduced"),
    ],
)
def test_claim_1_needs_methods_and_text(levels, verdict):
    assert verdicts.training_text(evidence(groups(*levels))).verdict == verdict


@pytest.mark.parametrize(
    ("order", "verdict"),
    [
        ([1, 2, 3, 4, 5, 6, 7], "not reproduced"),
        ([7, 6, 5, 4, 3, 2, 1], "reproduced"),
        ([2, 7, 1, 6, 3, 5, 4], "cannot be tested here"),
    ],
)
def test_claim_2_is_about_how_two_boards_order_models(order, verdict):
    names = [f"m/{i}" for i in range(7)]
    frame = board(*((name, BUCKETS[2], i / 10) for i, name in enumerate(names, 1)))
    other = pd.DataFrame({"model": names, ALL_TASKS: order, ENGLISH: order})
    found = verdicts.evaluations(evidence(frame, other))
    assert found.verdict == verdict and "7 models" in found.evidence
    assert bool(found.missing) == (verdict == "cannot be tested here") == ("do not tell" in found.evidence)


@pytest.mark.parametrize(
    ("gain", "verdict"), [(0.1, "direction only"), (-0.1, "not reproduced"), (0, "not reproduced")]
)
def test_claim_3_follows_the_gain_and_is_never_more_than_a_direction(gain, verdict):
    found = verdicts.self_supervision(evidence(recorded=run(gain)))
    assert found.verdict == verdict and "7 of the 10 training sources" in found.evidence
    assert MEDTE in found.missing and found.numbers == "recorded"


@pytest.mark.parametrize(
    ("against_sham", "verdict", "missing"),
    [
        (AGAINST_SHAM, "direction only", MEDTE),
        (replace(AGAINST_SHAM, over_sham=replace(GAIN, low=-0.01)), "not reproduced", MEDTE),
        (replace(AGAINST_SHAM, gain=replace(GAIN, low=-0.01)), "not reproduced", MEDTE),
        (None, "cannot be tested here", "sham pairs"),
    ],
)
def test_claim_3_needs_short_trainings_that_gain_over_base_and_sham_too(against_sham, verdict, missing):
    found = verdicts.self_supervision(evidence(against_sham=against_sham))
    assert found.verdict == verdict and missing in found.missing
    assert (
        verdicts.self_supervision(evidence(recorded=run(-0.1), against_sham=against_sham)).verdict == "not reproduced"
    )


def test_a_sham_that_has_done_harm_is_said_to_show_little():
    assert "shows little" not in str(AGAINST_SHAM)
    harmful = replace(AGAINST_SHAM, sham=Estimate(-0.06, -0.08, -0.04, 7))
    assert "shows little" in verdicts.self_supervision(evidence(against_sham=harmful)).evidence


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((51, 51, 51), "reproduced"),
        ((26, 26, 51), "direction only"),
        ((25, 50, 51), "cannot be tested here"),  # one more would make most of them
        ((25, 51, 51), "not reproduced"),
        ((4, 7, 51), "cannot be tested here"),
        ((0, 26, 51), "not reproduced"),
    ],
)
def test_what_the_tasks_that_nobody_looked_at_could_turn_is_not_tested(counts, verdict):
    assert verdicts.of_all(*counts) == verdict


@pytest.mark.parametrize(("trivial", "telling"), [(0.2, 1), (2, 0)])
def test_claim_4_counts_the_tasks_that_tell_encoders_apart(trivial, telling):
    found = verdicts.framework(evidence(recorded=run(trivial=trivial)))
    assert found.verdict == "cannot be tested here" and "Of the 51 tasks 1 are rebuilt" in found.evidence
    assert f"in {telling} of these" in found.evidence
    assert "credentialed notes of mimic_iv" in found.missing


def test_claim_5_is_in_direction_only_while_a_rival_is_ahead_somewhere_and_lost_where_the_mean_is():
    found = verdicts.consistency(evidence())
    assert found.verdict == "direction only" and "PubMed (behind gte-base, −3)" in found.evidence
    beaten = published().assign(avg_task_types=lambda f: f["avg_task_types"].where(f["model"] == MEDTE, 0.6))
    assert verdicts.consistency(evidence(beaten)).verdict == "not reproduced"


def test_claim_6_has_no_test_and_names_what_is_missing():
    found = verdicts.priority(evidence())
    assert found.verdict == "cannot be tested here" and found.missing
    assert f"{len(benchmark_tasks('MedEval'))} tasks" in found.evidence


def test_claim_7_waits_for_tasks_of_its_kinds_and_then_follows_them():
    found = verdicts.added_kinds(evidence())
    assert found.verdict == "cannot be tested here" and "record retrieval" in found.missing
    assert "−3.3 % to +9.8 %" in found.evidence and "0 of 8 between 12.7 % and 23.4 %" in found.evidence
    sure, unsure = Estimate(0.1, 0.05, 0.15, 1), Estimate(0.1, -0.05, 0.25, 1)
    assert verdicts.added_kinds(evidence(added={"TermSimilarity": sure})).verdict == "direction only"
    both = {"TermSimilarity": sure, "RecordRetrieval": unsure}
    assert verdicts.added_kinds(evidence(added=both)).verdict == "not reproduced"


def test_claim_8_counts_the_tasks_that_everybody_can_rebuild():
    found = verdicts.reproducibility(evidence())
    assert found.verdict == "not reproduced" and "25 of 51 tasks need neither" in found.evidence
    about, scores = run()
    without_notes = about | {"edition": EDITION | {"sources": {}}}
    assert verdicts.reproducibility(evidence(recorded=(without_notes, scores))).verdict == "direction only"
    free = about | {"edition": {"sources": {}, "tasks": {}}}
    assert verdicts.reproducibility(evidence(recorded=(free, scores))).verdict == "reproduced"
