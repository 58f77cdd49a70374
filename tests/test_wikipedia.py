"""The reader of Wikipedia on a small wiki on loopback that answers as MediaWiki does, well and badly; and on the mirror."""

import io
import json
import os
import re
import tarfile
import threading
from collections import Counter
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from medte.errors import MedteError
from medte.sources import wikipedia
from medte.sources.getting import Getter, Manners
from medte.sources.wikipedia import SOURCE, Crawl, fetch, plan, read

MIRROR = os.environ.get("MEDTE_MIRROR")
QUICK = Manners(per_second=1000, attempts=3, first_wait=0.01, longest_wait=30, timeout=5)


def category(number, name):
    return {"pageid": number, "ns": 14, "title": f"Category:{name}"}


def article(number):
    return {"pageid": number, "ns": 0, "title": f"Page {number}"}


CATEGORIES = {
    "Aches": [article(1), article(2), {"pageid": 90, "ns": 1, "title": "Talk:Page 1"}, category(10, "Dull aches")],
    "Dull aches": [article(3), article(1), category(11, "Aches"), category(12, "Old aches")],  # a cycle, a page again
    "Old aches": [article(4)],
    "Chills": [article(2), category(12, "Old aches"), article(5), article(6), article(7)],
}
TEXTS = {
    1: "Größe of an ache.\n\n\n== Causes ==\nMany.\n\n\n=== Rare ===\nFew.\n\n\n== References ==\nA book.",
    2: "Both cold and sore.",
    3: "Dull.",
    4: "Old.",
    5: "",
    6: "Elsewhere.",
}  # and page 7 was deleted since it was listed
REVISED = "2026-02-0{}T10:00:00Z"


class Wiki(ThreadingHTTPServer):
    """A wiki of a few pages: two members a list, and before them an empty list that goes on.

    `troubles` maps a category or page to what is answered before the true answer: functions on the handler.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/w/api.php"
        self.asked, self.troubles = [], {}

    def reply(self, query):
        if "pageids" in query:
            return {"batchcomplete": "", "query": {"pages": {query["pageids"]: self.page(int(query["pageids"]))}}}
        members = CATEGORIES.get(query["cmtitle"].removeprefix("Category:"), [])
        start = query.get("cmcontinue")
        place = 0 if start is None else int(start.split("|")[1])
        found = [] if start is None else members[place : place + 2]
        reply = {"query": {"categorymembers": found}}
        if place + len(found) < len(members):
            return reply | {"continue": {"cmcontinue": f"page|{place + len(found)}|x", "continue": "-||"}}
        return reply | {"batchcomplete": ""}

    @staticmethod
    def page(number):
        if number not in TEXTS:
            return {"pageid": number, "missing": ""}
        revision = {"revid": 100 + number, "parentid": 50 + number, "timestamp": REVISED.format(number)}
        page = {"pageid": number, "ns": 0, "title": f"Page {number}", "extract": TEXTS[number], "revisions": [revision]}
        return page | ({"redirect": ""} if number == 6 else {})


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        about = query.get("pageids") or query["cmtitle"].removeprefix("Category:")
        self.server.asked.append(about)
        self.reply = self.server.reply(query)
        troubles = self.server.troubles.get(about, [])
        (troubles.pop(0) if troubles else whole)(self)

    def answer(self, body, status=200, kind="application/json; charset=utf-8", length=None, **headers):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": length or len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def text_of(handler):
    return json.dumps(handler.reply, ensure_ascii=False)


def whole(handler):
    handler.answer(text_of(handler).encode())


def wrong_charset_said(handler):
    handler.answer(text_of(handler).encode(), kind="application/json; charset=iso-8859-1")


def wrong_charset(handler):
    handler.answer(text_of(handler).encode("latin-1"))


def html(handler):
    handler.answer(b"<!DOCTYPE html><title>Wikimedia Error</title>", kind="text/html")


def cut(handler):
    body = text_of(handler).encode()
    handler.answer(body[:-9], length=len(body))


def too_many(handler):
    handler.answer(b"", 429, Retry_After=0)


def lagging(handler):
    error = {"code": "maxlag", "info": "Waiting for a host: 7 seconds lagged.", "lag": 7}
    handler.answer(json.dumps({"error": error}).encode(), Retry_After=0)


def refusing(handler):
    error = {"code": "invalidcategory", "info": "The category name you entered is not valid."}
    handler.answer(json.dumps({"error": error}).encode())


def repeating(handler):
    handler.reply |= {"continue": {"cmcontinue": "page|0|x", "continue": "-||"}}
    whole(handler)


@pytest.fixture
def wiki():
    with Wiki() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetched(wiki, folder, *crawls):
    with Getter(folder, "someone@example.org", QUICK) as getter:
        return fetch(getter, crawls, wiki.url)


def numbers(folder):
    return [int(record.document.removeprefix("wikipedia:")) for record in read(folder)]


def test_a_fetch_follows_lists_to_their_end_and_keeps_both_categories(wiki, tmp_path):
    manifest = fetched(wiki, tmp_path, Crawl("Aches"), Crawl("Chills", depth=0), Crawl("Nowhere"))
    records = {record.id: record for record in read(tmp_path)}
    assert list(records) == [f"wikipedia:{number}" for number in (1, 2, 3)]
    first = records["wikipedia:1"]
    assert dict(first.texts) == {"section:Lead": "Größe of an ache.", "section:Causes": "Many.\nFew."}
    assert (first.document, first.date, first.licence) == ("wikipedia:1", "2026-02-01", "CC-BY-SA-4.0")
    assert first.facts["title"] == "Page 1" and first.facts["revision"] == 101
    assert [record.facts["categories"] for record in records.values()] == [["Aches"], ["Aches", "Chills"], ["Aches"]]
    assert manifest["categories"] == {"Aches": 3, "Chills": 4, "Nowhere": 0}
    assert manifest["records"] == 3
    assert manifest["left_out"] == {"page missing": 1, "redirect": 1, "page without text": 1}
    assert manifest["query"]["crawls"][1] == {"category": "Chills", "depth": 0, "pages": 2000}


@pytest.mark.parametrize(
    ("crawl", "expected"),
    [
        (Crawl("Aches", depth=0), [1, 2]),
        (Crawl("Aches", depth=1), [1, 2, 3]),
        (Crawl("Aches", depth=10**9), [1, 2, 3, 4]),  # as deep as there is, and not for ever round the cycle
        (Crawl("Aches", depth=2, pages=3), [1, 2, 3]),
        (Crawl("Aches", depth=2, pages=1), [1]),
    ],
)
def test_a_crawl_goes_as_deep_and_as_far_as_it_says(wiki, tmp_path, crawl, expected):
    fetched(wiki, tmp_path, crawl)
    assert numbers(tmp_path) == expected


def test_a_category_is_listed_once_for_all_crawls(wiki, tmp_path):
    fetched(wiki, tmp_path, Crawl("Aches", depth=2), Crawl("Chills"))
    assert wiki.asked.count("Old aches") == 2  # the empty list and the one that follows it
    (old,) = [record for record in read(tmp_path) if record.id == "wikipedia:4"]
    assert old.facts["categories"] == ["Aches", "Chills"]


@pytest.mark.parametrize("about", ["Aches", "1"])
@pytest.mark.parametrize("trouble", [html, cut, too_many, lagging])
def test_a_bad_answer_is_asked_for_again(wiki, tmp_path, trouble, about):
    wiki.troubles = {about: [trouble, trouble]}
    fetched(wiki, tmp_path, Crawl("Aches"))
    assert numbers(tmp_path) == [1, 2, 3] and not wiki.troubles[about]


def test_a_charset_that_is_only_said_wrongly_changes_no_letter(wiki, tmp_path):
    wiki.troubles = {"1": [wrong_charset_said]}
    fetched(wiki, tmp_path, Crawl("Aches", depth=0))
    assert next(read(tmp_path)).texts["section:Lead"] == "Größe of an ache."
    assert wiki.asked.count("1") == 1


@pytest.mark.parametrize(
    ("trouble", "reason"), [(html, "not JSON"), (wrong_charset, "not UTF-8"), (lagging, "without pages: .*maxlag")]
)
def test_a_fetch_that_breaks_off_goes_on_where_it_stopped(wiki, tmp_path, trouble, reason):
    wiki.troubles = {"1": [trouble] * 3}
    with pytest.raises(MedteError, match=reason):
        fetched(wiki, tmp_path, Crawl("Aches"))
    with pytest.raises(MedteError, match="never finished"):
        list(read(tmp_path))
    wiki.asked.clear()
    fetched(wiki, tmp_path, Crawl("Aches"))
    assert wiki.asked == ["1", "2", "3"] and numbers(tmp_path) == [1, 2, 3]


def test_a_refusal_is_told_at_once(wiki, tmp_path):
    wiki.troubles = {"Aches": [refusing]}
    with pytest.raises(MedteError, match=r"not valid.*invalidcategory"):
        fetched(wiki, tmp_path, Crawl("Aches"))
    assert wiki.asked == ["Aches"]


def test_a_list_that_never_ends_is_an_error(wiki, tmp_path):
    wiki.troubles = {"Aches": [whole, repeating]}
    with pytest.raises(MedteError, match="repeats itself"):
        fetched(wiki, tmp_path, Crawl("Aches"))


def test_a_plan_counts_the_pages_and_its_lists_are_kept(wiki, tmp_path):
    crawls = [Crawl("Aches"), Crawl("Chills", depth=0)]
    with Getter(tmp_path, "someone@example.org", QUICK) as getter:
        assert plan(getter, crawls, wiki.url).requests == 5  # of six pages one was asked for, to see how big they are
    wiki.asked.clear()
    fetched(wiki, tmp_path, *crawls)
    assert wiki.asked == ["2", "3", "5", "6", "7"]


def test_the_source_crawls_each_class(wiki, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDTE_EMAIL", "someone@example.org")
    monkeypatch.setattr(wikipedia, "MANNERS", QUICK)
    for name in ("plan", "fetch"):
        monkeypatch.setattr(wikipedia, name, partial(getattr(wikipedia, name), url=wiki.url))
    assert SOURCE.plan(tmp_path, ["Aches"], print).startswith("Wikipedia, 1 categories: 2 requests, about ")
    assert SOURCE.fetch(tmp_path, ["Aches"], print)["categories"] == {"Aches": 3}
    assert [record.facts["categories"] for record in SOURCE.read(tmp_path, Counter())] == [["Aches"]] * 3


def test_no_category_at_all_is_an_error(wiki, tmp_path):
    with pytest.raises(MedteError, match="no category"):
        fetched(wiki, tmp_path)


def archive(folder, **replies):
    with tarfile.open(folder / "replies.tar.xz", "w:xz") as tar:
        for name, reply in replies.items():
            content = (reply if isinstance(reply, str) else json.dumps(reply)).encode()
            info = tarfile.TarInfo(f"Replies/{name}.txt")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return folder


def answered(key, page, **more):
    return {"batchcomplete": "", "query": {"pages": {key: page}, **more}, "limits": {"extracts": 20}}


CROUP = {"pageid": 8, "ns": 0, "title": "Barking (cough)", "extract": "A cough.\n\n\n== Signs ==\n\nBarks."}


def test_the_mirrors_replies_give_each_page_once_and_no_missing_one(tmp_path):
    absent = {"ns": 0, "title": "Absent", "missing": ""}
    moved = answered("8", CROUP, redirects=[{"from": "Barks", "to": "Barking (cough)"}])
    folder, dropped = (
        archive(tmp_path, absent=answered("-1", absent), barking=answered("8", CROUP), barks=moved),
        Counter(),
    )
    (record,) = read(folder, dropped)
    assert dropped == {"page missing": 1, "page that is there already": 1}
    assert dict(record.texts) == {"section:Lead": "A cough.", "section:Signs": "Barks."}
    assert (record.id, record.date) == ("wikipedia:8", None)
    assert record.facts == {
        "title": "Barking (cough)",
        "subject": "barking",
        "subject_stratum": None,
        "categories": [],
        "revision": None,
        "identities": ["wikipedia:8"],
    }


@pytest.mark.parametrize("reply", ["<html>", '{"batchcomplete": "", "quer', "[]", '{"batchcomplete": ""}'])
def test_a_damaged_reply_in_the_mirror_is_an_error_that_names_it(tmp_path, reply):
    with pytest.raises(MedteError, match=re.escape("Replies/b.txt in ")):
        list(read(archive(tmp_path, a=answered("8", CROUP), b=reply)))


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the wiki's replies are not here")
def test_counts_of_the_real_replies():
    dropped = Counter()
    records = list(read(Path(MIRROR) / "wikipedia", dropped))
    assert dropped == {"page missing": 165, "page that is there already": 8}
    assert len(records) == len({record.document for record in records}) == 202
    assert all(next(iter(record.texts)) == "section:Lead" for record in records)
    assert sum(len(record.texts) for record in records) == 1_385
    assert not [key for record in records for key in record.texts if key.endswith(("References", "External links"))]
