"""Written texts: what is asked for, and the extractive writer by hand-computed examples."""

import os
from collections import Counter
from dataclasses import replace
from itertools import islice
from math import log2
from pathlib import Path

import pytest

from medte.curation import writer as writer_module
from medte.curation.writer import Rejected, Request, requests, written
from medte.curation.writing.extractive import ExtractiveWriter
from medte.curation.writing.words import content_words, runs
from medte.errors import MedteError
from tests.conftest import make_record

MIRROR = os.environ.get("MEDTE_MIRROR")
QUESTION = {"pubmed": ["written_question"]}
PAIR = {"pubmed": ["sentence1", "sentence2"]}


def silent(line):
    pass


def article(name, abstract, title="Colchicine in gout", **more):
    return make_record(name, title=title, abstract=abstract, **more)


def articles(count):
    return [article(str(i), f"Attack number {i} ended early under treatment.") for i in range(count)]


def run(records, wanted, writer, say=silent):
    """What was written, and what was dropped by (source, reason)."""
    dropped = Counter()
    return list(written(records, wanted, writer, say, dropped)), dropped


# words


def test_content_words_are_told_by_their_stems():
    assert content_words("Treating the CT with Treatment, by 3 TESTS") == {"treat": "treating", "tests": "tests"}
    assert runs("One, two: THREE four", 3) == {("one", "two", "three"), ("two", "three", "four")}
    assert runs("one two", 3) == set()


# what is asked for


class Listed:
    """Writes the number of the column, and rejects records whose abstract says so."""

    name, at_once = "listed", 3

    def prepare(self, records, wanted, say):
        say("prepared")

    def write(self, request):
        if "reject" in request.text:
            raise Rejected("told to")
        return {column: f"{column} of {request.record.id}" for column in request.columns}


def test_records_get_what_they_lack_and_say_who_wrote_it():
    lines = []
    whole = article("whole", "Text.", written_question="There already?")
    other = make_record("x", "medquad", question="Why?", answer="So.")
    found, dropped = run([article("a", "Text."), whole, other], QUESTION, Listed(), lines.append)
    assert found[0].texts["written_question"] == "written_question of pubmed:a"
    assert found[0].texts["abstract"] == "Text."
    assert found[0].facts["written_by"] == {"written_question": "listed"}
    assert found[1:] == [whole, other]
    assert not dropped
    assert lines == ["prepared", "listed: 1 written_question written"]


def test_what_is_written_together_is_one_request():
    page = make_record("p", "wikipedia", facts={"title": "Gout", "mesh": ["Arthritis"]}, **{"section:Lead": "A lead."})
    asked = requests(page, {"wikipedia": ["written_answer", "sentence1"]})
    assert [request.columns for request in asked] == [
        ("written_question", "written_answer"),
        ("sentence1", "sentence2"),
    ]
    assert asked[0] == Request(page, asked[0].columns, "A lead.", "Gout", ("Arthritis",))


def test_what_is_rejected_is_counted_and_stays_away():
    records = [
        article("a", "reject"),
        article("b", "Fine."),
        make_record("c", title="No abstract"),
        article("d", "reject"),
    ]
    lines = []
    found, dropped = run(records, PAIR, Listed(), lines.append)
    assert [set(record.texts) for record in found if record.id != "pubmed:b"] == [
        {"title", "abstract"}, {"title"}, {"title", "abstract"}
    ]  # fmt: skip
    assert "written_by" not in found[0].facts
    assert dropped == {
        ("pubmed", "sentence1 and sentence2: told to"): 2,
        ("pubmed", "sentence1 and sentence2: nothing to write from"): 1,
    }
    assert lines[-1] == "listed: 2 records of pubmed without sentence1 and sentence2: told to"


def test_order_is_kept_over_many_batches_and_records_stream():
    records = articles(200)
    assert [record.id for record in run(records, QUESTION, Listed())[0]] == [record.id for record in records]
    assert len(list(islice(written(records, QUESTION, Listed(), silent), 3))) == 3


def test_progress_is_said(monkeypatch):
    lines = []
    monkeypatch.setattr(writer_module, "SECONDS", -1)
    run(articles(100), QUESTION, Listed(), lines.append)
    assert lines[1:3] == ["listed: 64 of 100 records", "listed: 100 of 100 records"]


def test_what_cannot_be_written_is_an_error_at_the_call():
    with pytest.raises(MedteError, match="unknown source with written texts 'pubmet'; did you mean 'pubmed'"):
        written([], {"pubmet": ["sentence1"]}, Listed(), silent)
    with pytest.raises(MedteError, match="unknown written text of pubmed 'written_answer'"):
        written([], {"pubmed": ["written_answer"]}, Listed(), silent)


# the extractive writer

ABSTRACT = "Uric crystals inflame joints and swelling follows in joints overnight."
OTHERS = ["Joints with swelling inflame.", "Swelling overnight.", "Uric acid."]


def test_a_question_is_the_most_telling_words_of_the_document():
    # of 4 documents follows is in 1 (log 4), uric, inflame, joints, overnight in 2 (log 2), swelling in 3
    records = [article("a", ABSTRACT, "Crystals of gout"), *(article(str(i), text) for i, text in enumerate(OTHERS))]
    found, dropped = run(records, QUESTION, ExtractiveWriter())
    assert found[0].texts["written_question"] == "uric inflame joints follows"
    assert found[0].facts["written_by"] == {"written_question": "extractive"}
    assert dropped == {("pubmed", "written_question: fewer than 4 telling words"): 3}
    assert run(records[::-1], QUESTION, ExtractiveWriter())[0] == found[::-1]


def test_a_word_of_too_few_documents_is_not_taken():
    said = "walnut" + " xylitol" * 3 + " common usual plain"
    twice = article("b", "xylitol")
    others = [article(f"o{i}", f"common usual plain filler{'abcdefghij'[i % 10]} {i}") for i in range(98)]
    # walnut stands in 1 document of 100, xylitol in 2
    found, _ = run([article("a", said), twice, *others], QUESTION, ExtractiveWriter())
    assert found[0].texts["written_question"] == "xylitol common usual plain"


def test_sources_are_counted_apart():
    page = make_record("p", "wikipedia", facts={"title": "Gout"}, **{"section:Lead": ABSTRACT})
    records = [article("a", ABSTRACT, "Crystals"), *(article(str(i), text) for i, text in enumerate(OTHERS))]
    alone = run(records, QUESTION, ExtractiveWriter())[0]
    both = run([*records, page], QUESTION | {"wikipedia": ["written_question"]}, ExtractiveWriter())[0]
    assert both[:4] == alone
    assert both[4].texts["written_question"] == "uric crystals inflame joints"  # one page: each word tells nothing
    assert both[4].texts["written_answer"] == ABSTRACT


SENTENCES = (
    "Alpha bravo charlie delta echo foxtrot golf hotel.",
    "Alpha alpha alpha bravo bravo bravo charlie charlie!",
    "India juliet kilo lima mike november oscar papa.",
)


def test_a_pair_is_the_two_most_telling_sentences_in_their_order():
    record = article("a", " ".join([*SENTENCES, "Too short. Too short."]), "Hotel, golf")
    other = article("b", "Something else entirely.")
    # of 2 documents each word tells log 2: the sentences tell 6 (two words are the title's), 3 and 8 of them
    found, _ = run([record, other], PAIR, ExtractiveWriter())
    assert (found[0].texts["sentence1"], found[0].texts["sentence2"]) == (SENTENCES[0], SENTENCES[2])
    # where the other document has all words of the third but one, they tell 6, 3 and 1
    found, _ = run([record, replace(other, texts={"abstract": SENTENCES[2][:-6]})], PAIR, ExtractiveWriter())
    assert (found[0].texts["sentence1"], found[0].texts["sentence2"]) == SENTENCES[:2]


def test_one_sentence_is_no_pair():
    _, dropped = run([article("a", f"{SENTENCES[0]} {SENTENCES[0]} Short.")], PAIR, ExtractiveWriter())
    assert dropped == {("pubmed", "sentence1 and sentence2: fewer than two sentences of 8 to 60 words"): 1}


@pytest.mark.skipif(not MIRROR, reason="needs MEDTE_MIRROR")
def test_words_of_real_abstracts_are_found_by_matching_words():
    import bm25s

    from medte.sources import pubmed

    read = {record.texts["abstract"]: record for record in pubmed.read(Path(MIRROR) / "pubmed")}
    records = list(read.values())
    found, dropped = run(records, QUESTION, ExtractiveWriter())
    assert len(found) == 3649 and not dropped
    queries, documents = ([record.texts[name] for record in found] for name in ("written_question", "abstract"))
    tokens = [bm25s.tokenize(texts, stopwords="en", show_progress=False) for texts in (queries, documents)]
    index = bm25s.BM25()
    index.index(tokens[1], show_progress=False)
    ranked, _ = index.retrieve(tokens[0], k=10, show_progress=False)
    gains = [1 / log2(2 + list(row).index(i)) for i, row in enumerate(ranked) if i in row]
    assert sum(gains) / len(found) == pytest.approx(0.982, abs=0.001)
