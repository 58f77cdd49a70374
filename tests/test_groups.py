"""Real text and what stands in for it are never in one mean."""

import pytest
from made_up import retrieval

from medte.evaluation import groups
from medte.evaluation.groups import BENCHMARK, BESIDE, encoders, group_of, grouped, in_means, trained_on
from medte.evaluation.statistics import Scores
from medte.models.registry import entry
from medte.profile import load_profile

EDITION = {
    "sources": {"mimic_iv": {"stand_in": True}, "pubmed": {"stand_in": False}},
    "tasks": {
        "PubMedRetrieval": {"written_by": "extractive"},
        "BioRxivRetrieval": {"written_by": "model llama"},
        "MedQuADRetrieval": {"written_by": None},
    },
}


@pytest.mark.parametrize(
    ("task", "group"),
    [
        ("MedQuADRetrieval", BENCHMARK),
        ("BioRxivRetrieval", BENCHMARK),
        ("PubMedRetrieval", "extractive"),
        ("PubMedTreatmentPreventionClassification", "other"),
        ("MedQuADRetrievalMerged", "variant"),
        ("MIMICReadmission30dClassification", "stand_in"),
        ("MIMICChiefComplaintToDischargeDiagnosisRetrievalMerged", "stand_in"),
    ],
)
def test_why_a_task_is_in_no_mean(task, group):
    assert group_of(task, "MedEval", EDITION) == group
    assert group == BENCHMARK or group in BESIDE


def test_a_variant_counts_where_it_is_the_benchmarks_own():
    assert group_of("MedQuADRetrievalMerged", "MedEval-corrected", EDITION) == BENCHMARK
    assert in_means(["PubMedRetrieval", "MedQuADRetrieval"], "MedEval", EDITION) == ["MedQuADRetrieval"]


def test_without_a_manifest_every_task_of_the_benchmark_counts():
    assert group_of("MIMICReadmission30dClassification", "MedEval", {}) == BENCHMARK


def test_results_are_grouped_and_none_is_lost():
    results = [{"task": name} for name in ("MedQuADRetrieval", "PubMedRetrieval", "MedQuADRetrievalMerged")]
    found = grouped(results, "MedEval", EDITION)
    assert list(found) == [BENCHMARK, "extractive", "variant"]
    assert [result for own in found.values() for result in own] == results


def test_a_model_without_vectors_is_no_encoder():
    scores = Scores([retrieval(model, "MedQuADRetrieval", [0.5]) for model in ("random", "bm25", "gte-base")], draws=5)
    assert encoders(scores).models == ["random", "gte-base"] and scores.models == ["random", "bm25", "gte-base"]


def test_what_a_model_was_trained_on_is_the_registrys_or_its_profiles_word(monkeypatch):
    assert trained_on("random") == trained_on("tfidf") == set()
    assert trained_on("MEDTE-open") == set(load_profile("open").training.sources)
    assert trained_on("MEDTE-mini-sham") == set(load_profile("mini").training.sources)
    declared = {"all-MiniLM-L6-v2": ["pubmed"], "gte-base": [], "e5-base": None}
    entries = {name: entry(name).model_copy(update={"trained_on": sources}) for name, sources in declared.items()}
    monkeypatch.setattr(groups, "entry_of_result", entries.get)
    assert [trained_on(name) for name in declared] == [{"pubmed"}, set(), None]
