"""Data cards: counted by hand, and the ceiling of a retrieval task against every ranking that a model can give."""

import json
import math
from dataclasses import replace
from itertools import permutations, product
from statistics import mean

import pandas as pd
import pytest

from medte.errors import MedteError
from medte.tasks.build import TaskData
from medte.tasks.card import card, ceiling, screen, table
from medte.tasks.catalogue import catalogue, task
from tests.conftest import make_record

SECOND = 1 / math.log2(3)  # the gain of the second place


def retrieval(rows, name="MedQuADRetrieval", dropped=None):
    table = pd.DataFrame(rows, columns=["query", "document", "unit"])
    return TaskData(task(name), table, dropped or {})


def by_id(*records):
    return {record.id: record for record in records}


@pytest.mark.parametrize(
    ("queries", "documents", "expected"),
    [
        ("abc", "xyz", 1),
        ("aab", "xyz", (1 + SECOND + 1) / 3),
        ("abc", "xxz", (1 + SECOND + 1) / 3),
        ("aab", "xxz", (1 + SECOND + 1) / 3),
        # a: y weighs 1, the two copies of x weigh 1/2 each; b: the two copies of x weigh 1/2 each
        ("aab", "xyx", ((1 + SECOND / 2 + 0.5 / 2) + (1 + SECOND) / 2) / 3),
        # a: x weighs 2/3 three times, y 1; b: x weighs 1/3 three times
        ("aaab", "xxyx", (1 + (SECOND + 0.5 + 1 / math.log2(5)) * 2 / 3 + (1 + SECOND + 0.5) / 3) / 4),
        ("a" * 12, "abcdefghijkl", sum(1 / math.log2(place + 1) for place in range(1, 11)) / 12),
    ],
)
def test_the_ceiling_by_hand(queries, documents, expected):
    assert ceiling(list(queries), list(documents)) == pytest.approx(expected)


def best_of_all_rankings(queries, documents):
    """Every ranking of the distinct documents for each distinct query; equal documents in every order of their numbers."""
    numbers = range(len(documents))
    orders = list(permutations(numbers))

    def gain(row, ranking, order):
        places = sorted(numbers, key=lambda number: (ranking.index(documents[number]), order[number]))
        return 1 / math.log2(places.index(row) + 2)

    rankings = list(permutations(sorted(set(documents))))
    total = 0
    for query in set(queries):
        rows = [row for row in numbers if queries[row] == query]
        total += max(mean(sum(gain(row, r, order) for row in rows) for order in orders) for r in rankings)
    return total / len(queries)


def test_no_ranking_is_better_than_the_ceiling_and_one_reaches_it():
    for queries, documents in product(["aaab", "aabb", "abcc", "aabc"], ["xxyy", "xyxy", "xxxy", "xyzx", "xyyy"]):
        assert ceiling(queries, documents) == pytest.approx(best_of_all_rankings(queries, documents)), (
            queries,
            documents,
        )


def test_a_retrieval_card_by_hand():
    rows = [("What hurts?", "A toe may hurt.", "p1"), ("What hurts?", "So may a head.", "p1"), ("Why?", "Why?", "p2")]
    first = make_record("1", "medquad", "p1", question="What hurts?", answer="A toe may hurt.")
    second = make_record("2", "medquad", "p2", question="Why?", answer="Why?")
    unused = make_record("3", "medquad", "p3", question="Unused?", answer="Unused.")
    records = by_id(first, second, unused)
    made = card(retrieval(rows, dropped={"no answer": 4}), records)
    assert made["family"] == "retrieval" and made["source"] == "medquad" and made["fictional"] is False
    assert made["texts"] == {"kind": "columns", "columns": {"query": "question", "document": "answer"}}
    assert (made["rows"], made["documents"], made["labels"]) == (3, 2, {})
    assert made["licences"] == {"CC0-1.0": 2} and made["dates"] == {"earliest": None, "latest": None}
    assert made["words"]["query"] == {"median": 2, "p5": pytest.approx(1.1), "p95": 2, "longest": 2}
    assert made["words"]["document"]["median"] == 4 and made["words"]["document"]["longest"] == 4
    assert made["repeats"] == {
        "query": {"distinct": 2, "rows_elsewhere": 3},
        "document": {"distinct": 3, "rows_elsewhere": 1},
    }
    assert made["bounds"] == {"ceiling_ndcg_at_10": pytest.approx((1 + SECOND + 1) / 3)}
    assert made["dropped"] == {"no answer": 4}
    said = {word for record in records.values() for text in record.texts.values() for word in text.split()}
    assert not [word for word in said - {"A", "a"} if word in json.dumps(made)]


@pytest.mark.parametrize(("wrong", "share", "floor"), [(1, 1 / 2, 2 / 3), (3, 1 / 4, 0.4)])
def test_pairs_have_the_floor_of_always_yes(wrong, share, floor):
    rows = [(f"q{i}", f"option {i} {o}", int(o == 0), f"medqa:{i}") for i in range(5) for o in range(1 + wrong)]
    frame = pd.DataFrame(rows, columns=["sentence1", "sentence2", "label", "unit"])
    made = card(
        TaskData(task("MedQAPairClassification"), frame, {}), by_id(*(make_record(str(i), "medqa") for i in range(5)))
    )
    assert made["bounds"] == {"positives": pytest.approx(share), "always_positive_f1": pytest.approx(floor)}
    assert made["labels"] == {"test": {"0": 5 * wrong, "1": 5}}
    assert made["repeats"]["sentence1"] == {"distinct": 5, "rows_elsewhere": 5 * (1 + wrong)}


def test_a_classification_has_the_floor_of_its_most_frequent_class_in_the_test_part():
    labels = ["Pain"] * 3 + ["Fever"] + ["Fever"] * 6
    frame = pd.DataFrame(
        {"split": ["test"] * 4 + ["train"] * 6, "text": [f"Text {i}." for i in range(10)], "label": labels}
    )
    records = [make_record(str(i), "wikipedia") for i in range(10)]
    frame["unit"] = [record.document for record in records]
    made = card(TaskData(task("WikipediaPainVsFeverClassification"), frame, {}), by_id(*records))
    # always Pain: precision 3/4, recall 1, F1 6/7; Fever 0
    assert made["bounds"] == {"majority_f1": pytest.approx(3 / 7)}
    assert made["labels"] == {"test": {"Fever": 1, "Pain": 3}, "train": {"Fever": 6}}
    assert table([made]).iloc[0]["floor"] == pytest.approx(3 / 7)


def test_dates_and_licences_are_those_of_the_rows_documents():
    records = [make_record(name, "medquad", question="Why?", answer="So.") for name in "abc"]
    records[0] = replace(records[0], date="2019-05", licence="MIT")
    records[1] = replace(records[1], date="2004", fictional=True)
    records[2] = replace(records[2], date="1990")
    made = card(retrieval([("Why?", "So.", r.document) for r in records[:2]]), by_id(*records))
    assert made["dates"] == {"earliest": "2004", "latest": "2019-05"} and made["fictional"] is True
    assert made["licences"] == {"CC0-1.0": 1, "MIT": 1}


def test_records_that_are_missing_are_counted():
    data = retrieval([("Why?", "So.", "p1"), ("How?", "Thus.", "p2")])
    with pytest.raises(
        MedteError, match="MedQuADRetrieval has rows from 2 documents, and for 1 of them there is no record"
    ):
        card(data, by_id(make_record("1", "medquad", "p1")))


def cards_of_all():
    """A card of one row for each task of the catalogue."""
    for entry in catalogue().values():
        row = {"split": "test", "text": "a", "sentence1": "a", "sentence2": "b", "query": "a", "document": "b"}
        frame = pd.DataFrame([row | {"label": 1, "unit": "d"}])
        yield card(TaskData(entry, frame, {}), by_id(make_record("1", entry.source, "d")))


def test_every_task_has_a_card_that_is_json_and_fits_a_screen():
    cards = list(cards_of_all())
    assert len(cards) == 77 and json.loads(json.dumps(cards)) == cards
    for made in cards:
        lines = screen(made).splitlines()
        assert len(lines) <= 24 and max(map(len, lines)) <= 100, made["name"]
        assert made["name"] in lines[0] and all(made["texts"]["columns"].values())


def test_the_table_has_one_row_a_task():
    rows = table(list(cards_of_all()))
    assert list(rows["task"]) == list(catalogue()) and len(rows.columns) == 10
    kinds = rows.groupby("family")[["floor", "ceiling"]].count()
    assert kinds.loc["retrieval"].tolist() == [0, 16] and kinds.loc["clustering"].tolist() == [0, 0]
    assert (rows.loc[rows["family"] == "pair_classification", "words"] == "1 / 1").all()


def test_a_card_that_was_written_and_read_keeps_the_order_of_the_two_texts():
    data = retrieval([("Why not so?", "So.", "p1"), ("How then so?", "NA", "p2")])
    records = by_id(*(make_record(name, "medquad", name) for name in ("p1", "p2")))
    kept = json.loads(json.dumps(card(data, records), sort_keys=True))
    assert table([kept])["words"].tolist() == ["3 / 1"]
    assert screen(kept).index("query ") < screen(kept).index("document ")


def test_a_tasks_file_opens_with_datasets(tmp_path):
    datasets = pytest.importorskip("datasets")
    frame = retrieval([("Why?", "So.", "p1"), ("How?", "NA", "p2")]).rows
    frame.to_parquet(tmp_path / "task.parquet", index=False)
    loaded = datasets.load_dataset(
        "parquet", data_files=str(tmp_path / "task.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert loaded["train"].to_pandas().values.tolist() == frame.values.tolist()
    assert loaded["train"].column_names == ["query", "document", "unit"]
