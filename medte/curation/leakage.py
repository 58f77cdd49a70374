"""Training pairs that touch the benchmark: each pair's two sides against every evaluation text and document."""

from collections import Counter
from collections.abc import Iterable

from medte.curation.deduplicate import normalized
from medte.records import Pair


def audit(
    pairs: Iterable[Pair], evaluation_texts: Iterable[str], evaluation_documents: Iterable[str]
) -> tuple[list[Pair], Counter]:
    """The pairs that touch nothing of the evaluation, and how many do by (source, reason).

    Reasons: "same document" (identity of page, article, study, question or patient), "same text" (word for word) and
    "same words" (equal up to case, punctuation and spacing), on either side of the pair.
    """
    texts = set(evaluation_texts)
    words = {normalized(text) for text in texts}
    documents = set(evaluation_documents)
    clean, found = [], Counter()
    for pair in pairs:
        sides = (pair.sentence1, pair.sentence2)
        if pair.document in documents:
            found[pair.source, "same document"] += 1
        elif any(side in texts for side in sides):
            found[pair.source, "same text"] += 1
        elif any(normalized(side) in words for side in sides):
            found[pair.source, "same words"] += 1
        else:
            clean.append(pair)
    return clean, found
