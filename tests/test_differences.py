"""The page of differences: 28 points once each, and what every measure says of made-up records and of the recorded."""

import re

import pytest
from made_up import classification, pairs, retrieval
from pydantic import ValidationError

from medte.errors import MedteError
from medte.evaluation.statistics import Scores
from medte.paths import CHECKOUT
from medte.report.differences import effects_of_scoring, effects_of_texts, effects_of_training
from medte.report.differences.effects import NOT_RECORDED, Record, of_variant, record
from medte.report.differences.page import MEASURES, Effect, others, points
from medte.report.prose import marked, place

BASE, TRAINED = "all-MiniLM-L6-v2", "MEDTE-open"
CARD = {"bounds": {"ceiling_ndcg_at_10": 0.9, "positives": 0.5, "always_positive_f1": 2 / 3}}
EDITION = {
    "edition": "open", "hash": "abc", "leaks_dropped": {}, "pairs": {"medquad": 100}, "missing": {},
    "sources": {"medquad": {"left_out": {}, "records": 9}}, "tasks": {},
}  # fmt: skip
ABOUT = {
    "profile": "open", "benchmark": "MedEval", "date": "2026-01-02", "machine": "m", "bootstrap": 20, "seed": 1,
    "compared_with": BASE, "trained": TRAINED, "edition": EDITION,
    "cards": dict.fromkeys(["MedQuADRetrieval", "MedMCQARetrieval"], CARD),
    "training": {"pairs": {"a": 1500, "b": 500}, "presentations": 6000, "measured": {"seconds": 120}},
}  # fmt: skip
WHERE = "(<code>open.jsonl.xz</code>, 2026-01-02)"


def made_up(rows, words=(), edition=(), cards=(), **others):
    """A record of the results `rows`, those among `words` outside the benchmark's means."""
    about = ABOUT | {"edition": EDITION | dict(edition), "cards": ABOUT["cards"] | dict(cards)}
    return Record(about, Scores(rows, 20), Scores([*rows, *words], 20), **others)


def ranked(model, task, ndcg, merged=None):
    found = retrieval(model, task, ndcg)
    return found | {"items": {"ndcg": ndcg, "ndcg_merged": merged or ndcg}}


def plain(text):
    """Without intervals."""
    while '<span class="interval">' in text:
        before, _, rest = text.partition(' <span class="interval">')
        text = before + rest.partition("</span>")[2]
    return text


TWO = [ranked(BASE, task, [0.5, 0.7]) for task in ("MedQuADRetrieval", "MedMCQARetrieval")]


def test_every_point_stands_there_once_and_in_order():
    assert [point.id for point in points()] == list(range(1, 29))
    assert len({row.title for row in (*points(), *others())}) == len(points()) + len(others())


def test_every_place_exists():
    pages = set(re.findall(r"file: (\S+)", (CHECKOUT / "_toc.yml").read_text(encoding="utf-8")))
    for row in (*points(), *others()):
        assert row.where
        for name in row.where:
            assert (CHECKOUT / name).is_file() if "." in name else name in pages, (row.title, name)


def test_an_unknown_measure_key_or_gap_is_an_error():
    with pytest.raises(MedteError, match="unknown measure 'no_titel'; did you mean 'no_title'"):
        Effect(title="t", measure="no_titel")
    with pytest.raises(ValidationError, match="either measure or unmeasured"):
        Effect(title="t")
    with pytest.raises(ValidationError, match="either measure or unmeasured"):
        Effect(title="t", measure="no_title", unmeasured="because")
    with pytest.raises(ValidationError, match="Extra inputs"):
        Effect(title="t", unmeasured="because", effect="large")


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_where_its_number_is_from_or_that_it_is_not_recorded(name):
    text = MEASURES[name](record())
    assert any(word in text for word in ("<code>open", "<code>mini-", NOT_RECORDED, "Published: ")), text
    assert "nan" not in text and "None" not in text
    assert text.count("<span") == text.count("</span>") and text.count("<code>") == text.count("</code>")


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_so_where_nothing_of_it_is_recorded(name):
    text = MEASURES[name](made_up([ranked(BASE, "PubMedRetrieval", [0.5])], cards={"PubMedRetrieval": CARD}))
    always = {"exact_strings", "shared_rows", "repeats", "missing_tasks", "two_means", "versions", "budget"}
    assert NOT_RECORDED in text or name in always | {"miner_among_the_judged"}, text


def test_the_page_holds_every_point_and_says_how_many_are_measured(pieces):
    page = pieces["differences.md"]
    for point in points():
        assert page.count(f'<th scope="row">{point.id}. ') == 1
    measured = sum(point.measure is not None for point in points())
    assert "**Of the 28 points " in page and page.count("<table") == 6
    assert f"and {28 - measured} are not measured" in page
    assert page.count("Published, not measured here") == sum("Published: " in part for part in page.split("</table>"))


def test_marks_and_places_are_html():
    assert marked("`a<b` is *not* 1 > 0") == "<code>a&lt;b</code> is <em>not</em> 1 &gt; 0"
    assert place("notebooks/10_data_curation") == '<a href="notebooks/10_data_curation.html">data curation</a>'
    assert place("medte/paths.py") == "<code>medte/paths.py</code>"


def test_a_variant_is_compared_on_the_tasks_that_have_it():
    rows = [*TWO, ranked(BASE, "MedQuADRetrievalAsPublished", [0.4, 0.6])]
    scores = Scores(rows, draws=50)
    gap = of_variant(scores, BASE, ["MedQuADRetrieval", "MedMCQARetrieval"], "AsPublished")
    assert (gap.value, gap.low, gap.high) == pytest.approx((-0.1, -0.1, -0.1)) and gap.tasks == 1
    assert of_variant(scores, TRAINED, ["MedQuADRetrieval"], "AsPublished") is None
    text = effects_of_texts.no_title(made_up(TWO, [rows[-1]]))
    assert plain(text) == f"With the title, all-MiniLM-L6-v2: −10.0 points over 1 task of real text {WHERE}."


def test_notes_are_named_apart_from_real_text():
    task = "MIMICHistoryOfPresentIllnessToChiefComplaintRetrieval"
    notes = Scores([ranked(BASE, task, [0.2]), ranked(BASE, f"{task}AsPublished", [0.5])], 20)
    text = effects_of_texts.no_title(
        made_up(TWO, [ranked(BASE, "MedQuADRetrievalAsPublished", [0.5, 0.7])], notes=notes)
    )
    assert "+0.0 points over 1 task of real text; +30.0 points over 1 task of fictional notes" in plain(text)


def test_leaks_are_counted_by_the_reason_that_held_first():
    dropped = {"medquad: same text": 3, "medmcqa: same text": 1, "medquad: near-duplicate": 6}
    found = made_up(TWO, edition={"leaks_dropped": dropped, "pairs": {"medquad": 90}})
    text = effects_of_texts.exact_strings(found)
    assert text.startswith("Of 10 pairs that were dropped 4 hold") and "near-duplicate 6 (" in text
    assert (
        "Of 100 pairs of the subjects" in (text := effects_of_training.shared_rows(found))
        and " 10 still touched" in text
    )
    assert "medte sweep -p open --row leaked" in text


def test_the_gain_is_parted_into_kept_and_dropped_tasks():
    kept, dropped = "MedQuADRetrieval", "PubMedHypertensionDiabetesCancerAlzheimersInfluenzaClassification"
    rows = [ranked(BASE, kept, [0.5]), ranked(TRAINED, kept, [0.7])]
    words = [retrieval(BASE, dropped, [0.5]), retrieval(TRAINED, dropped, [0.4])]
    text = plain(effects_of_texts.dropped_tasks(made_up(rows, words)))
    assert "on 1 task of the 51 +20.0 points, on 1 of the dropped −10.0 points, on both +5.0 points" in text
    assert (
        "Recorded: MiniLM + MEDTE recipe over all-MiniLM-L6-v2 −10.0 points on 1 task, 0 of them among the 51"
        in plain(effects_of_texts.below_its_base_on_pubmed(made_up(rows, words)))
    )
    assert effects_of_texts.below_its_base_on_pubmed(made_up(rows)).startswith(
        "Published: MEDTE over its base −3 points."
    )


def test_merging_repeats_is_a_change_of_metric():
    rows = [ranked(BASE, "MedQuADRetrieval", [0.5, 0.7], [0.7, 0.9])]
    text = plain(effects_of_texts.repeats(made_up(rows)))
    assert text.startswith("Lowest ceilings: 90.0 of real text (Med<wbr>Qu<wbr>ADRetrieval).")
    assert "all-MiniLM-L6-v2: +20.0 points over 1 task of real text" in text


def test_checked_negatives_are_counted_and_scored():
    task = "ClinicalTrialsTitleToPrimaryOutcomesPairClassification"
    names = {
        task: [0.9, 0.8, 0.7, 0.1],
        f"{task}AsPublished": [0.9, 0.8, 0.7, 0.1],
        f"{task}Checked": [0.9, 0.1, 0.7, 0.1],
    }
    base, *variants = (pairs(BASE, name, [1, 0, 1, 0], similarity) for name, similarity in names.items())
    mined = {"seen": 40, "refused": {"same string": 9, "shared focus": 3}, "suspected": 0.0, "nearest": 64}
    found = made_up([base], variants, edition={"tasks": {f"{task}Checked": {"mined": mined, "dropped": {}}}})
    text = plain(effects_of_texts.checked_negatives(found))
    assert text.startswith("Refused of 40 near texts of real tasks: shared focus 3. ")
    assert "+20.0 points over 1 task" in text  # F1 of .8 (two right of three said to be) and of 1


def test_masking_is_shown_for_words_and_vectors_with_what_two_classes_claim():
    task = "PMCDiagnosticVsTherapeuticClassification"
    rows = [classification(model, task) for model in ("tfidf", BASE)]
    masked = [row | {"task": f"{task}Masked", "value": row["value"] - 0.2} for row in rows]
    dropped = {"article found by two terms": 5, "text in two classes": 2, "repeated text": 9}
    text = plain(
        effects_of_texts.masked_classes(made_up(rows, masked, edition={"tasks": {task: {"dropped": dropped}}}))
    )
    assert "TF-IDF −20.0 points over 1 task of real text; all-MiniLM-L6-v2 −20.0 points" in text
    assert "two classes claim them: 7 texts" in text


def test_older_versions_are_a_share_of_what_came():
    sources = {"biorxiv": {"left_out": {effects_of_texts.OLDER_VERSION: 3, "withdrawn": 1}, "records": 6}}
    assert "Of 10 preprints as they came 3 were older versions" in effects_of_texts.older_versions(
        made_up(TWO, edition={"sources": sources})
    )


def test_starts_of_kmeans_spread_and_their_mean_is_a_change_of_metric():
    items = {"labels": [0, 0, 1, 1], "assignments": [[0, 0, 1, 1], [0, 1, 0, 1]]}  # v-measure 1 and 0
    task = "PubMedHypertensionDiabetesCancerAlzheimersInfluenzaClustering"
    row = retrieval(BASE, task, [0.0] * 4) | {"family": "clustering", "items": items, "value": 1.0}
    text = plain(effects_of_texts.starts_of_kmeans(made_up(TWO, [row])))
    assert text.startswith("Starts differ by 70.7 points (standard deviation, mean over 1 task).")
    assert "−50.0 points over 1 task of real text" in text


def test_pairs_stand_above_their_floors_beside_the_published():
    task = "MedQAPairClassification"
    found = made_up([pairs(BASE, task, [1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1])], cards={task: CARD})
    text = plain(effects_of_scoring.pair_floor(found))
    assert text.startswith("Published: 16 of 17 models between 63 and 69.")
    assert "F1 80.0 above a floor of 66.7, average precision 83.3 above a floor of 50.0" in text


def test_conditions_are_compared_with_the_plain_model():
    values = {"e5-base": 0.5, "e5-base+prompts": 0.6, BASE: 0.4, f"{BASE}@128": 0.35, "e5-base+prompts@128": 0.1}
    scores = Scores([ranked(model, "MedQuADRetrieval", [ndcg] * 3) for model, ndcg in values.items()], 20)
    found = made_up(TWO, conditions=scores)
    assert plain(effects_of_scoring.prompts(found)) == f"e5-base with prompts: +10.0 points over 1 task {WHERE}."
    assert (
        plain(effects_of_scoring.lengths(found))
        == f"all-MiniLM-L6-v2 cut at 128 tokens: −5.0 points over 1 task {WHERE}."
    )


def test_who_lacks_a_task_is_named():
    assert "2 of the 51 tasks are in the means on real text; no encoder lacks" in effects_of_scoring.missing_tasks(
        made_up(TWO)
    )
    rows = [*TWO, ranked("tfidf", "MedQuADRetrieval", [0.1, 0.2]), ranked("bm25", "MedMCQARetrieval", [0.1, 0.2])]
    assert "real text; TF-IDF lacks one" in effects_of_scoring.missing_tasks(made_up(rows))


def test_the_spread_over_tasks_is_no_interval():
    rows = [ranked(BASE, "MedQuADRetrieval", [0.5, 0.5]), ranked(BASE, "MedMCQARetrieval", [0.7, 0.7])]
    text = effects_of_scoring.spread_and_interval(made_up(rows))
    assert "spread over tasks ± 14.1, interval of the mean ± 0.0" in text


def test_bm25_is_compared_with_the_best_encoder():
    rows = [
        ranked(model, "MedQuADRetrieval", [ndcg] * 2) for model, ndcg in ((BASE, 0.5), ("random", 0.1), ("bm25", 0.3))
    ]
    text = plain(effects_of_scoring.lexical_baselines(made_up(rows)))
    assert "BM25 minus all-MiniLM-L6-v2 on 1 task of retrieval: −20.0 points" in text
    assert text.endswith("Random vectors: 10.0 over 1 task.")


def test_the_two_means_differ_where_families_have_different_numbers_of_tasks():
    rows = [*TWO, classification(BASE, "PMCDiagnosticVsTherapeuticClassification")]
    f1 = rows[-1]["value"]
    gap = (0.6 + f1) / 2 - (0.6 + 0.6 + f1) / 3
    text = plain(effects_of_scoring.two_means(made_up(rows)))
    assert f"Mean over 2 families minus mean over 3 tasks, all-MiniLM-L6-v2: +{100 * gap:.1f} points" in text


def test_measurements_are_read_as_they_are():
    bench = {
        "date": "2026-03-04", "model": BASE, "tasks": 4, "difference_of_means_bf16": 0.001,
        "tasks_outside_their_interval_bf16": [],
        "largest_difference_fp32": 1e-5, "apart_by_noise_fp32": {"MedQuADRetrieval": 0.0027},
        "texts": {"plain": 90, "ours": 40},
        "encoding_seconds": {"plain": 90.0, "fp32": [30.0, 32.0]},
    }  # fmt: skip
    gaps = [{"difference": {"all": gap}} for gap in (0.01, -0.02, 0.015)]
    seeds = {"date": "2026-03-04", "model": "MEDTE-mini", "compared_with": BASE, "seeds": gaps}
    ways = {"ours": {"padded_share": 0.06}, "padded": {"padded_share": 0.61}}
    kept = {"date": "2026-03-04", "faster": 3.12, "max_length": 256, "ways": ways}
    found = made_up(TWO, measurements={"mini-bench.json": bench, "mini-seeds.json": seeds, "open-padding.json": kept})
    assert "of 4 tasks of machine-written text lie 0.10 points apart" in effects_of_scoring.half_precision(found)
    assert "differs by more than 1e-05" in effects_of_scoring.plain_mteb(found)
    assert (
        "0.27 points in Med<wbr>Qu<wbr>ADRetrieval (<code>mini-bench.json</code>, 2026-03-04)"
        in effects_of_scoring.ties(found)
    )
    assert "40 texts in 30 s, and plain mteb 90 in 90 s" in effects_of_scoring.encoding_time(found)
    assert "3 training seeds: −2.0 to +1.5 points" in effects_of_training.training_seeds(found)
    assert (
        "3.1 times as fast as padded to 256 tokens; padding is 6 % of the tokens and not 61 %"
        in effects_of_training.padding(found)
    )
    assert "2,000 pairs, 6,000 presentations in 2 minutes" in effects_of_training.budget(found)


class Swept:
    """A sweep in which every row loses two points."""

    tasks = ("MedQuADRetrieval",)

    def __init__(self):
        self.about = {"profile": "open", "date": "2026-05-06"}

    def gain(self, row, tasks, other):
        scores = Scores([ranked("a", "MedQuADRetrieval", [0.5]), ranked("b", "MedQuADRetrieval", [0.48])], 20)
        return scores.difference("b", "a", tasks) if (row, other) == ("unmasked", "chosen") else None


def test_a_row_of_the_sweep_is_compared_with_the_chosen_recipe():
    found = made_up(TWO, sweep=Swept())
    assert plain(effects_of_training.false_negatives(found)) == (
        "Trained so and not by the chosen recipe: −2.0 points over 1 task (<code>open-experiments.jsonl.xz</code>, "
        "2026-05-06)."
    )
    assert effects_of_training.mixed_batches(found).startswith(NOT_RECORDED)


def test_a_split_by_document_is_minus_the_split_by_subject():
    about = {"models": ["MEDTE-mini", "MEDTE-mini-plain"], "date": "2026-05-06"}
    scores = Scores(
        [ranked(model, "MedQuADRetrieval", [ndcg]) for model, ndcg in zip(about["models"], (0.5, 0.6), strict=True)], 20
    )
    text = plain(effects_of_training.split_by_document(made_up(TWO, plain=(about, scores))))
    assert "+10.0 points over 1 task (<code>mini-plain.jsonl.xz</code>, 2026-05-06)" in text
