"""The reader of bioRxiv and medRxiv on a server on loopback that answers as their API does, well and badly; on tables."""

import json
import lzma
import os
import threading
from collections import Counter
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from medte.errors import MedteError
from medte.sources import preprints
from medte.sources.getting import Getter, Manners
from medte.sources.preprints import BIORXIV, MEDRXIV, biorxiv, fetch, medrxiv, plan

MIRROR = os.environ.get("MEDTE_MIRROR")
QUICK = Manners(per_second=1000, attempts=3, first_wait=0.01, longest_wait=30, timeout=5)
JANUARY = (date(2020, 1, 1), date(2020, 1, 31))


def row(number, version=1, **changed):
    return {
        "title": f"Größe {number}",
        "authors": "A, B.",
        "doi": f"10.1101/2020.01.0{number}",
        "date": f"2020-01-0{version}",
        "version": str(version),
        "type": "PUBLISHAHEADOFPRINT",
        "license": "cc_by_nc_nd",
        "category": "pain medicine",
        "abstract": f"We measured {number} things in version {version}.",
        "published": "NA",
        "server": "medRxiv",
    } | changed


class Server(ThreadingHTTPServer):
    """Two servers of preprints, two versions a page. `troubles` maps a cursor to what comes before the true answer."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/details"
        self.rows = {"medrxiv": [row(number) for number in range(1, 6)], "biorxiv": [row(7, server="bioRxiv")]}
        self.asked, self.troubles = [], {}

    def page(self, server, first, last, cursor):
        rows = [row for row in self.rows[server] if first <= row["date"] <= last]
        if not rows:
            return 200, {"messages": [{"status": "no posts found"}], "collection": []}
        if cursor >= len(rows):
            return 500, {}
        said = {"status": "ok", "interval": f"{first}:{last}", "cursor": cursor, "total": str(len(rows))}
        found = rows[cursor : cursor + 2]
        return 200, {"messages": [said | {"count": len(found)}], "collection": found}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        _, _, server, first, last, cursor = self.path.split("/")
        self.server.asked.append(f"{server}/{cursor}")
        self.status, self.page = self.server.page(server, first, last, int(cursor))
        troubles = self.server.troubles.get(int(cursor), [])
        (troubles.pop(0) if troubles else whole)(self)

    def answer(self, body, status=200, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def whole(handler):
    handler.answer(json.dumps(handler.page, ensure_ascii=False).encode(), handler.status)


def html(handler):
    handler.answer(b"<html>Just a moment</html>")


def empty(handler):
    handler.answer(json.dumps(handler.page | {"collection": []}).encode())


def no_posts(handler):
    handler.answer(json.dumps({"messages": [{"status": "no posts found"}], "collection": []}).encode())


def no_message(handler):
    handler.answer(json.dumps(handler.page | {"messages": []}).encode())


def another_page(handler):
    said = handler.page["messages"][0]
    handler.answer(json.dumps(handler.page | {"messages": [said | {"cursor": said["cursor"] + 100}]}).encode())


def without_total(handler):
    said = {name: value for name, value in handler.page["messages"][0].items() if name != "total"}
    handler.answer(json.dumps(handler.page | {"messages": [said]}).encode())


def wrong_charset(handler):
    handler.answer(json.dumps(handler.page, ensure_ascii=False).encode("latin-1"))


def cut_off(handler):
    body = json.dumps(handler.page).encode()
    handler.answer(body[:40], length=len(body))
    handler.close_connection = True


def server_error(handler):
    handler.answer(b"", status=500)


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def fetched(folder, server, name="medrxiv", window=JANUARY):
    with Getter(folder / name, "me@example.org", QUICK) as getter:
        return fetch(getter, name, window, server.url)


def test_each_server_is_fetched_to_its_end_and_no_further(server, tmp_path):
    assert [fetched(tmp_path, server, name)["records"] for name in ("biorxiv", "medrxiv")] == [1, 5]
    assert server.asked == ["biorxiv/0", "medrxiv/0", "medrxiv/2", "medrxiv/4"]
    assert [record.id for record in biorxiv(tmp_path)] == ["biorxiv:10.1101/2020.01.07"]
    records = list(medrxiv(tmp_path))
    assert [record.id for record in records] == [f"medrxiv:10.1101/2020.01.0{number}" for number in range(1, 6)]
    assert records[0].texts == {"title": "Größe 1", "abstract": "We measured 1 things in version 1."}
    assert (records[0].source, records[0].date, records[0].licence) == ("medrxiv", "2020-01-01", "CC-BY-NC-ND")
    assert records[0].facts == {"categories": ["pain medicine"], "identities": ["doi:10.1101/2020.01.01"]}


def test_each_server_is_fetched_and_read_without_the_other(server, tmp_path):
    fetched(tmp_path, server, "biorxiv")
    assert len(list(biorxiv(tmp_path))) == 1 and list(medrxiv(tmp_path)) == []
    server.troubles = {2: [server_error] * 3}
    with pytest.raises(MedteError, match="HTTP 500"):
        fetched(tmp_path, server, "medrxiv")
    assert len(list(biorxiv(tmp_path))) == 1


def test_a_preprint_that_became_an_article_is_known_by_its_doi_too(server, tmp_path):
    server.rows["medrxiv"] = [row(1), row(1, 2, published="10.1/Journal.1")]
    fetched(tmp_path, server)
    (record,) = medrxiv(tmp_path)
    assert record.facts["identities"] == ["doi:10.1101/2020.01.01", "doi:10.1/journal.1"]


def test_the_sources_ask_for_the_papers_windows(server, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDTE_EMAIL", "me@example.org")
    monkeypatch.setattr(preprints, "MANNERS", QUICK)
    for name in ("plan", "fetch"):
        monkeypatch.setattr(preprints, name, partial(getattr(preprints, name), url=server.url))
    assert MEDRXIV.plan(tmp_path, [], print).startswith("medRxiv, posted from 2016-01-01 to 2024-12-31: 2 requests")
    assert MEDRXIV.fetch(tmp_path, [], print)["query"]["window"] == ["2016-01-01", "2024-12-31"]
    assert BIORXIV.fetch(tmp_path, [], print)["query"]["window"] == ["2016-01-01", "2022-12-31"]
    assert [len(list(source.read(tmp_path, Counter()))) for source in (BIORXIV, MEDRXIV)] == [1, 5]
    assert [(source.name, source.place) for source in (BIORXIV, MEDRXIV)] == [
        ("biorxiv", "preprints"),
        ("medrxiv", "preprints"),
    ]


@pytest.mark.parametrize("cursor", [0, 2, 4])
@pytest.mark.parametrize(
    "trouble",
    [html, empty, no_posts, no_message, another_page, without_total, wrong_charset, cut_off, server_error],
)
def test_a_page_that_is_none_is_asked_for_again(server, tmp_path, trouble, cursor):
    server.troubles = {cursor: [trouble, trouble]}
    assert fetched(tmp_path, server)["records"] == 5
    assert len(server.asked) == 5
    assert len(list(medrxiv(tmp_path))) == 5


def test_a_short_page_loses_nothing(server, tmp_path):
    def short(handler):
        handler.answer(json.dumps(handler.page | {"collection": handler.page["collection"][:1]}).encode())

    server.troubles = {0: [short]}
    assert fetched(tmp_path, server)["records"] == 5
    assert server.asked == ["medrxiv/0", "medrxiv/1", "medrxiv/3"]
    assert len(list(medrxiv(tmp_path))) == 5


def test_a_page_that_stays_bad_ends_the_run_and_the_next_goes_on(server, tmp_path):
    server.troubles = {2: [another_page] * 3}
    with pytest.raises(MedteError, match="the page from 102 instead of the one from 2"):
        fetched(tmp_path, server)
    with pytest.raises(MedteError, match="never finished"):
        list(medrxiv(tmp_path))
    resumed = fetched(tmp_path, server)
    assert server.asked == ["medrxiv/0", *["medrxiv/2"] * 4, "medrxiv/4"]
    assert resumed["files"] == fetched(tmp_path / "straight", server)["files"]


def test_plan_says_what_is_left(server, tmp_path):
    for name, requests in (("biorxiv", 0), ("medrxiv", 2)):
        with Getter(tmp_path / name, "me@example.org", QUICK) as getter:
            assert plan(getter, name, JANUARY, server.url).requests == requests


@pytest.mark.parametrize(
    ("name", "window", "message"),
    [
        ("medarxiv", JANUARY, "did you mean 'medrxiv'"),
        ("medrxiv", JANUARY[::-1], "before it begins"),
        ("medrxiv", (date(1999, 1, 1), date(1999, 1, 2)), "says 'no posts found'"),
    ],
)
def test_a_window_without_sense_is_an_error(server, tmp_path, name, window, message):
    with pytest.raises(MedteError, match=message):
        fetched(tmp_path, server, name, window)


def test_only_the_latest_version_counts(server, tmp_path):
    server.rows["medrxiv"] = [
        row(1, 2),
        row(1, 10, date="2020-01-11"),
        row(1, 9),
        row(2, doi="10.1101/2020.X"),
        row(2, doi="10.1101/2020.x "),
    ]
    fetched(tmp_path, server)
    dropped = Counter()
    texts = [record.texts["abstract"] for record in medrxiv(tmp_path, dropped)]
    assert texts == ["We measured 1 things in version 10.", "We measured 2 things in version 1."]
    assert dropped == {"version that is not the latest": 3}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"abstract": "The authors have withdrawn this manuscript. Do not cite it."}, "withdrawn"),
        ({"abstract": "This article has been withdrawn by its authors."}, "withdrawn"),
        ({"title": "WITHDRAWN: Größe"}, "withdrawn"),
        ({"abstract": "None"}, "without title or abstract"),
        ({"abstract": None}, "without title or abstract"),
        ({"title": " "}, "without title or abstract"),
        ({"abstract": "The drug has been withdrawn from the market; nobody missed it."}, None),
    ],
)
def test_what_is_no_abstract_is_left_out_with_its_reason(server, tmp_path, changed, reason):
    server.rows["medrxiv"] = [row(1), row(1, 2, **changed)]
    fetched(tmp_path, server)
    dropped = Counter()
    assert len(list(medrxiv(tmp_path, dropped))) == (reason is None)
    assert dropped == {"version that is not the latest": 1} | ({reason: 1} if reason else {})


@pytest.mark.parametrize(
    ("said", "licence"),
    [("cc0", "CC0-1.0"), ("cc_by", "CC-BY"), ("cc_no", "all rights reserved"), (None, "not stated")],
)
def test_the_licence_is_the_one_of_each_preprint(server, tmp_path, said, licence):
    server.rows["medrxiv"] = [row(1, license=said)]
    fetched(tmp_path, server)
    assert [record.licence for record in medrxiv(tmp_path)] == [licence]


HEADER = "source,doi,arxiv_id,posted_date,title,abstract\n"
MARKED_UP = (
    "<jats:title>Abstract</jats:title><jats:sec><jats:title>Aim</jats:title><jats:p>Count 10<jats:sup>3</jats:sup> "
    'cells, p &lt; 0.05.</jats:p></jats:sec><jats:list list-type=""order""><jats:list-item><jats:label>1.</jats:label>'
    "<jats:p>And mice.</jats:p></jats:list-item></jats:list>"
)


def table(path, *lines):
    content = (HEADER + "".join(f"{line}\n" for line in lines)).encode()
    path.write_bytes(lzma.compress(content) if path.suffix == ".xz" else content)
    return path.parent


@pytest.mark.parametrize("ending", ["csv", "csv.xz"])
def test_a_table_gives_each_server_its_own_and_markup_becomes_words(tmp_path, ending):
    folder = table(
        tmp_path / f"t.{ending}",
        f'medRxiv,10.1101/X.1,NA,2020-03-01,Cells,"{MARKED_UP}"',
        "bioRxiv,10.1101/x.2,NA,2020-03-02,NA in a cell,Sodium.",
        "medRxiv,10.1101/x.3,NA,2020-03-02,Gap,NA",
        "ChemRxiv,10.26434/x.4,NA,2020-03-02,Rings,Six.",
    )
    (ours,) = medrxiv(folder)
    assert ours.texts == {"title": "Cells", "abstract": "Count 103 cells, p < 0.05. And mice."}
    assert (ours.id, ours.date, ours.licence) == ("medrxiv:10.1101/x.1", "2020-03-01", "CC0-1.0")
    assert ours.facts == {"categories": [], "identities": ["doi:10.1101/x.1"]}
    assert [record.texts["title"] for record in biorxiv(folder)] == ["NA in a cell"]


def test_a_version_of_the_api_takes_the_place_of_a_table_s(server, tmp_path):
    fetched(tmp_path, server)
    table(tmp_path / "t.csv", "medRxiv,10.1101/2020.01.01,NA,2021-01-01,Größe 1,Of the table.")
    assert "Of the table." not in [record.texts["abstract"] for record in medrxiv(tmp_path)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", r"t\.csv is damaged"),
        ("t.csv", b"source,doi\nmedRxiv,10.1/x\n", "has the columns source, doi; it should have"),
        ("t.csv", (HEADER + "medRxiv,NA,NA,2020-01-01,T,A\n").encode(), "'na', of 'T', is no DOI"),
        ("t.csv", (HEADER + "medRxiv,10.1/x,NA,2020-01-01,Größe,A\n").encode("latin-1"), r"t\.csv is damaged"),
        ("t.csv", (HEADER + 'medRxiv,10.1/x,NA,2020-01-01,T,"A\n').encode(), r"t\.csv is damaged"),
        ("t.csv.xz", lzma.compress(HEADER.encode())[:-9], r"t\.csv\.xz is damaged"),
        ("unrelated.txt", b"", "holds no preprints"),
    ],
)
def test_a_damaged_table_is_an_error_that_names_it(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MedteError, match=message):
        list(medrxiv(tmp_path))


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the real table is not here")
def test_counts_of_the_real_table():
    folder, dropped = Path(MIRROR) / "preprints", Counter()
    counts = [len(list(read(folder, dropped))) for read in (biorxiv, medrxiv)]
    assert counts == [294, 877]
    assert dropped == {"withdrawn": 3, "without title or abstract": 2}
