"""The page of the paper's claims: its words, its data, and that it says of each what it rests on."""

import re

import pytest
from pydantic import ValidationError

from medte.errors import MedteError
from medte.report.claims import figures, published_gains, published_ranks, verdicts
from medte.report.claims import page as claims
from medte.report.claims.published_ranks import mteb_medical
from medte.report.published import published


def test_there_are_eight_claims_and_each_has_a_rule_and_tables():
    found = claims.claims()
    assert [claim.said_in for claim in found.claims] == ["abstract"] * 5 + ["summary"] * 3
    names = [claim.test for claim in found.claims]
    assert len(set(names)) == 8 and set(names) == set(verdicts.RULES) == set(claims.SHOWN)
    assert found.span == (0.127, 0.234)


def test_the_bounds_of_the_rules_stand_in_their_words():
    how = {claim.test: claim.how for claim in claims.claims().claims}
    assert str(verdicts.STRONG) in how["evaluations"] and f"{100 * verdicts.ALPHA:.0f} %" in how["training_text"]


def test_training_sources_are_the_ten_of_the_paper_and_three_are_curated():
    found = claims.claims()
    assert len(found.curated) == 10
    assert {source for source, is_curated in found.curated.items() if is_curated} == {"medmcqa", "medqa", "medquad"}
    table = claims.sources_table()
    assert table.count("natural pair</td>") == 7 and table.count("curated by people</td>") == 3


def test_an_unknown_key_and_an_unknown_rule_are_errors(monkeypatch):
    row = claims.claims().claims[0].model_dump()
    with pytest.raises(ValidationError, match="verdict"):
        claims.Claim.model_validate(row | {"verdict": "reproduced"})
    claims.claims.cache_clear()
    monkeypatch.delitem(verdicts.RULES, "consistency")
    with pytest.raises(MedteError, match="unknown rule of a claim 'consistency'"):
        claims.claims()
    claims.claims.cache_clear()


@pytest.fixture(scope="module")
def page(pieces):
    return pieces["claims.md"]


def test_the_page_opens_with_one_table_of_verdicts_and_has_a_section_for_each(page):
    first, *sections = page.split("\n## ")
    assert first.count("<table") == 1 and first.count("<tr>") == 9
    found = re.findall(r"<td[^>]*><b>([a-z ]+)</b></td>", first)
    assert len(found) == 8 and set(found) <= {"reproduced", "direction only", "not reproduced", "cannot be tested here"}
    assert sum(verdict != "cannot be tested here" for verdict in found) >= 4
    assert [section.partition(".")[0] for section in sections] == [str(number) for number in range(1, 9)]
    for verdict, section in zip(found, sections, strict=True):
        assert f"<p><b>{verdict.capitalize()}. " in section and "<table" in section


def test_every_table_is_narrow_and_its_caption_says_which_numbers_it_holds(page):
    kinds = ("Published", "Recorded", "published", "No result is in this table", "no result is in this table")
    found = re.findall(r"<table.*?</figure>", page, re.DOTALL)
    assert len(found) == page.count("<table")
    for table in found:
        caption = table.partition("<figcaption>")[2]
        assert table.count('scope="col"') <= 10 and any(kind in caption for kind in kinds), caption
    assert not re.search(r"\bnan\b", re.sub(r"<[^>]+>", " ", page))


def test_figures_have_labels_and_no_title():
    found = published_gains.gains(published())
    (axes,) = figures.gain_by_rival(found).axes
    assert axes.get_xlabel() and not axes.get_title() and len(axes.get_yticklabels()) == 16
    assert axes.get_yticklabels()[-1].get_text() == "MedEmbed-base-v0.1"  # the best rival on top
    (axes,) = figures.published_against_mteb(published_ranks.on_both(published(), mteb_medical())).axes
    assert axes.get_xlabel() and axes.get_ylabel() and not axes.get_title()
    assert [label.get_text() for label in axes.get_yticklabels()][::6] == ["e5-base, 47.9", "gte-base, 51.8"]
    assert [len(line.get_xdata()) for line in axes.get_lines()] == [7, 7]
