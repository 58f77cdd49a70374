"""The paper's claims: what the published numbers say, what a recorded run says, and that verdicts follow from results."""

import re
from dataclasses import replace

import mteb
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from medte.errors import MedteError
from medte.evaluation.statistics import Estimate, Scores
from medte.paths import CHECKOUT
from medte.report.claims import (
    figures,
    published_gains,
    published_groups,
    published_ranks,
    rebuilt_tasks,
    recipe_gains,
    verdicts,
)
from medte.report.claims import page as claims
from medte.report.claims.published_gains import Gain
from medte.report.claims.published_ranks import ALL_TASKS, ENGLISH, ENGLISH_TASKS, agreement, mteb_medical
from medte.report.generated import UP, generated
from medte.report.published import COLUMNS, pairs_floor, published
from medte.report.reproduced import MEDTE
from medte.tasks.catalogue import benchmark_tasks
from tests.test_statistics import retrieval

BUCKETS = ("medical_contrastive", "medical_non_contrastive", "non_medical_contrastive", "non_medical_non_contrastive")


def board(*rows):
    """A frame of published numbers from (model, bucket, value in every column) or (…, {column: value})."""
    made = []
    for model, bucket, values in rows:
        values = values if isinstance(values, dict) else dict.fromkeys(COLUMNS, values)
        made.append({"model": model, "bucket": bucket} | dict.fromkeys(COLUMNS) | values)
    return pd.DataFrame(made).astype(dict.fromkeys(COLUMNS, float))


# Words and data


def test_there_are_eight_claims_and_each_has_a_rule_and_tables():
    found = claims.claims()
    assert [claim.said_in for claim in found.claims] == ["abstract"] * 5 + ["summary"] * 3
    names = [claim.test for claim in found.claims]
    assert len(set(names)) == 8 and set(names) == set(verdicts.RULES) == set(claims.SHOWN)
    assert found.span == (0.127, 0.234)


def test_the_bounds_of_the_rules_stand_in_their_words():
    how = {claim.test: claim.how for claim in claims.claims().claims}
    assert str(verdicts.STRONG) in how["evaluations"] and f"{100 * verdicts.ALPHA:.0f} %" in how["training_text"]


def test_training_sources_are_the_ten_of_the_paper_and_three_are_curated():
    found = claims.claims()
    assert len(found.curated) == 10
    assert {source for source, is_curated in found.curated.items() if is_curated} == {"medmcqa", "medqa", "medquad"}
    table = claims.sources_table()
    assert table.count("natural pair</td>") == 7 and table.count("curated by people</td>") == 3


def test_an_unknown_key_and_an_unknown_rule_are_errors(monkeypatch):
    row = claims.claims().claims[0].model_dump()
    with pytest.raises(ValidationError, match="verdict"):
        claims.Claim.model_validate(row | {"verdict": "reproduced"})
    claims.claims.cache_clear()
    monkeypatch.delitem(verdicts.RULES, "consistency")
    with pytest.raises(MedteError, match="unknown rule of a claim 'consistency'"):
        claims.claims()
    claims.claims.cache_clear()


# MEDTE against its rivals


@pytest.mark.parametrize(
    ("column", "medte", "other", "standing"),
    [
        ("retrieval", 0.45, 0.43, "ahead"),
        ("retrieval", 0.45, 0.44, "within rounding"),  # both may be 0.445
        ("retrieval", 0.45, 0.45, "within rounding"),
        ("retrieval", 0.45, 0.46, "within rounding"),
        ("retrieval", 0.45, 0.47, "behind"),
        ("avg_task_types", 0.569, 0.567, "ahead"),
        ("avg_task_types", 0.569, 0.568, "within rounding"),
    ],
)
def test_a_tie_within_rounding_is_no_win(column, medte, other, standing):
    assert Gain("r", column, medte, other).standing == standing


def test_a_relative_gain_has_the_range_that_rounding_leaves():
    gain = Gain("r", "retrieval", 0.45, 0.40)
    assert (gain.points, gain.relative) == pytest.approx((0.05, 0.125))
    assert gain.relative_range == pytest.approx((0.445 / 0.405 - 1, 0.455 / 0.395 - 1))
    assert not gain.within(0.127, 0.234) and gain.may_be_within(0.127, 0.234)
    assert gain.within(0.12, 0.13) and not gain.may_be_within(0.2, 0.3)


def test_cells_are_counted_against_each_rival_and_the_mean_is_no_cell():
    frame = board(
        (MEDTE, BUCKETS[0], 0.50),
        ("a/weak", BUCKETS[1], dict.fromkeys(COLUMNS, 0.30) | {"source_pubmed": None}),
        ("a/strong", BUCKETS[2], dict.fromkeys(COLUMNS, 0.49) | {"source_pubmed": 0.60, "retrieval": 0.40}),
    )
    found = published_gains.gains(frame)
    assert published_gains.tally(found) == {"ahead": 7, "within rounding": 5, "behind": 1}  # 13 of 14 are published
    best = published_gains.over_best(found)
    assert [gain.rival for gain in best["source_pubmed"]] == ["a/strong"] and best["source_pubmed"][0].points == -0.1
    table = published_gains.rivals_table(found, frame)
    assert "<td>1</td><td>5</td><td>1</td>" in table and "<td>7</td><td>5</td><td>1</td>" in table
    assert "PubMed (behind strong, −10)" in published_gains.not_ahead(found)
    assert "Retrieval" not in published_gains.not_ahead(found)


def test_rivals_that_share_the_best_value_are_all_named():
    frame = board((MEDTE, BUCKETS[0], 0.5), ("a/one", BUCKETS[2], 0.4), ("a/two", BUCKETS[2], 0.4))
    assert "<td>one, two</td>" in published_gains.columns_table(published_gains.gains(frame))


def test_gains_inside_the_claimed_span_are_bold_and_those_that_rounding_allows_are_marked():
    frame = board((MEDTE, BUCKETS[0], 0.45), ("a/b", BUCKETS[2], 0.40), ("a/c", BUCKETS[2], 0.38))
    found = published_gains.gains(frame)
    table = published_gains.gains_table(found, (0.127, 0.234))
    assert "+12.5 %†" in table and "<b>+18.4 %</b>" in table and "<b>+12.5" not in table
    assert table.count('scope="col"') <= 10
    assert "<td>1 of 2</td><td><small>c</small></td><td>1</td>" in published_gains.span_table(found, (0.127, 0.234))


def test_the_published_file_says_what_the_claims_page_says_of_medte():
    found = published_gains.gains(published())
    assert {gain.rival for gain in found if gain.standing == "behind"} == {
        "thenlper/gte-base",
        "abhinand/MedEmbed-base-v0.1",
    }
    against_base = {gain.column: round(gain.relative, 3) for gain in found if gain.rival == "thenlper/gte-base"}
    assert against_base["classification"] == 0.029 and against_base["source_pubmed"] == -0.033
    assert len(found) == 16 * 8 - 3  # one model has no values by source


# The four groups


def test_an_effect_is_the_mean_over_the_other_factor_and_its_p_value_is_exact():
    frame = board(
        ("m/1", BUCKETS[0], 0.8), ("m/2", BUCKETS[0], 0.6), ("m/3", BUCKETS[1], 0.2), ("m/4", BUCKETS[1], 0.4),
        ("g/1", BUCKETS[2], 0.5), ("g/2", BUCKETS[3], 0.3),
    )  # fmt: skip
    found = published_groups.effect(frame, "retrieval", "contrastive")
    assert found.value == pytest.approx(0.3)  # (0.4 + 0.2) / 2
    assert found.p == pytest.approx(2 / 12)  # of 6 × 2 ways of dealing the observed one and its mirror image
    medical = published_groups.effect(frame, "retrieval", "medical")
    assert medical.value == pytest.approx(((0.7 - 0.5) + (0.3 - 0.3)) / 2)


def test_without_both_groups_there_is_no_effect_and_a_missing_value_is_left_out():
    rows = [("m/1", BUCKETS[0], 0.8), ("g/1", BUCKETS[2], 0.5), ("g/2", BUCKETS[2], {"retrieval": None})]
    frame = board(*rows)
    assert published_groups.effect(frame, "retrieval", "contrastive") is None
    assert published_groups.effect(frame, "retrieval", "medical").models == 2
    assert "<td>–</td>" in published_groups.effects_table(frame)


def test_medte_is_in_a_group_and_the_group_is_shown_without_it():
    table = published_groups.means_table(board((MEDTE, BUCKETS[0], 0.6), ("m/1", BUCKETS[0], 0.4)))
    assert "<td>2</td><td>50.0</td>" in table and "<td>1</td><td>40.0</td>" in table
    assert "without MEDTE" in table


def test_declared_sources_are_the_registrys():
    table = published_groups.declared_table(published(), ["pubmed", "wikipedia", "cure"])
    assert table.count("<tr>") == 9 and "not declared" in table
    row = next(line for line in table.split("<tr>") if "MedTE-cl15" in line)
    assert "<td>3</td><td><small>pubmed, wikipedia, cure</small></td>" in row


# Rank correlations


@pytest.mark.parametrize(
    ("other", "rho", "tau", "p"),
    [([1, 2, 3, 4], 1, 1, 2 / 24), ([4, 3, 2, 1], -1, -1, 2 / 24), ([1, 3, 2, 4], 0.8, 4 / 6, 8 / 24)],
)
def test_rank_correlations_of_four_models_are_those_by_hand(other, rho, tau, p):
    found = agreement([10, 20, 30, 40], other)
    assert (found.rho, found.tau, found.p) == pytest.approx((rho, tau, p))
    assert found.low <= found.rho <= found.high and found.models == 4


def test_ties_take_their_mean_rank_and_what_is_constant_orders_nothing():
    assert agreement([1, 1, 2], [1, 2, 3]).rho == pytest.approx(np.sqrt(3) / 2)
    with pytest.raises(ValueError, match="constant"):
        agreement([1, 1, 1], [1, 2, 3])


def test_the_interval_is_seeded_and_many_models_have_no_exact_p():
    draw = np.random.default_rng(5)
    x, y = draw.random(12), draw.random(12)
    assert agreement(x, y, seed=1) == agreement(x, y, seed=1) != agreement(x, y, seed=2)
    assert agreement(x, y).p is None and agreement(x, x).low == 1


def test_the_english_tasks_are_those_that_mteb_calls_english():
    columns = mteb_medical().columns.drop(["model", ALL_TASKS, ENGLISH])
    known = {task.metadata.name: task.metadata.languages for task in mteb.get_benchmark("MTEB(Medical, v1)").tasks}
    assert len(known) == 12 and set(columns) <= set(known)
    assert {name for name in columns if known[name] == ["eng"]} == set(ENGLISH_TASKS)


def test_the_models_on_both_boards_are_joined_and_the_english_mean_is_a_mean():
    both = published_ranks.on_both(published(), mteb_medical())
    assert len(both) == len(mteb_medical()) == 7
    row = both[both["model"] == "BAAI/bge-base-en-v1.5"].iloc[0]
    assert row[ENGLISH] == pytest.approx(sum(row[task] for task in ENGLISH_TASKS) / 6)


# What a recorded run says

TASKS = {
    "MedQuADRetrieval": {"written_by": None},
    "BioRxivRetrieval": {"written_by": "extractive"},
    "MIMICReadmission30dClassification": {"written_by": None},
    "MedQuADRetrievalMerged": {"written_by": None},
}
EDITION = {"sources": {"mimic_iv": {"stand_in": True}}, "tasks": TASKS}
DRAW = np.random.default_rng(3)
HARD = DRAW.random(200)


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


def test_a_task_with_nothing_to_compare_with_tells_nothing():
    alone = rebuilt_tasks.Separation("MedQuADRetrieval", "gte-base", above=(), not_above=())
    assert not alone.tells and rebuilt_tasks.Separation("x", "gte-base", ("Random",), ()).tells
    assert not rebuilt_tasks.Separation("x", "gte-base", ("Random",), ("the floor",)).tells


def test_the_floor_of_published_pairs_is_that_of_always_yes():
    assert pairs_floor() == pytest.approx((10 * 2 / 3 + 2 * 0.4) / 12)


def test_the_recipes_gain_is_of_another_base_and_short_trainings_say_if_they_are_not_recorded(monkeypatch):
    assert recipe_gains.recipe_gain(*run(gain=0.1)).value == pytest.approx(0.1)
    monkeypatch.setattr(recipe_gains.experiments, "sweep", lambda profile: None)
    table = recipe_gains.recipe_table(*run())
    assert "It is the paper's base" in recipe_gains.base_note("gte-base")
    assert "another base than the paper's" in table and "not recorded" in table and "+10.0" in table
    assert recipe_gains.share_of_pairs({"medquad": 30, "pubmed": 10}, ["medquad", "medqa"]) == 0.75


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


# Verdicts


def evidence(frame=None, mteb=None, recorded=None, **changes):
    about, scores = recorded or run()
    mteb = mteb_medical() if mteb is None else mteb
    frame = published() if frame is None else frame
    made = verdicts.Evidence(frame, mteb, about, scores, None, claims.claims().curated, (0.127, 0.234))
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
        ([2, 7, 1, 6, 3, 5, 4], "direction only"),
    ],
)
def test_claim_2_is_about_how_two_boards_order_models(order, verdict):
    names = [f"m/{i}" for i in range(7)]
    frame = board(*((name, BUCKETS[2], i / 10) for i, name in enumerate(names, 1)))
    other = pd.DataFrame({"model": names, ALL_TASKS: order, ENGLISH: order})
    found = verdicts.evaluations(evidence(frame, other))
    assert found.verdict == verdict and "7 models" in found.evidence


@pytest.mark.parametrize(
    ("gain", "verdict"), [(0.1, "direction only"), (-0.1, "not reproduced"), (0, "not reproduced")]
)
def test_claim_3_follows_the_gain_and_is_never_more_than_a_direction(gain, verdict):
    found = verdicts.self_supervision(evidence(recorded=run(gain)))
    assert found.verdict == verdict and "7 of the 10 training sources" in found.evidence
    assert MEDTE in found.missing and found.numbers == "recorded"


@pytest.mark.parametrize(("trivial", "verdict"), [(0.2, "direction only"), (2, "not reproduced")])
def test_claim_4_counts_the_tasks_that_tell_encoders_apart(trivial, verdict):
    found = verdicts.framework(evidence(recorded=run(trivial=trivial)))
    assert found.verdict == verdict and "Of the 51 tasks 1 are rebuilt" in found.evidence
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
    assert (
        verdicts.added_kinds(evidence(added={"TermSimilarity": sure, "RecordRetrieval": unsure})).verdict
        == "not reproduced"
    )


def test_claim_8_counts_the_tasks_that_everybody_can_rebuild():
    found = verdicts.reproducibility(evidence())
    assert found.verdict == "not reproduced" and "25 of 51 tasks need neither" in found.evidence
    about, scores = run()
    without_notes = about | {"edition": EDITION | {"sources": {}}}
    assert verdicts.reproducibility(evidence(recorded=(without_notes, scores))).verdict == "direction only"
    free = about | {"edition": {"sources": {}, "tasks": {}}}
    assert verdicts.reproducibility(evidence(recorded=(free, scores))).verdict == "reproduced"


# The page


@pytest.fixture(scope="module")
def page():
    return claims.page()


def test_the_page_opens_with_one_table_of_verdicts_and_has_a_section_for_each(page):
    first, *sections = page.split("\n## ")
    assert first.count("<table") == 1 and first.count("<tr>") == 9
    found = re.findall(r"<td><b>([a-z ]+)</b></td>", first)
    assert len(found) == 8 and set(found) <= {"reproduced", "direction only", "not reproduced", "cannot be tested here"}
    assert sum(verdict != "cannot be tested here" for verdict in found) >= 4
    assert [section.partition(".")[0] for section in sections] == [str(number) for number in range(1, 9)]
    for verdict, section in zip(found, sections, strict=True):
        assert f"<p><b>{verdict.capitalize()}. " in section and "<table" in section


def test_every_table_is_narrow_and_its_caption_says_which_numbers_it_holds(page):
    kinds = ("Published", "Recorded", "published", "No result is in this table", "no result is in this table")
    for table in re.findall(r"<table.*?</figure>", page, re.DOTALL):
        caption = table.partition("<figcaption>")[2]
        assert table.count('scope="col"') <= 10 and any(kind in caption for kind in kinds), caption
    assert not re.search(r"\bnan\b", re.sub(r"<[^>]+>", " ", page))


def test_the_page_is_in_the_book():
    text = (CHECKOUT / "book" / "claims.md").read_text(encoding="utf-8")
    assert text.startswith("# Does what the paper claims hold?") and "{include} _generated/claims.md" in text
    assert "- file: claims\n" in (CHECKOUT / "_toc.yml").read_text(encoding="utf-8")
    assert generated()["claims.md"] == claims.page().replace(UP, 'href="')


def test_figures_have_labels_and_no_title():
    found = published_gains.gains(published())
    (axes,) = figures.gain_by_rival(found).axes
    assert axes.get_xlabel() and not axes.get_title() and len(axes.get_yticklabels()) == 16
    assert axes.get_yticklabels()[-1].get_text() == "MedEmbed-base-v0.1"  # the best rival on top
    (axes,) = figures.published_against_mteb(published_ranks.on_both(published(), mteb_medical())).axes
    assert axes.get_xlabel() and axes.get_ylabel() and not axes.get_title()
    assert [label.get_text() for label in axes.get_yticklabels()][::6] == ["e5-base, 47.9", "gte-base, 51.8"]
    assert [len(line.get_xdata()) for line in axes.get_lines()] == [7, 7]
