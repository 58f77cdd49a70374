"""Tables and pages from results: marks, missing means, provenance, published numbers apart."""

import json

import numpy as np
import pytest

from medte.errors import MedteError
from medte.evaluation.groups import grouped
from medte.evaluation.statistics import Estimate, Scores
from medte.evaluation.store import write_recorded
from medte.models.registry import registry
from medte.profile import load_profile
from medte.report import (
    edition_screen,
    edition_tables,
    figures,
    mini_card,
    pages,
    published,
    real_text,
    recordings,
    tables,
)
from medte.report.stale_records import stale_records
from tests.test_condition_tables import classification
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
    rows = [
        retrieval(model, "MedQuADRetrieval", list(DRAW.random(300))) for model in ("all-MiniLM-L6-v2", "random", "bm25")
    ]
    found = Scores(rows, draws=100)
    table = tables.comparisons(found, "all-MiniLM-L6-v2", "c")
    assert "BM25" not in table
    assert table == tables.comparisons(found.only(["all-MiniLM-L6-v2", "random"]), "all-MiniLM-L6-v2", "c")


def test_ranks_and_the_smallest_visible_difference_stand_in_the_families():
    rows = [
        retrieval("all-MiniLM-L6-v2", "MedQuADRetrieval", list(EASY)),
        retrieval("MEDTE-mini", "MedQuADRetrieval", list(np.clip(EASY + DRAW.normal(0, 0.05, 300), 0, 1))),
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
    assert tables.probability(0.0004) == "&lt; 0.001" and tables.probability(0.0314) == "0.031"


def test_stale_results_are_listed_with_the_reason():
    table = tables.stale([("gone-model", "MedQuADRetrieval", "made of other data")], "c")
    assert "gone-model" in table and "made of other data" in table
    assert "Every result that is kept is used" in tables.stale([], "c")


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
    about, scores = recordings.recorded("open")
    assert len(scores.tasks) >= 5
    for text in (real_text.summary(), real_text.details()):
        assert about["machine"] in text and "medte/report/recorded/open.jsonl.xz" in text
    assert "of the 51 tasks" in real_text.summary()


def test_captions_say_what_is_corrected_and_take_their_numbers_from_the_code():
    assert "seen in 80 % of cases" in pages.RANKS
    assert "uncorrected" in pages.PAIRED and pages.UNCERTAIN in pages.PAIRED
    rows = [retrieval(name, "MedQuADRetrieval", [0.5, 0.6]) for name in ("MEDTE-mini", "MEDTE-mini-sham")]
    assert pages.PAIRED in pages.sham(Scores(rows, draws=5), load_profile("mini"))
    assert pages.main_pair(load_profile("mini")) == ("MEDTE-mini", "all-MiniLM-L6-v2")
    assert pages.main_pair(load_profile("test-the-paper")) == ("MEDTE", "gte-base")


def test_the_share_of_encoding_is_the_records(tmp_path, monkeypatch):
    monkeypatch.setattr(recordings.paths, "recorded", lambda: tmp_path)
    assert "No measurement against plain mteb" in recordings.bench()
    found = {
        "model": "all-MiniLM-L6-v2", "tasks": 4, "machine": "m", "date": "2026-01-01", "texts": {"plain": 90, "ours": 40},
        "encoding_seconds": {"plain": 90.0, "fp32": [30.0, 32.0], "bf16": 12.0}, "scoring_seconds": {"plain": 10.0, "ours": 10.0},
        "faster": {"fp32": 2.9, "bf16": 7.5}, "share_of_matrix_rate": {"fp32": 0.5, "bf16": 0.4}, "largest_difference_fp32": 1e-5,
        "tasks_outside_their_interval_bf16": [], "difference_of_means_bf16": 0.001, "apart_by_noise_fp32": {"MedQuADRetrieval": 0.0027},
    }  # fmt: skip
    (tmp_path / "mini-bench.json").write_text(json.dumps(found), encoding="utf-8")
    said = recordings.bench()
    assert "encoding takes 90 % of the time with plain mteb and 75 % with each text once" in said
    assert "orders equal documents by them, which makes 0.27 points in Med<wbr>Qu<wbr>ADRetrieval" in said


def test_what_is_recorded_is_of_todays_profile():
    assert stale_records() == []


def test_what_is_not_recorded_is_not_stale(monkeypatch):
    about = {"profile_hash": load_profile("open").hash}
    monkeypatch.setattr(recordings, "recorded", lambda name: (about, None))
    monkeypatch.setattr(recordings, "is_recorded", lambda name: False)
    for module in (recordings, mini_card):
        monkeypatch.setattr(module, "measurement", lambda name: None)
    assert stale_records() == []
    about["profile_hash"] = "another"
    (line,) = stale_records()
    assert line.startswith("recorded/open.jsonl.xz is of another profile") and "`medte record -p open`" in line


def test_the_banner_comes_from_the_manifest():
    manifest = {
        "edition": "mini",
        "hash": "0",
        "sources": {"pubmed": {"fictional": True}},
        "tasks": {"a": 1},
        "missing": {},
    }
    text = pages.banner(manifest, 12)
    assert "fictional" in text and "12 results" in text and "prove nothing about the paper" in text
    about = {"fictional": False, "stand_in": False, "notice": ""}
    sources = {
        "medquad": about,
        "mimic_iv": about | {"fictional": True, "stand_in": True},
        "cure": about | {"notice": "CURE is a test set."},
    }
    real = pages.banner(manifest | {"edition": "open", "sources": sources, "pairs": {"medquad": 3}}, 0)
    assert "real text from medquad, cure." in real and "machine-written" not in real
    assert "Fictional notes stand in for mimic_iv; they are in no mean." in real and "test set" not in real
    trained = pages.banner(manifest | {"edition": "open", "sources": sources, "pairs": {"cure": 3}}, 0)
    assert "CURE is a test set." in trained


CURATED = {
    "edition": "open",
    "hash": "abc",
    "sources": {
        "medquad": {
            "records": 9, "repeated": 2, "evaluation": 3, "training": 4, "kin": 0, "in_no_part": 6, "stand_in": False, "licences": {"CC-BY-4.0": 9},
            "left_out": {"no answer": 1234}, "repeated_by_reason": {"near-duplicate": 2},
        },
        "mimic_iv": {
            "records": 5, "repeated": 0, "evaluation": 5, "training": 0, "kin": 0, "in_no_part": 0, "stand_in": True, "licences": {"CC0-1.0": 5},
            "left_out": {}, "repeated_by_reason": {},
        },
    },
    "absent": {"wikipedia": "not fetched"},
    "tasks": {
        "MedQuADRetrieval": {"rows": 300, "written_by": None},
        "MedQuADRetrievalMerged": {"rows": 290, "written_by": None},
        "MIMICReadmission30dClassification": {"rows": 120, "written_by": None},
    },
    "missing": {"WikipediaPainVsFeverClassification": "not fetched", "MedQuADRetrievalAsPublished": "8 rows; 100 are needed"},
    "unwritten": {"pubmed: sentence1 and sentence2: too short": 7},
    "pairs": {"medquad": 4},
    "leaks_dropped": {"medquad: same text": 2},
    "leaks_by_task": [
        ["subjects", "medquad", "MedQuADRetrieval", "same text", 2],
        ["evaluation", "medquad", "MedQuADRetrieval", "same document", 300],
    ],
    "training_texts_in_evaluation": 0,
}  # fmt: skip


def test_what_was_dropped_and_what_leaks_are_tables_by_reason():
    dropped = edition_tables.dropped(CURATED, "c")
    assert (
        "1,234" in dropped
        and "near-duplicate" in dropped
        and "no text written: sentence1 and sentence2: too short" in dropped
    )
    assert "No record was dropped" in edition_tables.dropped({"sources": {}, "unwritten": {}}, "c")
    leaks = edition_tables.leaks_by_task(CURATED, "c")
    assert ">2<" in leaks and "300" not in leaks
    assert "No pair touches a task" in edition_tables.leaks_by_task({"leaks_by_task": []}, "c")


def test_the_screen_of_an_edition_says_counts_reasons_and_what_stands_in():
    text = edition_screen.screen(CURATED)
    assert (
        "mimic_iv" in text and "fictional notes stand in" in text and "wikipedia        not here: not fetched" in text
    )
    assert "medquad: no answer 1,234, near-duplicate 2, reserved for the other part 6" in text
    assert "CC-BY-4.0" in text and "pubmed: sentence1" not in text
    assert "  MedQuADRetrieval: 300\n" in text and "MedQuADRetrievalMerged: 290  (Merged)" in text
    assert "MIMICReadmission30dClassification: 120  (stand-in)" in text
    assert "8 rows; 100 are needed: MedQuADRetrievalAsPublished" in text and "tasks missing: 2" in text
    assert "medquad: same text: 2" in text and "300\n" not in text.split("tasks missing")[1]
    only = edition_screen.screen(CURATED, ["medquad"])
    assert "mimic_iv" not in only and "wikipedia" not in only and "MIMIC" not in only


def test_results_beside_the_means_have_tables_of_their_own():
    rows = [
        retrieval(name, task, [0.5, 0.7])
        for name in ("random", "tfidf")
        for task in ("MedQuADRetrieval", "MedQuADRetrievalMerged")
    ]
    groups = {group: Scores(own, draws=20) for group, own in grouped(rows, "MedEval", {}).items()}
    text = pages.beside(groups, {})
    assert "built in another way" in text and "In no mean" in text and text.count("<table") == 1
    assert "Every task that is scored is in the means" in pages.beside({"benchmark": groups["benchmark"]}, {})


def test_a_figure_has_room_for_more_models_than_markers():
    names = ["random", "tfidf", "all-MiniLM-L6-v2", "MEDTE", "gte-base", "e5-base", "SciBERT", "BERT-base"]
    assert len(names) > len(figures.MARKERS)
    found = Scores([retrieval(name, "MedQuADRetrieval", [0.5, 0.7]) for name in names], draws=5)
    (axes,) = figures.scores_by_task(found, found.tasks).axes
    assert len(axes.get_legend().get_texts()) == len(names)


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


REPORT = {
    "hash": "abc", "sources": {"pubmed": {"documents": 9, "shared": 0.1, "near_duplicates": 0.0, "words": [1, 2, 3]}},
    "sizes": {"tasks": 77, "texts": 10, "tokens": 500_000, "rows": 300, "class_texts": 50, "test_texts": 25, "megabytes": 5.0, "seconds": 6.0, "same": True},
    "right": {"id": {"matches": 96, "no id": 4}, "system": {"agrees": 100}},
    "overlap": {"PubMedRetrieval": 0.1},
    "useful": {"tfidf": {"high": [], "low": ["MedQAPairClassification"]}},
    "separated": {"texts": 0, "near_duplicates": 0, "subjects": 0, "naming": 0.2},
    "ceilings": {"3": 0.7},
}  # fmt: skip


def test_a_report_within_its_bounds_says_so_and_any_breach_is_named():
    assert mini_card.outside(REPORT) == []
    breaches = {
        "sizes": {"tokens": 600_001, "same": False}, "separated": {"near_duplicates": 1}, "overlap": {"PubMedRetrieval": 0.16},
        "right": {"id": {"matches": 94, "no id": 6}, "system": {"differs": 1}}, "useful": {"tfidf": {"high": ["x"] * 6, "low": ["x"] * 11}},
        "sources": {"pubmed": {"documents": 9, "shared": 0.2, "near_duplicates": 0.01, "words": [1, 2, 3]}},
    }  # fmt: skip
    counts = {"sizes": 2, "separated": 1, "overlap": 1, "right": 2, "useful": 2, "sources": 2}
    for part, change in breaches.items():
        assert len(mini_card.outside(REPORT | {part: REPORT[part] | change})) == counts[part], part


def test_the_report_fits_a_screen_and_names_tasks_outside():
    counts = {"sources": {"pubmed": {"records": 9, "evaluation": 5, "training": 4}}, "pairs": {"pubmed": 4}}
    text = mini_card.screen(REPORT, counts, "mini edition")
    assert len(text.splitlines()) < 30 and "MedQAPairClassification" in text and "outside the bounds: nothing" in text
    assert "not reviewed by clinicians" in text
    assert "not checked" in mini_card.screen(REPORT | {"right": None}, counts, "mini edition")
    assert "MedQAPairClassification" not in mini_card.summary(REPORT) and "96.0" in mini_card.summary(REPORT)


def test_the_sham_is_compared_where_there_is_one():
    rows = [
        retrieval(name, "MedQuADRetrieval", list(np.clip(EASY + gain, 0, 1)))
        for name, gain in (("MEDTE-mini", 0.1), ("MEDTE-mini-sham", 0))
    ]
    text = pages.sham(Scores(rows, draws=50), load_profile("mini"))
    assert "is above Sham" in text
    assert "trains no sham" in pages.sham(Scores(rows, draws=50), load_profile("open"))
    assert pages.trained_model(load_profile("mini")) == "MEDTE-mini"
    assert pages.variant_model(load_profile("mini"), "plain") == "MEDTE-mini-plain"
    with pytest.raises(MedteError, match="no model"):
        pages.variant_model(load_profile("open"), "sham")


def test_the_plain_split_is_recorded_and_says_of_which_data(tmp_path, monkeypatch):
    profile = load_profile("mini")
    monkeypatch.setattr(recordings.paths, "recorded", lambda: tmp_path)
    recordings.recorded_groups.cache_clear()
    assert "No training split by document" in pages.plain_split(profile, "abc")
    rows = [
        retrieval(name, "MedQuADRetrieval", list(np.clip(EASY + gain, 0, 1)))
        for name, gain in (("MEDTE-mini", 0), ("MEDTE-mini-plain", 0.1))
    ]
    about = {
        "models": ["MEDTE-mini", "MEDTE-mini-plain"],
        "data": "abc",
        "date": "2026-01-01",
        "machine": "m",
        "bootstrap": 50,
        "seed": 1,
    }
    write_recorded(tmp_path / "mini-plain.jsonl.xz", about, rows)
    assert "is above MiniLM + MEDTE recipe" in pages.plain_split(
        profile, "abc"
    ) and "earlier version" not in pages.plain_split(profile, "abc")
    assert "earlier version" in pages.plain_split(profile, "abd")
    recordings.recorded_groups.cache_clear()


@pytest.fixture
def recorded_run(tmp_path, monkeypatch):
    """Records a run of made-up results of some models."""
    monkeypatch.setattr(recordings.paths, "recorded", lambda: tmp_path)
    recordings.recorded_groups.cache_clear()

    def record(models, **items):
        rows = [retrieval(model, "MedQuADRetrieval", [0.4, 0.6]) for model in models]
        rows = [row | {"items": row["items"] | items} for row in rows]
        about = {"profile": "open", "compared_with": "e5-base", "bootstrap": 20, "seed": 1, "cards": {}}
        about |= {"edition": CURATED, "benchmark": "MedEval", "date": "2026-01-01", "machine": "m"}
        write_recorded(tmp_path / "open.jsonl.xz", about, rows)
        recordings.recorded_groups.cache_clear()
        return recordings.recorded("open")

    yield record
    recordings.recorded_groups.cache_clear()


def test_the_corrected_protocol_is_taken_from_the_recorded_items(recorded_run):
    recorded_run(["e5-base", "tfidf"], ndcg_merged=[0.7, 0.9])
    text = real_text.EXHIBITS["open-protocols"].html("open-protocols")
    assert "Retrieval <small>corrected</small>" in text and "80.0 <" in text


def test_recorded_conditions_stand_apart_from_the_models_as_they_come(recorded_run):
    conditions = real_text.EXHIBITS["open-conditions"]
    _, scores = recorded_run(["e5-base", "e5-base+prompts", "tfidf"])
    assert scores.models == ["e5-base", "tfidf"]
    assert "with prompts</th>" in conditions.html("open-conditions")
    recorded_run(["e5-base", "tfidf"])
    assert "No model was scored with its prompts" in conditions.html("open-conditions")
