"""What a variant changes in the rows of its base task: words masked, repeats merged, a title put in front.

The other variants differ in how rows are drawn: see `builders` (as published) and `pairing` (as published, checked).
"""

import re
from collections import Counter
from collections.abc import Callable

import pandas as pd

from medte.curation.deduplicate import normalized
from medte.tasks.builders import SEARCHED_WORDS
from medte.tasks.catalogue import AS_PUBLISHED, MASKED, MERGED, Task

MASK = "[…]"
FUNCTION_WORDS = {"the", "and", "of", "in", "by"}
ENDINGS = {
    r"(?:y|ies)": "(?:y|ies|ic|ical|ists?)",
    r"(?:e|es)": "(?:e|es|ed|ing)",
    r"ing": "(?:s|ed|ing)?",
    r"s": "s?",
    r"": "(?:s|ed|ing)?",
}  # how a word ends: how its inflections end; the first that fits


def inflections(word: str) -> str:
    """A pattern for a word and its simple inflections: plural, -ed, -ing; of -y also -ic, -ical and -ist."""
    for ending, others in ENDINGS.items():
        if stem := re.fullmatch(rf"(.+?){ending}", word):
            return re.escape(stem[1]) + others
    raise ValueError("an empty word has no inflections")


def label_words(task: Task) -> re.Pattern:
    """What is masked: of search terms the forms that are searched, of categories their content words, of all classes alike."""
    if task.build["kind"] == "terms":
        patterns = [SEARCHED_WORDS.get(term, re.escape(term)) for term in task.build["classes"]]
    else:
        words = re.findall(r"\w+", " ".join(task.build["classes"]).lower().replace("'s", ""))
        patterns = [inflections(word) for word in dict.fromkeys(words) if word not in FUNCTION_WORDS]
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.IGNORECASE)


def masked(task: Task, rows: pd.DataFrame, dropped: Counter) -> pd.DataFrame:
    """The same texts with the words of every class masked: a score that is left is not read off them (recipe §5, point 11)."""
    words = label_words(task)
    return rows.assign(text=[words.sub(MASK, text) for text in rows["text"]])


def merged(task: Task, rows: pd.DataFrame, dropped: Counter) -> pd.DataFrame:
    """One row a judgement, after queries of equal words became one query and documents of equal words one document.

    Equal: up to case, punctuation and spacing; the first in the order of rows stands for all. Every document that was
    right for any of the merged queries is right (recipe §5, point 6).
    """
    made = rows.copy()
    for column in ("query", "document"):
        words = [normalized(text) or text for text in rows[column]]
        first: dict[str, str] = {}
        made[column] = [first.setdefault(key, text) for key, text in zip(words, rows[column], strict=True)]
        dropped[f"{column} merged with an earlier one"] += len(rows) - len(first)
    return made.drop_duplicates(["query", "document"])


def titled(task: Task, rows: pd.DataFrame, dropped: Counter) -> pd.DataFrame:
    """The authors' documents, each with the title that their collection gave it (recipe §3; §5, point 7)."""
    return rows.assign(document="No title " + rows["document"])


CHANGES: dict[tuple[str | None, str], Callable[[Task, pd.DataFrame, Counter], pd.DataFrame]] = {
    (MASKED, "classification"): masked,
    (MASKED, "clustering"): masked,
    (MERGED, "retrieval"): merged,
    (AS_PUBLISHED, "retrieval"): titled,
}  # by variant and family
