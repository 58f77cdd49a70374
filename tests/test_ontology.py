"""The mini edition's diseases against an ontology: ids, names and places, on a few terms of our own."""

import lzma

import pytest

from medte.sources.mini import ontology
from medte.sources.mini.knowledge import load

OBO = """format-version: 1.2

[Term]
id: DOID:1
name: disease

[Term]
id: DOID:2
name: respiratory system disease
is_a: DOID:1 ! disease

[Term]
id: DOID:3
name: wheezing illness
alt_id: DOID:33
synonym: "Twitchy Airways" EXACT []
is_a: DOID:2 ! respiratory system disease

[Term]
id: DOID:4
name: odd infection
is_a: DOID:1 ! disease

[Typedef]
id: part_of
name: part of
"""


@pytest.fixture
def terms(tmp_path):
    with lzma.open(tmp_path / "small.obo.xz", "wt", encoding="utf-8") as stream:
        stream.write(OBO)
    return ontology.read(tmp_path)


def condition(**changes):
    plain = {"name": "Twitchy airways", "synonyms": [], "abbreviations": [], "lay_name": "wheeze", "system_note": None}
    return load("conditions")[0].model_copy(update=plain | {"doid": "DOID:3", "system": "respiratory"} | changes)


def test_names_synonyms_and_alternative_ids_are_read(terms):
    assert terms["DOID:33"].names == {"wheezing illness", "twitchy airways"}
    assert ontology.ancestors(terms, "DOID:3") == {"wheezing illness", "respiratory system disease", "disease"}
    assert "part_of" not in terms


def test_an_id_matches_by_name_or_says_what_is_wrong(terms):
    assert ontology.match(terms, condition()) == "matches"
    assert ontology.match(terms, condition(name="Gout")) == "other name"
    assert ontology.match(terms, condition(doid="DOID:9")) == "unknown id"
    assert ontology.match(terms, condition(doid=None)) == "no id"


def test_a_place_agrees_or_is_explained(terms):
    assert ontology.place(terms, condition()) == "agrees"
    assert ontology.place(terms, condition(system="skin")) == "differs"
    assert ontology.place(terms, condition(system="skin", system_note="it itches")) == "says why"
    assert ontology.place(terms, condition(system="skin", doid="DOID:4")) == "by cause"
    assert ontology.place(terms, condition(doid=None)) == "not placed"
