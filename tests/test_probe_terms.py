"""Probes of terms: synonyms and siblings, on a snippet of an ontology with expected pairs."""

import lzma
from collections import Counter

import pytest
from test_probes import DATA, Stub

from medte.manifest import write_text
from medte.probes import ontology, terms
from medte.probes.build import build, ontology_folder
from medte.sources.mini.knowledge import load

OLD = """format-version: 1.2
data-version: releases/2016-03-04

[Term]
id: DOID:1
name: lung disease

[Term]
id: DOID:2
name: twitchy lung
synonym: "wheezing sickness (disorder)" EXACT [X:1]
synonym: "Lungs, Twitchy" EXACT []
synonym: "TL2" EXACT []
synonym: "breathing trouble" RELATED []
synonym: "twitchy lung NOS" EXACT []
is_a: DOID:1 ! lung disease

[Term]
id: DOID:3
name: stiff lung
synonym: "board-like chest" EXACT []
is_a: DOID:1 ! lung disease

[Term]
id: DOID:4
name: twitchy windpipe of the lung
is_a: DOID:1 ! lung disease

[Term]
id: DOID:5
name: twitchy lung in winter
is_a: DOID:2 ! twitchy lung

[Term]
id: DOID:6
name: gone lung
is_obsolete: true

[Term]
id: DOID:7
name: heart trouble
synonym: "cardiac trouble" EXACT []

[Typedef]
id: part_of
name: part of
"""
NEW = """format-version: 1.2
data-version: doid/releases/2026-07-31/subsets/x.obo

[Term]
id: DOID:3
alt_id: DOID:7
name: rigid lung
synonym: "board-like \\"chest\\"" EXACT OMO:1 []
is_a: DOID:1 ! lung disease
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mirror" / "ontology"
    write_text(folder / "z_old.obo", OLD)
    with lzma.open(folder / "a_new.obo.xz", "wt", encoding="utf-8") as stream:
        stream.write(NEW)
    return folder


def test_the_newest_release_that_has_a_term_decides_and_only_exact_synonyms_count(folder):
    dropped = Counter()
    found = ontology.read(folder, dropped)
    assert set(found) == {f"DOID:{n}" for n in (1, 2, 3, 4, 5)} and dropped == {"obsolete term": 1}
    assert (found["DOID:3"].name, found["DOID:3"].synonyms) == ("rigid lung", ('board-like "chest"',))
    assert found["DOID:2"].synonyms == ("wheezing sickness", "Lungs, Twitchy", "TL2", "twitchy lung NOS")


def test_a_pair_is_a_synonym_in_other_words_against_the_sibling_that_shares_most(folder):
    dropped = Counter()
    found = {one.name: one for one in terms.triples(ontology.read(folder, Counter()), frozenset(), dropped)}
    assert set(found) == {"twitchy lung", "rigid lung"}
    assert found["twitchy lung"].synonym == "wheezing sickness"
    assert found["twitchy lung"].siblings[0] == "twitchy windpipe of the lung"  # not what is below it
    assert dropped["synonym of the same words"] == dropped["synonym that is an abbreviation"] == 1
    assert dropped["synonym with a remark of the terminology"] == 1
    assert dropped["disease without a synonym in other words"] == 3


def test_what_training_is_about_is_nobodys_sibling_either(folder):
    dropped = Counter()
    found = terms.triples(ontology.read(folder, Counter()), frozenset(["twitchy windpipe of the lung"]), dropped)
    assert all("windpipe" not in name for one in found for name in one.siblings)
    assert dropped["disease that training is about"] == 1


def test_a_name_or_synonym_of_two_diseases_is_asked_of_neither():
    def term(name, *synonyms):
        return terms.Term(name, name, synonyms, frozenset(["above"]))

    own = [term("red eye", "pink eye"), term("sore eye", "pink eyes", "aching eye"), term("eye, red", "hot eye")]
    dropped = Counter()
    (found,) = terms.triples({one.id: one for one in own}, frozenset(), dropped)
    assert (found.name, found.synonym) == ("sore eye", "aching eye")
    assert dropped["name that two diseases share"] == 2 and dropped["synonym that two diseases share"] == 2


def test_words_are_equal_up_to_case_order_plural_and_small_ones():
    assert terms.words("Tumors of the Lung") == terms.words("lung tumor") != terms.words("lung cancer")
    assert terms.words("Crohn's disease") == terms.words("Disease, Crohn")


def test_a_wrong_name_of_the_knowledge_is_never_another_name_of_the_disease():
    found = terms.triples(terms.of_conditions(load("conditions")), frozenset(), Counter())
    names = {c.name.lower(): {terms.words(name) for name in (c.name, *c.synonyms)} for c in load("conditions")}
    assert len(found) > 200
    for one in found:
        assert not names[one.id] & {terms.words(name) for name in one.siblings}
        assert terms.words(one.synonym) in names[one.id] - {terms.words(one.name)}


def test_the_ontology_of_the_mirror_comes_first_and_its_text_is_no_example(folder, tmp_path, monkeypatch):
    lines = [
        f'[Term]\nid: DOID:9{n}\nname: ill{n} lung\nsynonym: "other{n} chest" EXACT []\nis_a: DOID:1\n'
        for n in range(30)
    ]
    write_text(folder / "z_old.obo", "\n".join([OLD, *lines]))
    monkeypatch.setenv("MEDTE_MIRROR", str(folder.parent))
    assert ontology_folder() == folder
    card = build(Stub(load("conditions")[:120]), DATA, tmp_path / "set").cards()["TermSimilarity"]
    assert (card["text"], card["items"], card["example"]) == ("real", 64, None)
    assert card["dropped"]["obsolete term"] == 1
