"""PMC's JATS, made up here: from a server on loopback that answers as the E-utilities do, and in files; the real ones."""

import io
import os
import tarfile
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from test_entrez import MARCH, Utilities
from test_getting import FAST, Answer, getter, serving, without_proxy  # noqa: F401

from medte.errors import MedteError
from medte.sources import entrez, pmc
from medte.sources.entrez import Search
from medte.sources.pmc import SOURCE, read

MIRROR = os.environ.get("MEDTE_MIRROR")
CC_BY = '<license xlink:href="http://creativecommons.org/licenses/by/4.0/"><p>x</p></license>'
ABSTRACT = "<abstract><sec><title>Aim</title><p>One.</p></sec><sec><p>Two.</p></sec></abstract>"
DATES = "<pub-date><year>2016</year></pub-date>"


def article(
    number="", permissions=CC_BY, abstract=ABSTRACT, title="A <i>toe</i>", dates=DATES, more="", numbered="pmc"
):
    """An article; without a number it does not say its PMC id."""
    identity = f'<article-id pub-id-type="{numbered}">{number}</article-id>' if number else ""
    permissions = f"<permissions>{permissions}</permissions>" if permissions else ""
    return (
        f'<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>{identity}'
        f"<title-group><article-title>{title}</article-title></title-group>{dates}{permissions}{abstract}{more}"
        "</article-meta></front><body><p>Toes.</p><fig><permissions><license><p>Creative Commons Attribution License</p>"
        "</license></permissions></fig></body><back><ref><article-title>Of others</article-title></ref></back></article>"
    )


def article_set(*parts):
    return f"<?xml version='1.0'?><!DOCTYPE pmc-articleset><pmc-articleset>{''.join(parts)}</pmc-articleset>"


def file(folder, *parts, name="PMC1.nxml"):
    (folder / name).write_text(parts[0] if len(parts) == 1 else article_set(*parts), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("permissions", "licence"),
    [
        (CC_BY, "CC-BY"),
        ("<license><p>Creative Commons Attribution License, which permits any use</p></license>", "CC-BY"),
        ("<license><license_ref>https://creativecommons.org/licenses/by/4.0/</license_ref></license>", "CC-BY"),
        ('<license xlink:href="http://creativecommons.org/publicdomain/zero/1.0/"/>', "CC0-1.0"),
        ('<license xlink:href="http://creativecommons.org/licenses/by-nc/4.0/"/>', None),
        ("<license><p>Creative Commons Attribution Non-Commercial License</p></license>", None),
        ("<copyright-statement>All rights reserved</copyright-statement>", None),
        ("", None),  # the licence of a figure is not the article's
    ],
)
def test_only_licences_that_allow_any_use_are_taken(tmp_path, permissions, licence):
    dropped = Counter()
    records = list(read(file(tmp_path, article(1, permissions)), dropped))
    assert [record.licence for record in records] == ([licence] if licence else [])
    assert dropped == ({} if licence else {"no licence that allows any use": 1})


def test_texts_and_facts_of_an_article(tmp_path):
    more = (
        "<kwd-group><title>Words</title><kwd>gout</kwd><kwd><i>red</i> toes</kwd><kwd/></kwd-group>"
        '<kwd-group kwd-group-type="abbreviations"><kwd>GT, great toe</kwd></kwd-group>'
        '<article-id pub-id-type="pmid">7</article-id>'
        '<article-id pub-id-type="doi">10.1/ABC</article-id>'
    )
    (record,) = read(file(tmp_path, article(8, more=more), name="some.xml"))
    assert record.texts == {"title": "A toe", "abstract": "One. Two."}
    assert (record.id, record.document, record.source, record.date) == ("pmc:PMC8", "pmc:PMC8", "pmc", "2016")
    assert record.facts == {
        "keywords": ["gout", "red toes"],
        "identities": ["pmid:7", "pmc:pmc8", "doi:10.1/abc"],
    }


@pytest.mark.parametrize("numbered", ["pmc", "pmcid"])
def test_the_pmc_id_is_the_articles_own_however_it_is_written_or_else_the_files(tmp_path, numbered):
    file(tmp_path, article(8, numbered=numbered), article("PMC9", numbered=numbered), name="a.xml")
    file(tmp_path, article(), name="PMC5.nxml")
    assert [record.id for record in read(tmp_path)] == ["pmc:PMC8", "pmc:PMC9", "pmc:PMC5"]
    file(tmp_path, article(), name="b.xml")
    with pytest.raises(MedteError, match=r"b\.xml holds an article without PMC id"):
        list(read(tmp_path))


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ('<abstract abstract-type="toc"><p>Short.</p></abstract><abstract><p>Main.</p></abstract>', "Main."),
        ('<abstract abstract-type="normal"><p>Main.</p></abstract>', "Main."),
        ("<abstract><p>A list: <list><list-item><p>toes</p></list-item></list></p></abstract>", "A list: toes"),
        ('<abstract abstract-type="graphical"><p>Picture.</p></abstract>', None),
        ("", None),
    ],
)
def test_the_main_abstract_is_read_once_without_headings(tmp_path, abstract, expected):
    dropped = Counter()
    assert [record.texts["abstract"] for record in read(file(tmp_path, article(1, abstract=abstract)), dropped)] == (
        [expected] if expected else []
    )
    assert dropped == ({} if expected else {"no abstract": 1})


def test_what_is_left_out_is_counted_by_reason(tmp_path):
    parts = [article(1), article(1), article(2, title=""), article(3, abstract=""), article(4, permissions="")]
    dropped = Counter()
    assert [record.id for record in read(file(tmp_path, *parts), dropped)] == ["pmc:PMC1"]
    assert dropped == {
        "given again, or deleted": 1,
        "no title": 1,
        "no abstract": 1,
        "no licence that allows any use": 1,
    }


ISSUE = '<pub-date pub-type="ppub"><month>3</month><year>2017</year></pub-date>'
WEB = '<pub-date pub-type="epub"><day>5</day><month>11</month><year>2016</year></pub-date>'
RELEASE = '<pub-date pub-type="pmc-release"><day>1</day><month>1</month><year>2018</year></pub-date>'
NEWER = (
    '<pub-date date-type="pub" publication-format="electronic"><day>6</day><month>2</month><year>2020</year></pub-date>'
)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (RELEASE + ISSUE + WEB, "2016-11-05"),
        (RELEASE + ISSUE, "2017-03"),
        (NEWER + RELEASE, "2020-02-06"),
        (RELEASE, None),
        ("", None),
    ],
)
def test_the_date_is_that_of_the_first_publication(tmp_path, dates, expected):
    (record,) = read(file(tmp_path, article(1, dates=dates)))
    assert record.date == expected


def test_archives_and_files_are_read_together(tmp_path):
    with tarfile.open(tmp_path / "oa.tar.xz", "w:xz") as tar:
        for name in ("oa/PMC1.nxml", "oa/PMC2.xml", "oa/LICENSE"):
            content = article().encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    file(tmp_path, article(), name="PMC3.nxml")
    assert [record.id for record in read(tmp_path)] == ["pmc:PMC3", "pmc:PMC1", "pmc:PMC2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (article(1)[:-30], r"PMC1\.nxml is damaged or cut off"),
        ("<article><front/></article>", r"PMC1\.nxml holds an article without front matter"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path, content, message):
    with pytest.raises(MedteError, match=message):
        list(read(file(tmp_path, content)))


def test_a_folder_without_articles_is_an_error(tmp_path):
    (tmp_path / "README").write_text("none")
    with pytest.raises(MedteError, match="holds no articles"):
        list(read(tmp_path))


# --- the E-utilities ---------------------------------------------------------------------------------------------------

SMALL = replace(pmc.DATABASE, batch=6)


def utilities(**settings):
    return Utilities(database=SMALL, page=lambda numbers: article_set(*map(article, numbers)), **settings)


def fetched(folder, source, say=lambda line: None):
    with getter(folder, say=say) as get:
        return entrez.fetch(get, SMALL, [Search("gout", **MARCH), Search("asthma", **MARCH)], source.url)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(entrez, "MOST_IDS", 4)


def test_what_is_fetched_is_whole_and_says_the_terms_that_find_it(tmp_path):
    with serving(utilities(gone=[17])) as source:
        manifest = fetched(tmp_path, source)
    for _, params, *_ in source.asked:
        assert params["db"] == "pmc" and not any(number.startswith("PMC") for number in params.get("id", "").split(","))
    assert (manifest["source"], manifest["records"], manifest["left_out"]) == ("pmc", 39, {"asked for, not given": 1})
    terms = {record.id: record.facts["terms"] for record in read(tmp_path)}
    assert len(terms) == 39 and terms["pmc:PMC40"] == ["gout", "asthma"] and terms["pmc:PMC1"] == ["gout"]


def test_searches_are_narrowed_to_what_any_use_is_allowed_of(tmp_path):
    with serving(utilities()) as source:
        manifest = fetched(tmp_path, source)
    terms = [params["term"] for _, params, *_ in source.asked if "term" in params]
    allowed = '(gout) AND "open access"[filter] AND ("cc by license"[filter] OR "cc0 license"[filter]) AND '
    assert terms[0] == f"{allowed}2022/03/01:2022/03/31[dp] AND 1800/01/01:2023/01/01[pmcrdat]"
    assert manifest["query"]["narrowing"] in terms[-1]


TROUBLES = {
    "ReadTimeout": Answer(b"late", silent=1.2),
    "RemoteProtocolError": Answer(article_set(article(1)).encode(), cut=True),
    "HTTP 429": Answer(b"slow down", 429, {"Retry-After": "0"}),
    "HTTP 500": Answer(b"", 500),
    "no whole XML": Answer(b"<!DOCTYPE html><html><p>Blocked<br></html>"),
    "no whole XML: Premature end": Answer(article_set(article(1)).removesuffix("</pmc-articleset>").encode()),
    "an empty page": Answer(b""),
    "no article": Answer(b"<pmc-articleset><error>Service unavailable</error></pmc-articleset>"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_page_that_is_none_is_asked_for_again(tmp_path, trouble):
    troubles, said, whole = [TROUBLES[trouble]], [], utilities()

    def reply(path, params, count):
        return troubles.pop() if troubles and "efetch" in path else whole(path, params, count)

    with serving(reply) as source:
        assert fetched(tmp_path, source, said.append)["records"] == 40
    assert any(trouble in line for line in said)


def test_the_source_asks_for_each_class(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDTE_EMAIL", "me@example.org")
    monkeypatch.setattr(pmc, "manners", lambda: FAST)
    monkeypatch.setattr(pmc, "CLASSES_SPAN", (MARCH["first"], MARCH["last"]))
    with serving(utilities()) as source:
        for name in ("plan", "fetch"):
            monkeypatch.setattr(entrez, name, partial(getattr(entrez, name), url=source.url))
        said = SOURCE.plan(tmp_path, ["gout", "asthma"], print)
        assert said.startswith("PMC, 2 complete searches: 1 requests, about ")  # 25 of 40 articles are there
        assert SOURCE.fetch(tmp_path, ["gout", "asthma"], print)["records"] == 40
    assert len(list(SOURCE.read(tmp_path, Counter()))) == 40


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the publishers' files are not here")
def test_counts_of_the_real_files():
    dropped = Counter()
    records = list(read(Path(MIRROR) / "pmc", dropped))
    assert Counter(record.licence for record in records).keys() == {"CC-BY", "CC0-1.0"}
    assert (len(records), dropped) == (2_001, {"no abstract": 62, "no licence that allows any use": 37})
    assert sum(bool(record.facts["keywords"]) for record in records) > 1_000
    kinds = Counter(identity.split(":")[0] for record in records for identity in record.facts["identities"])
    assert kinds["pmc"] == 2_001 and kinds["pmid"] > 1_900 and kinds["doi"] > 1_900
