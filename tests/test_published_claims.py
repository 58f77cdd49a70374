"""What the published numbers say of the claims: MEDTE against its rivals, the four groups, two boards' orders."""

import mteb
import numpy as np
import pytest
from made_up import BUCKETS, board

from medte.report.claims import published_gains, published_groups, published_ranks
from medte.report.claims.published_gains import Gain
from medte.report.claims.published_ranks import ALL_TASKS, ENGLISH, ENGLISH_TASKS, agreement, mteb_medical
from medte.report.published import COLUMNS, pairs_floor, published
from medte.report.reproduced import MEDTE


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
    assert ">one, two</td>" in published_gains.columns_table(published_gains.gains(frame))


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


def test_the_floor_of_published_pairs_is_that_of_always_yes():
    assert pairs_floor() == pytest.approx((10 * 2 / 3 + 2 * 0.4) / 12)
