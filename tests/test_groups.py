"""Real text and what stands in for it are never in one mean."""

import pytest

from medte.evaluation.groups import BENCHMARK, BESIDE, group_of, grouped, in_means

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
    groups = grouped(results, "MedEval", EDITION)
    assert list(groups) == [BENCHMARK, "extractive", "variant"]
    assert [result for own in groups.values() for result in own] == results
