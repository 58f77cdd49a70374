"""What pages say from results: captions, the banner, what stands beside the means, the sham, published numbers."""

import numpy as np
import pytest
from made_up import EASY, retrieval

from medte.errors import MedteError
from medte.evaluation.groups import grouped
from medte.evaluation.statistics import Scores
from medte.profile import load_profile
from medte.report import pages, published, recordings


def test_published_numbers_are_the_papers_and_carry_their_caveats():
    frame = published.published()
    assert len(frame) == 17
    ours = frame.set_index("model").loc["MohammadKhodadad/MedTE-cl15-step-8000"]
    assert (ours["retrieval"], ours["avg_task_types"]) == (0.45, 0.569)
    table = published.table()
    assert published.CAVEATS in table and table.count("<tr>") == 18


def test_captions_say_what_is_corrected_and_take_their_numbers_from_the_code():
    assert "seen in 80 % of cases" in pages.RANKS
    assert "uncorrected" in pages.PAIRED and pages.UNCERTAIN in pages.PAIRED
    rows = [retrieval(name, "MedQuADRetrieval", [0.5, 0.6]) for name in ("MEDTE-mini", "MEDTE-mini-sham")]
    assert pages.PAIRED in pages.sham(Scores(rows, draws=5), load_profile("mini"))
    assert pages.main_pair(load_profile("mini")) == ("MEDTE-mini", "all-MiniLM-L6-v2")
    assert pages.main_pair(load_profile("test-the-paper")) == ("MEDTE", "gte-base")


def test_a_verdict_says_what_one_source_moves_and_stands_beside_real_text(monkeypatch):
    tasks = {"MedQuADRetrieval": 0.1, "PubMedRetrieval": 0.7}
    rows = [retrieval("all-MiniLM-L6-v2", task, [0.5, 0.5]) for task in tasks]
    rows += [retrieval("MEDTE-mini", task, [value, value]) for task, value in tasks.items()]
    text = pages.verdict(Scores(rows, draws=20), load_profile("mini"))
    assert "below all-MiniLM-L6-v2: −10.0 points" in text and "Without the tasks of medquad" in text and "+20.0" in text
    training = {"measured": {"steps": 650}}
    about = {"trained": "MEDTE-mini", "compared_with": "all-MiniLM-L6-v2", "training": training}
    monkeypatch.setattr(pages, "recorded", lambda name: (about, Scores(rows[1:4:2], draws=20)))
    beside = pages.on_real_text(load_profile("mini"))
    assert "above all-MiniLM-L6-v2: +20.0 points" in beside and "recorded, of 650 steps" in beside
    assert all(pages.on_real_text(load_profile(name)) == "" for name in ("open", "paper"))


def test_the_banner_comes_from_the_manifest(monkeypatch):
    manifest = {
        "edition": "mini",
        "hash": "0",
        "sources": {"pubmed": {"fictional": True}},
        "tasks": {"a": 1},
        "missing": {},
    }
    monkeypatch.setattr(recordings, "recorded_groups", None)  # it stands on every page: no interval is computed for it
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
