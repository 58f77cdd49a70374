"""The writer that needs no model: it takes words and sentences of the document itself."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from medte.curation.writer import Rejected, Request, Say, Wanted, to_write
from medte.curation.writing.words import content_words
from medte.records import Record

WORDS = 4  # of a question
COMMON = 50  # a word must stand in one of so many documents of the source
SENTENCE = (8, 60)  # words of a sentence, least and most
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“(])")


class ExtractiveWriter:
    """Takes the most telling words or sentences of a document; the same records always give the same texts.

    A telling word is a content word whose stem stands in at least 2 % of the source's documents handed to `prepare`
    and not in the title; it tells its idf, log(documents / documents with the stem). Of equals the earlier is taken.

    - written_question: the 4 most telling words of the text, in its order; no question, but a search by key words.
      Far easier than a written question: every word of it stands in the document, so that word matching nearly always
      finds it (BM25, 3,649 abstracts, nearly all of three systematic reviews: nDCG@10 .98; with their titles as
      queries .94). The 2 % keep out what only one document says. It shows whether a model finds a document by a few
      of its words, and nothing of whether it knows the same thing in other words.
    - written_answer: the text itself, found as easily.
    - sentence1, sentence2: the two most telling sentences (sums over their telling words) of 8 to 60 words, in the
      text's order. Easier than written ones in that one author wrote both, with the same names, abbreviations and
      manner, and words of the title may stand in both; harder in that they need not be about the same point. They
      show whether a model knows two sentences of one document from two of different ones.

    Scores on such texts may be compared with each other, never with scores on texts that a model or a person wrote.
    """

    name = "extractive"
    at_once = 1

    def __init__(self):
        self._documents: dict[str, int] = {}  # of each source
        self._with_stem: Counter = Counter()  # (source, stem) -> documents

    def prepare(self, records: Sequence[Record], wanted: Wanted, say: Say) -> None:
        """Count in how many documents of its source each stem stands; a text that is there twice counts once."""
        texts = {(request.record.source, request.text) for request in to_write(records, wanted)}
        self._documents = dict(Counter(source for source, _ in texts))
        self._with_stem = Counter((source, stem) for source, text in texts for stem in content_words(text))

    def write(self, request: Request) -> dict[str, str]:
        """The texts that the class describes; Rejected where the document has too few telling words or sentences."""
        if request.columns == ("sentence1", "sentence2"):
            return dict(zip(request.columns, self._sentences(request), strict=True))
        texts = {"written_question": self._key_words(request), "written_answer": request.text}
        return {column: texts[column] for column in request.columns}

    def _key_words(self, request: Request) -> str:
        words, telling = content_words(request.text), self._telling(request)
        chosen = sorted(telling, key=telling.get, reverse=True)[:WORDS]
        if len(chosen) < WORDS:
            raise Rejected(f"fewer than {WORDS} telling words")
        return " ".join(word for stem, word in words.items() if stem in chosen)

    def _sentences(self, request: Request) -> list[str]:
        """The two most telling sentences, in the text's order."""
        least, most = SENTENCE
        sentences = [s for s in SENTENCE_END.split(request.text) if least <= len(s.split()) <= most]
        sentences = list(dict.fromkeys(sentences))
        if len(sentences) < 2:
            raise Rejected(f"fewer than two sentences of {least} to {most} words")
        telling = self._telling(request)
        tells = [math.fsum(telling.get(stem, 0.0) for stem in content_words(sentence)) for sentence in sentences]
        chosen = sorted(range(len(sentences)), key=tells.__getitem__, reverse=True)[:2]
        return [sentences[place] for place in sorted(chosen)]

    def _telling(self, request: Request) -> dict[str, float]:
        """What each telling word of the document tells, by its stem, in the text's order."""
        source, avoided = request.record.source, content_words(request.title)
        documents = self._documents[source]
        with_stem = {stem: self._with_stem[source, stem] for stem in content_words(request.text) if stem not in avoided}
        return {stem: math.log(documents / n) for stem, n in with_stem.items() if n * COMMON >= documents}
