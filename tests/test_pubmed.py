"""PubMed's E-utilities, played by a small server on loopback; its XML files and tables, made up here; and the mirror."""

import gzip
import io
import json
import os
import re
import tarfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from test_getting import FAST, Answer, getter, serving, without_proxy  # noqa: F401

from medte.errors import MedteError
from medte.manifest import unseal
from medte.sources import pubmed
from medte.sources.pubmed import Search, fetch, manners, plan, read

MIRROR = os.environ.get("MEDTE_MIRROR")


def article(pmid, abstract="<Abstract><AbstractText>Swollen toe.</AbstractText></Abstract>", title="A toe.", more=""):
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article><Journal><JournalIssue><PubDate>'
        f"<Year>2022</Year><Month>Mar</Month><Day>5</Day></PubDate></JournalIssue></Journal>"
        f"<ArticleTitle>{title}</ArticleTitle>{abstract}</Article>{more}</MedlineCitation></PubmedArticle>"
    )


def article_set(*parts):
    return f'<?xml version="1.0" encoding="UTF-8"?><PubmedArticleSet>{"".join(parts)}</PubmedArticleSet>'


def read_xml(tmp_path, *parts, dropped=None):
    (tmp_path / "a.xml").write_text(article_set(*parts), encoding="utf-8")
    return list(read(tmp_path, dropped))


# --- the E-utilities ---------------------------------------------------------------------------------------------------

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
    """Answers as PubMed does from `LIBRARY`; at most `most` ids a search; `gone` articles are not given."""

    def __init__(self, most=4, gone=()):
        self.most, self.gone = most, set(map(str, gone))
        self.windows = []

    def __call__(self, path, params, count):
        if path == "/efetch.fcgi":
            pmids = [pmid for pmid in params["id"].split(",") if pmid not in self.gone]
            return Answer(article_set(*map(article, pmids)).encode())
        assert path == "/esearch.fcgi" and params["db"] == "pubmed"
        word = re.match(r"\((\w+)\)", params["term"])[1]
        published, entered = span(params["term"], "dp"), span(params["term"], "crdt")
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
    monkeypatch.setattr(pubmed, "MOST_IDS", 4)
    monkeypatch.setattr(pubmed, "BATCH", 6)
    monkeypatch.delenv("NCBI_API_KEY", raising=False)


def test_a_search_finds_every_article_of_every_day_and_no_other(tmp_path):
    utilities = Utilities()
    with serving(utilities) as source, getter(tmp_path) as get:
        manifest = fetch(get, [Search("gout", **MARCH)], source.url)
    asked = [int(pmid) for path, params, *_ in source.asked if "efetch" in path for pmid in params["id"].split(",")]
    assert asked == list(range(1, 41))  # each once, in an order that no run changes
    records = {int(record.id.removeprefix("pubmed:")): record for record in read(tmp_path)}
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
        first, second = pubmed._halves(whole)
        assert (first[0], second[1]) == whole and second[0] - first[1] == timedelta(days=1)
        assert first[0] <= first[1] and second[0] <= second[1]


def test_too_many_articles_of_one_day_of_publication_and_entry_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(pubmed, "MOST_IDS", 1)
    monkeypatch.setitem(LIBRARY, 50, ("gout", DAY, DAY + timedelta(days=31)))
    with serving(Utilities(most=1)) as source, getter(tmp_path) as get:
        with pytest.raises(MedteError, match=r"2 articles for 'gout', published 2022-03-31, entered 2022-05-01"):
            fetch(get, [Search("gout", **MARCH | {"first": DAY})], source.url)


def test_records_say_all_the_terms_that_find_them(tmp_path):
    with serving(Utilities()) as source, getter(tmp_path) as get:
        manifest = fetch(get, [Search("asthma", **MARCH), Search("gout", **MARCH)], source.url)
    terms = {record.id: record.facts["terms"] for record in read(tmp_path)}
    assert terms["pubmed:40"] == ["asthma", "gout"] and terms["pubmed:1"] == ["gout"]
    assert manifest["records"] == len(terms) == 40


def test_another_search_at_the_end_asks_only_for_what_is_new(tmp_path):
    with serving(Utilities()) as source:
        with getter(tmp_path) as get:
            fetch(get, [Search("asthma", **MARCH)], source.url)
        asked = len(source.asked)
        with getter(tmp_path) as get:
            fetch(get, [Search("asthma", **MARCH)], source.url)
        assert len(source.asked) == asked
        with getter(tmp_path) as get:
            fetch(get, [Search("asthma", **MARCH), Search("gout", **MARCH)], source.url)
    assert sum("asthma" in params.get("term", "") for _, params, *_ in source.asked) == 1


def test_the_plan_searches_and_counts_the_pages_of_articles(tmp_path):
    with serving(Utilities()) as source:
        with getter(tmp_path) as get:
            said = plan(get, [Search("gout", **MARCH)], source.url)
        searches = [path for path, *_ in source.asked].count("/esearch.fcgi")
        assert len(source.asked) == searches + 1
        assert said.requests == 6 and 6 * 1000 < said.bytes < 6 * 3000  # 40 articles, 6 a page, one page there
        with getter(tmp_path) as get:
            fetch(get, [Search("gout", **MARCH)], source.url)
        assert len(source.asked) == searches + 7


def test_articles_that_are_not_given_are_counted(tmp_path):
    with serving(Utilities(gone=[3, 17])) as source, getter(tmp_path) as get:
        manifest = fetch(get, [Search("gout", **MARCH)], source.url)
    assert (manifest["records"], manifest["left_out"]) == (38, {"asked for, not given": 2})


def test_a_search_that_finds_nothing_is_an_error(tmp_path):
    with serving(Utilities()) as source, getter(tmp_path) as get:
        with pytest.raises(MedteError, match="finds nothing for 'goat'"):
            fetch(get, [Search("goat", **MARCH)], source.url)


def test_dates_out_of_order_are_an_error():
    with pytest.raises(MedteError, match="order of time"):
        Search("gout", first=date(2023, 1, 1), last=date(2022, 1, 1))


BAD = {
    "PubMed reports Search Backend failed": ("/esearch.fcgi", b'{"esearchresult": {"ERROR": "Search Backend failed"}}'),
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
        manifest = fetch(get, [Search("gout", **MARCH)], source.url)
    assert manifest["records"] == 40 and any(trouble in line for line in said)


def test_ncbi_is_told_who_asks_and_the_key_allows_more_requests(tmp_path, monkeypatch):
    assert manners().per_second == 3
    monkeypatch.setenv("NCBI_API_KEY", "s3cret")
    assert manners().per_second == 10
    with serving(Utilities()) as source, getter(tmp_path) as get:
        fetch(get, [Search("asthma", **MARCH)], source.url)
    for _, params, *_ in source.asked:
        assert (params["tool"], params["email"], params["api_key"]) == ("medte", "me@example.org", "s3cret")
    assert "s3cret" not in (tmp_path / "manifest.json").read_text()


# --- XML files ---------------------------------------------------------------------------------------------------------


def test_all_sections_of_an_abstract_are_joined_with_their_labels(tmp_path):
    abstract = (
        '<Abstract><AbstractText Label="UNLABELLED">First.</AbstractText><AbstractText Label="METHODS">We used CO\n'
        "  <sub>2</sub>.</AbstractText><AbstractText/><AbstractText>Last &lt;1 %.</AbstractText><CopyrightInformation>© A."
        '</CopyrightInformation></Abstract></Article><OtherAbstract Language="fre"><AbstractText>Autre.</AbstractText>'
        "</OtherAbstract><Article>"
    )
    more = (
        "<MeshHeadingList><MeshHeading><DescriptorName>Gout</DescriptorName><QualifierName>therapy</QualifierName>"
        "</MeshHeading><MeshHeading><DescriptorName>Toes</DescriptorName></MeshHeading></MeshHeadingList>"
        "</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType='doi'>10.1/ABC</ArticleId><ArticleId IdType='pmc'>"
        "PMC7</ArticleId></ArticleIdList></PubmedData><MedlineCitation>"
    )
    (record,) = read_xml(tmp_path, article(7, abstract, "On <i>G. gout</i><!-- no text -->  in toes.", more))
    assert record.texts == {
        "title": "On G. gout in toes.",
        "abstract": "First. METHODS: We used CO 2. Last <1 %.",
    }
    assert (record.id, record.document, record.date) == ("pubmed:7", "pubmed:7", "2022-03-05")
    assert record.facts == {"mesh": ["Gout", "Toes"], "doi": "10.1/abc", "pmc": "PMC7", "copyright": "© A."}


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("<Year>2001</Year><Month>Jun</Month>", "2001-06"),
        ("<Year>2018</Year><Month>05</Month><Day>7</Day>", "2018-05-07"),
        ("<Year>1990</Year><Season>Spring</Season>", "1990"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998"),
        ("<MedlineDate>Winter 2003</MedlineDate>", "2003"),
    ],
)
def test_dates_are_as_exact_as_they_are_given(tmp_path, given, read_as):
    exact = "<Year>2022</Year><Month>Mar</Month><Day>5</Day>"
    (record,) = read_xml(tmp_path, article(7).replace(exact, given))
    assert record.date == read_as


def test_a_paper_without_an_issue_has_the_date_of_its_web_page(tmp_path):
    issue = re.search("<PubDate>.*</PubDate>", article(7))[0]
    web = "<ArticleDate><Year>2020</Year><Month>10</Month><Day>01</Day></ArticleDate></Article>"
    (record,) = read_xml(tmp_path, article(7).replace(issue, "").replace("</Article>", web))
    assert record.date == "2020-10-01"


def test_a_book_chapter_is_read(tmp_path):
    book = (
        "<PubmedBookArticle><BookDocument><PMID>8</PMID><Book><BookTitle>Joints</BookTitle><PubDate><Year>2019</Year>"
        "</PubDate></Book>{}<Abstract><AbstractText>Of toes.</AbstractText></Abstract></BookDocument></PubmedBookArticle>"
    )
    chapter, whole = read_xml(
        tmp_path,
        book.format("<ArticleTitle>Gout</ArticleTitle>"),
        book.format("<ArticleTitle></ArticleTitle>").replace(">8<", ">9<"),
    )
    assert (chapter.texts, chapter.date) == ({"title": "Gout", "abstract": "Of toes."}, "2019")
    assert whole.texts["title"] == "Joints"


def test_what_has_no_title_or_abstract_is_left_out_and_counted(tmp_path):
    dropped = Counter()
    empty = "<Abstract><AbstractText> </AbstractText></Abstract>"
    records = read_xml(
        tmp_path, article(1, ""), article(2, empty), article(3, title="[Not Available]."), article(4), dropped=dropped
    )
    assert [record.id for record in records] == ["pubmed:4"]
    assert dropped == {"no abstract": 2, "no title": 1}


def test_an_update_file_replaces_and_deletes_what_the_baseline_says(tmp_path):
    (tmp_path / "pubmed26n0001.xml.gz").write_bytes(
        gzip.compress(article_set(*(article(n, title="Old.") for n in (1, 2, 3))).encode())
    )
    deleted = "<DeleteCitation><PMID>2</PMID></DeleteCitation>"
    update = article_set(article(1, title="New."), article(4, title="New."), deleted)
    (tmp_path / "pubmed26n1300.xml").write_text(update, encoding="utf-8")
    dropped = Counter()
    titles = {record.id: record.texts["title"] for record in read(tmp_path, dropped)}
    assert titles == {"pubmed:1": "New.", "pubmed:4": "New.", "pubmed:3": "Old."}
    assert dropped == {"given again, or deleted": 2}


def test_archives_are_read_and_what_is_not_of_pubmed_in_them_is_not(tmp_path):
    inside = {
        "a/one.xml": article_set(article(1)),
        "b.xml": "<pmc-articleset><article/></pmc-articleset>",
        "LICENSE": "x",
    }
    with tarfile.open(tmp_path / "x.tar.xz", "w:xz") as tar:
        for name, text in inside.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    assert [record.id for record in read(tmp_path)] == ["pubmed:1"]


@pytest.mark.parametrize("name", ["a.xml", "a.xml.gz"])
def test_a_cut_file_is_an_error_that_names_it(tmp_path, name):
    content = article_set(*(article(number, title=f"Toe {number**9}.") for number in range(200))).encode()
    content = gzip.compress(content) if name.endswith(".gz") else content
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(MedteError, match=f"{name} is damaged or cut off"):
        list(read(tmp_path))


def test_a_folder_without_files_of_pubmed_is_an_error(tmp_path):
    (tmp_path / "README").write_text("none")
    with pytest.raises(MedteError, match="holds no PubMed files"):
        list(read(tmp_path))


# --- tables ------------------------------------------------------------------------------------------------------------


def read_table(tmp_path, text, name="review_Nagtegaal_2019.csv", dropped=None, encoding="utf-8"):
    (tmp_path / name).write_bytes(text.encode(encoding))
    return list(read(tmp_path, dropped))


def test_a_table_is_read_with_its_gaps_and_odd_rows(tmp_path):
    dropped = Counter()
    records = read_table(
        tmp_path,
        "record_id,title,abstract,year\n"
        '1,"A toe, red","Swollen\n and ""hot"".",1999\n'
        "2,A gap, ,2000\n"
        "3,,No title.,2000\n"
        "4,NA,None,0000\n"
        "5,Short row\n"
        "6,Long,row,2000,more\n"
        "1,Again,the id,2001\n",
        dropped=dropped,
    )
    assert [record.texts for record in records] == [
        {"title": "A toe, red", "abstract": 'Swollen and "hot".'},
        {"title": "NA", "abstract": "None"},
    ]
    assert [record.id for record in records] == ["pubmed:review_Nagtegaal_2019/1", "pubmed:review_Nagtegaal_2019/4"]
    assert [(record.date, record.licence) for record in records] == [("1999", "CC0-1.0"), (None, "CC0-1.0")]
    assert dropped == {"no abstract": 1, "no title": 1, "row of another length": 2, "given again, or deleted": 1}


def test_a_row_with_a_pmid_is_the_article_and_a_duplicate_shares_its_document(tmp_path):
    (tmp_path / "a.xml").write_text(article_set(article(7)), encoding="utf-8")
    records = read_table(
        tmp_path,
        "id,title,abstract,accession_number,database_provider,doi,duplicate_record_id\n"
        "1,T,A,7,NLM,,\n2,T,A,8,NLM,10.1/X,\n3,T,A,9,Scopus,,\n4,T,A,,,,3\n",
        name="other.csv",
    )
    assert [record.id for record in records] == ["pubmed:7", "pubmed:8", "pubmed:other/3", "pubmed:other/4"]
    assert records[0].texts["title"] == "A toe." and records[1].facts == {"doi": "10.1/x"}
    assert records[3].document == "pubmed:other/3" and records[2].licence == pubmed.LICENCE


@pytest.mark.parametrize(
    ("text", "encoding", "problem"),
    [
        ("title,text\nA,B\n", "utf-8", "title and abstract are needed"),
        ("title,abstract\nGröße,B\n", "latin-1", "no table in UTF-8"),
        ("", "utf-8", "title and abstract are needed"),
        ('title,abstract\nA,"cut in the mid', "utf-8", "no table in UTF-8"),
    ],
)
def test_what_is_no_table_is_an_error(tmp_path, text, encoding, problem):
    with pytest.raises(MedteError, match=rf"review_Nagtegaal_2019\.csv .*{problem}"):
        read_table(tmp_path, text, encoding=encoding)


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the publishers' files are not here")
def test_counts_of_the_real_files():
    dropped = Counter()
    records = list(read(Path(MIRROR) / "pubmed", dropped))
    of_tables = [record for record in records if record.licence != pubmed.LICENCE]
    assert (len(records), len(of_tables), dropped) == (3_653, 3_645, {"no abstract": 731})
    assert len({record.id for record in records}) == len(records)
    assert all(record.texts["title"] and record.texts["abstract"] for record in records)
