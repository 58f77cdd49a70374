"""PubMed's XML files and what is fetched from it, made up here; and the real files."""

import gzip
import io
import os
import re
import tarfile
from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from test_entrez import DAY, Utilities, article, article_set
from test_getting import FAST, serving, without_proxy  # noqa: F401

from medte.errors import MedteError
from medte.sources import entrez, pubmed
from medte.sources.pubmed import SOURCE, read

MIRROR = os.environ.get("MEDTE_MIRROR")


def read_xml(tmp_path, *parts, dropped=None):
    (tmp_path / "a.xml").write_text(article_set(*parts), encoding="utf-8")
    return list(read(tmp_path, dropped))


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
    assert record.facts == {
        "mesh": ["Gout", "Toes"],
        "copyright": "© A.",
        "identities": ["pmid:7", "pmc:pmc7", "doi:10.1/abc"],
    }


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


def test_a_doi_that_only_the_article_states_is_an_identity(tmp_path):
    said = '<ELocationID EIdType="pii">X</ELocationID><ELocationID EIdType="doi">10.1/Y</ELocationID></Article>'
    (record,) = read_xml(tmp_path, article(7).replace("</Article>", said))
    assert record.facts == {"identities": ["pmid:7", "doi:10.1/y"]}


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


@pytest.fixture
def small(monkeypatch):
    """The source asks quickly, for what the little library holds."""
    monkeypatch.setenv("MEDTE_EMAIL", "me@example.org")
    monkeypatch.setattr(pubmed, "manners", lambda: FAST)
    monkeypatch.setattr(pubmed, "TRAINING_TERM", "gout")
    monkeypatch.setattr(pubmed, "TRAINING_SPAN", (date(2022, 3, 1), date(2022, 3, 15)))
    monkeypatch.setattr(pubmed, "CLASSES_SPAN", (date(2022, 3, 1), DAY))


def test_the_source_asks_for_training_and_for_each_class(tmp_path, monkeypatch, small):
    with serving(Utilities(most=entrez.MOST_IDS)) as source:
        for name in ("plan", "fetch"):
            monkeypatch.setattr(entrez, name, partial(getattr(entrez, name), url=source.url))
        assert (
            SOURCE.plan(tmp_path, ["asthma"], print) == "PubMed, 2 complete searches: no requests: everything is there"
        )
        asked = len(source.asked)
        manifest = SOURCE.fetch(tmp_path, ["asthma"], print)
        assert asked == len(source.asked) == 3  # two searches, and a page, which was all
    assert [(search["term"], search["found"]) for search in manifest["query"]["searches"]] == [
        ("gout", 16),
        ("asthma", 1),
    ]
    terms = {record.id: record.facts["terms"] for record in SOURCE.read(tmp_path, Counter())}
    assert len(terms) == 16 and terms["pubmed:40"] == ["gout", "asthma"] and terms["pubmed:30"] == ["gout"]


def test_a_source_that_cannot_say_who_asks_asks_nothing(tmp_path):
    with pytest.raises(MedteError, match="MEDTE_EMAIL"):
        SOURCE.fetch(tmp_path, ["asthma"], print)


def test_a_fetch_that_broke_off_is_not_passed_over_for_the_files_beside_it(tmp_path):
    (tmp_path / "a.xml").write_text(article_set(article(1)), encoding="utf-8")
    (tmp_path / "search-of-some-kind").mkdir()
    with pytest.raises(MedteError, match="never finished"):
        list(read(tmp_path))


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the publishers' files are not here")
def test_counts_of_the_real_files():
    dropped = Counter()
    records = list(read(Path(MIRROR) / "pubmed", dropped))
    of_tables = [record for record in records if record.licence != pubmed.LICENCE]
    assert (len(records), len(of_tables), dropped) == (3_653, 3_645, {"no abstract": 731})
    assert len({record.id for record in records}) == len(records)
    assert all(record.texts["title"] and record.texts["abstract"] for record in records)
