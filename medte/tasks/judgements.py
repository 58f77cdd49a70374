"""Which documents are right for which queries of a retrieval task, from its rows, under mteb's names."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Judgements:
    """Queries, documents, and for each query the numbers (from 0) of its right documents and the unit it comes from."""

    queries: list[str]
    documents: list[str]
    right: list[list[int]]
    units: list[str]

    @property
    def query_names(self) -> list[str]:
        return _numbered("q", self.queries)

    @property
    def document_names(self) -> list[str]:
        return _numbered("d", self.documents)

    def relevant(self) -> dict[str, dict[str, int]]:
        """For each query, by its name, its right documents, each with the grade 1."""
        names = self.document_names
        grades = [{names[i]: 1 for i in documents} for documents in self.right]
        return dict(zip(self.query_names, grades, strict=True))


def _numbered(letter: str, texts: Sequence[str]) -> list[str]:
    return [f"{letter}{i:05d}" for i in range(len(texts))]


def row_by_row(rows: pd.DataFrame) -> Judgements:
    """Of rows (query, document, unit): row i's query has row i's document as its one right answer."""
    right = [[i] for i in range(len(rows))]
    return Judgements(rows["query"].tolist(), rows["document"].tolist(), right, rows["unit"].tolist())


def text_by_text(rows: pd.DataFrame) -> Judgements:
    """Of rows (query, document, unit): a text is one query and one document in however many rows; the first gives the unit."""
    number = {document: i for i, document in enumerate(dict.fromkeys(rows["document"]))}
    right: dict[str, list[int]] = {}
    unit_of: dict[str, str] = {}
    for query, document, unit in zip(rows["query"], rows["document"], rows["unit"], strict=True):
        right.setdefault(query, []).append(number[document])
        unit_of.setdefault(query, unit)
    return Judgements(list(right), list(number), list(right.values()), list(unit_of.values()))
