"""Entrez's utilities, played by a small server on loopback, and how complete what is fetched from them is."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from test_getting import Answer, getter, serving, without_proxy  # noqa: F401

from medte.errors import MedteError
from medte.manifest import unseal
from medte.sources import entrez
from medte.sources.entrez import Search, begun, fetch, fetched, manners, plan
from medte.sources.pubmed import DATABASE

SMALL = replace(DATABASE, batch=6)


def article(pmid, abstract="<Abstract><AbstractText>Swollen toe.</AbstractText></Abstract>", title="A toe.", more=""):
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article><Journal><JournalIssue><PubDate>'
        f"<Year>2022</Year><Month>Mar</Month><Day>5</Day></PubDate></JournalIssue></Journal>"
        f"<ArticleTitle>{title}</ArticleTitle>{abstract}</Article>{more}</MedlineCitation></PubmedArticle>"
    )


def article_set(*parts):
    return f'<?xml version="1.0" encoding="UTF-8"?><PubmedArticleSet>{"".join(parts)}</PubmedArticleSet>'


DAY = date(2022, 3, 31)
LIBRARY = {
    **{
        number: ("gout", DAY - timedelta(days=number), DAY) for number in range(1, 31)
    },  # one on each day of March but the 31st
    **{number: ("gout", DAY, DAY + timedelta(days=number)) for number in range(31, 40)},  # nine on the 31st
    40: ("asthma gout", date(2022, 3, 1), DAY),
    41: ("gout", date(2022, 2, 28), DAY),
    42: ("gout", date(2022, 4, 1), DAY),
    43: ("gout", DAY, date(2026, 1, 1)),  # entered too late
}  # PMID → words, day of publication, day of entry
MARCH = {"first": date(2022, 3, 1), "last": DAY, "entered_until": date(2023, 1, 1)}


def span(text, field):
    days = re.search(rf"(\d{{4}}/\d\d/\d\d):(\d{{4}}/\d\d/\d\d)\[{field}\]", text).groups()
    return [date(*map(int, day.split("/"))) for day in days]


class Utilities:
    """Answers as Entrez does from `LIBRARY`; at most `most` ids a search; `gone` articles are not given."""

    def __init__(self, most=4, gone=(), database=DATABASE, page=lambda ids: article_set(*map(article, ids))):
        self.most, self.gone, self.database, self.page = most, set(map(str, gone)), database, page
        self.windows = []

    def __call__(self, path, params, count):
        assert params["db"] == self.database.name
        if path == "/efetch.fcgi":
            return Answer(self.page([number for number in params["id"].split(",") if number not in self.gone]).encode())
        assert path == "/esearch.fcgi" and self.database.narrowing in params["term"]
        word = re.match(r"\((\w+)\) AND ", params["term"])[1]
        published, entered = span(params["term"], "dp"), span(params["term"], self.database.entered)
        self.windows.append((published, entered))
        found = [
            str(number)
            for number, (words, day, entry) in sorted(LIBRARY.items(), reverse=True)
            if word in words and published[0] <= day <= published[1] and entered[0] <= entry <= entered[1]
        ]
        ids = found[: min(self.most, int(params["retmax"]))]
        return Answer(json.dumps({"esearchresult": {"count": str(len(found)), "idlist": ids}}).encode())


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(entrez, "MOST_IDS", 4)
    monkeypatch.delenv("NCBI_API_KEY", raising=False)


def test_a_search_finds_every_article_of_every_day_and_no_other(tmp_path):
    utilities = Utilities()
    with serving(utilities) as source, getter(tmp_path) as get:
        manifest = fetch(get, SMALL, [Search("gout", **MARCH)], source.url)
    asked = [int(pmid) for path, params, *_ in source.asked if "efetch" in path for pmid in params["id"].split(",")]
    assert asked == list(range(1, 41))  # each once, in an order that no run changes
    records = {int(record.id.removeprefix("pubmed:")): record for record in fetched(tmp_path, SMALL)}
    assert sorted(records) == list(range(1, 41))
    days = [published for published, _ in utilities.windows if published[0] == published[1]]
    assert [DAY, DAY] in days
    (about,) = manifest["query"]["searches"]
    assert (about["counted"], about["found"], manifest["records"]) == (40, 40, 40)
    assert (about["first"], about["entered_until"]) == ("2022-03-01", "2023-01-01")
    assert unseal(tmp_path) == manifest and manifest["left_out"] == {}


def test_windows_that_are_halved_cover_their_days_once():
    spans = [(date(2022, 1, 1), date(2022, 1, 1) + timedelta(days=days)) for days in range(1, 70)]
    for whole in spans:
        first, second = entrez._halves(whole)
        assert (first[0], second[1]) == whole and second[0] - first[1] == timedelta(days=1)
        assert first[0] <= first[1] and second[0] <= second[1]


def test_too_many_articles_of_one_day_of_publication_and_entry_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(entrez, "MOST_IDS", 1)
    monkeypatch.setitem(LIBRARY, 50, ("gout", DAY, DAY + timedelta(days=31)))
    with serving(Utilities(most=1)) as source, getter(tmp_path) as get:
        with pytest.raises(MedteError, match=r"2 articles for \(gout\), published 2022-03-31, entered 2022-05-01"):
            fetch(get, SMALL, [Search("gout", **MARCH | {"first": DAY})], source.url)


def test_records_say_all_the_terms_that_find_them(tmp_path):
    with serving(Utilities()) as source, getter(tmp_path) as get:
        manifest = fetch(get, SMALL, [Search("asthma", **MARCH), Search("gout", **MARCH)], source.url)
    terms = {record.id: record.facts["terms"] for record in fetched(tmp_path, SMALL)}
    assert terms["pubmed:40"] == ["asthma", "gout"] and terms["pubmed:1"] == ["gout"]
    assert manifest["records"] == len(terms) == 40


def test_another_search_at_the_end_asks_only_for_what_is_new(tmp_path):
    with serving(Utilities()) as source:
        with getter(tmp_path) as get:
            fetch(get, SMALL, [Search("asthma", **MARCH)], source.url)
        asked = len(source.asked)
        with getter(tmp_path) as get:
            fetch(get, SMALL, [Search("asthma", **MARCH)], source.url)
        assert len(source.asked) == asked
        with getter(tmp_path) as get:
            fetch(get, SMALL, [Search("asthma", **MARCH), Search("gout", **MARCH)], source.url)
    assert sum("asthma" in params.get("term", "") for _, params, *_ in source.asked) == 1


def test_the_plan_searches_and_counts_the_pages_of_articles(tmp_path):
    with serving(Utilities()) as source:
        with getter(tmp_path) as get:
            said = plan(get, SMALL, [Search("gout", **MARCH)], source.url)
        searches = [path for path, *_ in source.asked].count("/esearch.fcgi")
        assert len(source.asked) == searches + 1
        assert said.requests == 6 and 6 * 1000 < said.bytes < 6 * 3000  # 40 articles, 6 a page, one page there
        with getter(tmp_path) as get:
            fetch(get, SMALL, [Search("gout", **MARCH)], source.url)
        assert len(source.asked) == searches + 7


def test_articles_that_are_not_given_are_counted(tmp_path):
    with serving(Utilities(gone=[3, 17])) as source, getter(tmp_path) as get:
        manifest = fetch(get, SMALL, [Search("gout", **MARCH)], source.url)
    assert (manifest["records"], manifest["left_out"]) == (38, {"asked for, not given": 2})


def test_a_search_that_finds_nothing_is_an_error(tmp_path):
    with serving(Utilities()) as source, getter(tmp_path) as get:
        with pytest.raises(MedteError, match="finds nothing for 'goat'"):
            fetch(get, SMALL, [Search("goat", **MARCH)], source.url)


def test_dates_out_of_order_are_an_error():
    with pytest.raises(MedteError, match="order of time"):
        Search("gout", first=date(2023, 1, 1), last=date(2022, 1, 1))


BAD = {
    "Entrez reports Search Backend failed": ("/esearch.fcgi", b'{"esearchresult": {"ERROR": "Search Backend failed"}}'),
    "0 ids of 3": ("/esearch.fcgi", b'{"esearchresult": {"count": "3", "idlist": []}}'),
    "without count or ids": ("/esearch.fcgi", b'{"esearchresult": {}}'),
    "a search without count or ids: ": ("/esearch.fcgi", b'{"esearchresult": null}'),
    "JSON without esearchresult": ("/esearch.fcgi", b'{"error": "API rate limit exceeded"}'),
    "not JSON": ("/esearch.fcgi", b"<!DOCTYPE html><html>Error Blocked Diagnostic</html>"),
    "no whole XML: Opening and ending tag": ("/efetch.fcgi", b"<html><body><p>Error</body></html>"),
    "no whole XML: Premature end": (
        "/efetch.fcgi",
        article_set(article(1)).removesuffix("</PubmedArticleSet>").encode(),
    ),
    "no whole XML: Invalid bytes": ("/efetch.fcgi", article_set(article(1, title="Größe")).encode("latin-1")),
    "no article": ("/efetch.fcgi", b"<eFetchResult><ERROR>UID list is empty</ERROR></eFetchResult>"),
}


@pytest.mark.parametrize("trouble", BAD)
def test_a_reply_that_is_no_answer_is_asked_for_again(tmp_path, trouble):
    utilities, troubles, said = Utilities(), [BAD[trouble]], []

    def reply(path, params, count):
        if troubles and troubles[0][0] == path:
            return Answer(troubles.pop()[1])
        return utilities(path, params, count)

    with serving(reply) as source, getter(tmp_path, say=said.append) as get:
        manifest = fetch(get, SMALL, [Search("gout", **MARCH)], source.url)
    assert manifest["records"] == 40 and any(trouble in line for line in said)


def test_ncbi_is_told_who_asks_and_the_key_allows_more_requests(tmp_path, monkeypatch):
    assert manners().per_second == 3
    monkeypatch.setenv("NCBI_API_KEY", "s3cret")
    assert manners().per_second == 10
    with serving(Utilities()) as source, getter(tmp_path) as get:
        fetch(get, SMALL, [Search("asthma", **MARCH)], source.url)
    for _, params, *_ in source.asked:
        assert (params["tool"], params["email"], params["api_key"]) == ("medte", "me@example.org", "s3cret")
    assert "s3cret" not in (tmp_path / "manifest.json").read_text()


def test_no_search_at_all_is_an_error(tmp_path):
    with getter(tmp_path) as get, pytest.raises(MedteError, match="nothing to search pubmed for"):
        fetch(get, SMALL, [])


def test_a_fetch_that_broke_off_is_begun_and_cannot_be_read(tmp_path):
    assert not begun(tmp_path)
    utilities = Utilities()

    def reply(path, params, count):
        return Answer(status=500) if "efetch" in path else utilities(path, params, count)

    with serving(reply) as source, getter(tmp_path) as get, pytest.raises(MedteError, match="HTTP 500"):
        fetch(get, SMALL, [Search("asthma", **MARCH)], source.url)
    assert begun(tmp_path)
    with pytest.raises(MedteError, match="never finished"):
        list(fetched(tmp_path, SMALL))
