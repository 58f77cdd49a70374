"""What an edition says of itself: what was dropped and why, what leaks, and whether the mini edition is within its bounds."""

from medte.report import edition_screen, edition_tables, mini_card

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
