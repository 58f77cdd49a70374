"""The same results by seen and unseen sources, by other metrics, under both protocols, with prompts, at equal length."""

from made_up import classification, pairs, retrieval

from medte.evaluation.statistics import Scores
from medte.report import condition_tables
from medte.sources.registry import SOURCES


def rows_of(table, title):
    """The cells of each of a model's rows, without their intervals."""
    rows = [line for line in table.split("<tr>") if f">{title}<" in line]
    return [[part.split("<")[0].strip() for part in row.split("<td>")[1:]] for row in rows]


def row_of(table, title):
    """The cells of a model's first row, without their intervals."""
    return rows_of(table, title)[0]


def test_seen_and_unseen_sources_part_the_tasks(monkeypatch):
    known = {"tfidf": set(), "MEDTE-mini": {"medquad"}, "SciBERT": None, "bm25": set()}
    monkeypatch.setattr(condition_tables, "trained_on", known.get)
    values = {"MedQuADRetrieval": 0.5, "MedMCQARetrieval": 0.2, "PubMedRetrieval": 0.3}
    rows = [retrieval(model, task, [value] * 3) for model in known for task, value in values.items()]
    rows += [classification(model, "PMCDiagnosticVsTherapeuticClassification") for model in known if model != "bm25"]
    table = condition_tables.seen_and_unseen(Scores(rows, draws=20), "c")
    f1 = rows[-1]["value"]  # of a family whose only task is not of a source that any was trained on
    unseen = [f"{100 * (0.2 + 0.3 + f1) / 3:.1f}", f"{100 * (1 + f1) / 4:.1f}"]
    assert rows_of(table, "MiniLM + MEDTE recipe") == [
        ["All tasks", "1", "50.0", "3", unseen[0]],
        ["Retrieval", "1", "50.0", "2", "25.0"],
    ]
    assert rows_of(table, "TF-IDF") == [["All tasks", "0", "–", "4", unseen[1]]]
    assert rows_of(table, "SciBERT") == [["All tasks", "–", "not declared", "–", "not declared"]]
    assert "BM25" not in table


def test_how_much_of_the_benchmark_medte_has_seen_is_counted(monkeypatch):
    known = set(SOURCES) - {"pmc"}
    monkeypatch.setattr(condition_tables, "trained_on", {"MEDTE": known}.get)
    assert "Of MedEval's 51 tasks 48 are of sources" in condition_tables.seen_by_medte()
    monkeypatch.setattr(condition_tables, "trained_on", {}.get)
    assert "not declared" in condition_tables.seen_by_medte()


def test_pairs_are_shown_by_three_metrics_above_their_floors():
    rows = [
        pairs("tfidf", "MedQAPairClassification", [1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1]),
        pairs("tfidf", "MedMCQAPairClassification", [1, 0, 0, 0], [0.9, 0.3, 0.2, 0.1]),
        pairs("random", "MedQAPairClassification", [1, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]),
        retrieval("bm25", "MedQuADRetrieval", [0.5]),
    ]
    table = condition_tables.pair_metrics(Scores(rows, draws=20), "c")
    published, held_out, precision = row_of(table, "TF-IDF")
    assert published == "90.0"  # (2 · ⅔ · 1 / (⅔ + 1) + 1) / 2
    assert precision == "91.7"  # (½ · 1 + ½ · ⅔ + 1) / 2
    assert 0 <= float(held_out) <= 100
    assert table.count('class="interval"') == 3 and "BM25" not in table
    assert row_of(table, "Random vectors") == ["–", "–", "–"]
    assert row_of(table, "Floor") == ["53.3", "53.3", "37.5"]  # (⅔ + ⅖) / 2, (½ + ¼) / 2
    assert "no task of this family" in condition_tables.pair_metrics(Scores([]), "c")


def test_the_two_protocols_stand_side_by_side():
    def scores_of(gain):
        rows = [
            retrieval("tfidf", "MedQuADRetrieval", [0.4 + gain] * 3),
            classification("tfidf", "PMCDiagnosticVsTherapeuticClassification"),
            retrieval("bm25", "MedQuADRetrieval", [0.4] * 3),
        ]
        return Scores(rows, draws=20)

    table = condition_tables.protocols(scores_of(0), scores_of(0.2), "c")
    heads = [part.split("</th>")[0] for part in table.split('<th scope="col">')[1:]]
    assert heads == [
        "Model", "Classification <small>both</small>", "Retrieval <small>published</small>", "Retrieval <small>corrected</small>",
        "All tasks <small>published</small>", "All tasks <small>corrected</small>",
    ]  # fmt: skip
    assert row_of(table, "TF-IDF")[1:3] == ["40.0", "60.0"] and "BM25" not in table


def test_conditions_stand_beside_the_plain_model():
    values = {
        "e5-base": 0.5,
        "e5-base+prompts": 0.6,
        "e5-base+prompts@128": 0.55,
        "all-MiniLM-L6-v2": 0.4,
        "all-MiniLM-L6-v2@128": 0.35,
    }
    found = Scores([retrieval(model, "MedQuADRetrieval", [value] * 3) for model, value in values.items()], draws=20)
    table = condition_tables.conditions(found, "c")
    heads = [part.split("</th>")[0] for part in table.split('<th scope="col">')[1:]]
    assert heads == ["Model", "As it comes", "with prompts", "with prompts, cut at 128 tokens", "cut at 128 tokens"]
    assert row_of(table, "e5-base") == ["50.0", "60.0", "55.0", "–"]
    assert row_of(table, "all-MiniLM-L6-v2") == ["40.0", "no prompts", "no prompts", "35.0"]
    plain = Scores([retrieval("e5-base", "MedQuADRetrieval", [0.5])], draws=5)
    assert "No model was scored with its prompts" in condition_tables.conditions(plain, "c")
