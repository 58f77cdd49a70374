"""Fetching, with the real client against a server on loopback that answers well and in every bad way."""

import gzip
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from medte.errors import MedteError
from medte.manifest import unseal, verify
from medte.sources.getting import Getter, Manners, Request, contact, json_value, stored_pages

FAST = Manners(per_second=1e6, attempts=3, first_wait=0.01, longest_wait=5, timeout=1.0)


@dataclass
class Answer:
    """What the server says: a whole page, a page cut in the middle, silence for some seconds, or nothing at all."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    silent: float = 0.0
    hang_up: bool = False


class Source:
    """The server's side: `reply` makes the answer from path, parameters and the count of requests so far (from 1)."""

    def __init__(self, reply):
        self.reply = reply
        self.asked = []  # (path, parameters, headers, time)
        self.url = ""


@contextmanager
def serving(reply):
    source = Source(reply)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            parts = urlsplit(self.path)
            params = {name: values[0] for name, values in parse_qs(parts.query).items()}
            source.asked.append((parts.path, params, self.headers, time.monotonic()))
            answer = source.reply(parts.path, params, len(source.asked))
            time.sleep(answer.silent)
            if answer.hang_up or answer.cut:
                self.close_connection = True
            if answer.hang_up:
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)

        def handle_one_request(self):
            try:
                super().handle_one_request()
            except ConnectionError:  # the client did not wait
                self.close_connection = True

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    source.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield source
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def page(number, last):
    """Page `number` of a source with cursors: its items, and the token of the next page if there is one."""
    value = {"items": [number, f"é{number}"]} | ({"next": f"t{number + 1}"} if number < last else {})
    return json.dumps(value, ensure_ascii=False).encode()


def counting(last):
    """Answers with the page that the token names."""
    return lambda path, params, count: Answer(page(int(params.get("token", "t1")[1:]), last))


def walk(url, last=None, private=()):
    """All pages by their tokens; `last`, if known, gives how many are left after the first answer."""
    token, number, left = None, 0, None
    while True:
        number += 1
        params = {"q": "gout"} | ({"token": token} if token else {})
        body = yield Request(f"{url}/items", params, json_value, dict(private), left)
        token = json_value(body, "items").get("next")
        left = last - number - 1 if last else None
        if not token:
            return


def one(url):
    yield Request(f"{url}/items", {"q": "gout"}, lambda body: json_value(body, "items"))


def getter(folder, manners=FAST, say=lambda line: None):
    return Getter(folder, "me@example.org", manners, say)


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_next_request_depends_on_the_last_answer_and_pages_lie_as_they_came(tmp_path):
    with serving(counting(3)) as source, getter(tmp_path) as get:
        bodies = list(get.pages("items", walk(source.url)))
        manifest = get.finish({"source": "s", "licence": "CC0-1.0"})
    assert bodies == [page(number, 3) for number in (1, 2, 3)]
    assert [params.get("token") for _, params, *_ in source.asked] == [None, "t2", "t3"]
    assert manifest["pages"] == 3 and manifest["bytes"] == sum(map(len, bodies)) and manifest["licence"] == "CC0-1.0"
    assert [gzip.decompress(verify(tmp_path, name).read_bytes()) for name in sorted(manifest["files"])] == bodies
    assert list(stored_pages(tmp_path, "items")) == bodies
    assert manifest["fetched"] == datetime.now(UTC).date().isoformat()


def test_a_run_that_was_stopped_goes_on_and_gives_the_same_files_as_a_straight_one(tmp_path):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    with serving(counting(4)) as source:
        with getter(whole) as get:
            list(get.pages("items", walk(source.url)))
            get.finish({})
        well, source.reply = source.reply, lambda *asked: Answer(status=404) if asked[2] == 7 else counting(4)(*asked)
        with getter(stopped) as get, pytest.raises(MedteError, match="HTTP 404"):
            list(get.pages("items", walk(source.url)))
        assert len(files(stopped)) == 2 and unseal(stopped) is None
        source.reply = well
        source.asked.clear()
        with getter(stopped) as get:
            list(get.pages("items", walk(source.url)))
            get.finish({})
        assert [params["token"] for _, params, *_ in source.asked] == ["t3", "t4"]
        assert files(stopped) == files(whole)

        with getter(stopped) as get:
            list(get.pages("items", walk(source.url)))
            get.finish({})
        assert len(source.asked) == 2 and files(stopped) == files(whole)
    assert {content[4:8] for name, content in files(whole).items() if name.endswith(".gz")} == {bytes(4)}  # no clock


def test_a_manifest_keeps_its_day_as_long_as_it_says_the_same(tmp_path):
    def run(records):
        with getter(tmp_path) as get:
            list(get.pages("items", walk(source.url)))
            return get.finish({"records": records})["fetched"]

    with serving(counting(2)) as source:
        today = run(2)
        path = tmp_path / "manifest.json"
        path.write_text(path.read_text().replace(today, "2020-02-20"))
        assert (run(2), run(3)) == ("2020-02-20", today)


def test_only_the_page_that_is_missing_is_asked_for(tmp_path):
    with serving(counting(3)) as source:
        for _ in range(2):
            with getter(tmp_path) as get:
                bodies = list(get.pages("items", walk(source.url)))
            next(tmp_path.glob("items/000002-*")).unlink()
    assert len(bodies) == 3 and [params.get("token") for _, params, *_ in source.asked] == [None, "t2", "t3", "t2"]


TROUBLES = {
    "HTTP 429": Answer(b"{}", 429),
    "HTTP 500": Answer(b"<html>", 500),
    "HTTP 503": Answer(b"", 503, {"Retry-After": "soon"}),
    "RemoteProtocolError": Answer(page(1, 1), cut=True),
    "ReadTimeout": Answer(page(1, 1), silent=1.5),
    "Server disconnected": Answer(hang_up=True),
    "not JSON: '<html>": Answer(b"<html>Be right back</html>", headers={"Content-Type": "application/json"}),
    "an empty page": Answer(b""),
    "not UTF-8": Answer(page(1, 1).decode().encode("latin-1")),
    "JSON without items": Answer(b'{"message": "later"}'),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_page_that_is_not_what_was_asked_for_is_asked_for_again(tmp_path, trouble):
    said = []
    with (
        serving(lambda path, params, count: TROUBLES[trouble] if count == 1 else Answer(page(1, 1))) as source,
        getter(tmp_path, say=said.append) as get,
    ):
        assert list(get.pages("items", one(source.url))) == [page(1, 1)]
    assert len(source.asked) == 2 and len(files(tmp_path)) == 1
    assert trouble in said[0] and "; waiting " in said[0]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_source_that_stays_bad_is_an_error_and_leaves_no_page(tmp_path, trouble):
    with serving(lambda *_: TROUBLES[trouble]) as source, getter(tmp_path) as get:
        with pytest.raises(MedteError, match=r"in 3 attempts, at last: .*run again later") as error:
            list(get.pages("items", one(source.url)))
        with pytest.raises(ValueError, match="items; nothing was sealed"):
            get.finish({})
    assert trouble in str(error.value) and len(source.asked) == 3 and files(tmp_path) == {}


def test_a_wrong_charset_in_the_header_does_not_matter(tmp_path):
    answer = Answer(page(1, 1), headers={"Content-Type": "application/json; charset=iso-8859-1"})
    with serving(lambda *_: answer) as source, getter(tmp_path) as get:
        (body,) = get.pages("items", one(source.url))
    assert json_value(body)["items"] == [1, "é1"]


def test_nobody_listening_is_an_error_that_says_so(tmp_path):
    with serving(counting(1)) as source:
        pass
    with getter(tmp_path) as get, pytest.raises(MedteError, match="ConnectError"):
        list(get.pages("items", one(source.url)))


def waits(monkeypatch):
    """Seconds that were waited, without waiting."""
    slept = []
    monkeypatch.setattr(time, "sleep", lambda seconds: slept.append(seconds) if seconds > 0.01 else None)
    return slept


def test_waits_grow_up_to_the_longest(tmp_path, monkeypatch):
    manners = Manners(per_second=1e6, attempts=5, first_wait=2, longest_wait=7)
    slept = waits(monkeypatch)
    with serving(lambda *_: Answer(status=500)) as source, getter(tmp_path, manners) as get:
        with pytest.raises(MedteError):
            list(get.pages("items", one(source.url)))
    assert slept == [2, 4, 7, 7]


@pytest.mark.parametrize("as_date", [False, True])
def test_a_source_says_how_long_to_wait(tmp_path, monkeypatch, as_date):
    slept = waits(monkeypatch)
    after = format_datetime(datetime.now(UTC) + timedelta(seconds=200), usegmt=True) if as_date else "200"
    busy = Answer(b'{"error": "busy"}', 200 if as_date else 429, {"Retry-After": after})
    with (
        serving(lambda path, params, count: busy if count == 1 else Answer(page(1, 1))) as source,
        getter(tmp_path, Manners(per_second=1e6)) as get,
    ):
        list(get.pages("items", one(source.url)))
    assert len(slept) == 1 and 190 < slept[0] <= 200


def test_a_source_that_wants_to_be_left_alone_is(tmp_path):
    with serving(lambda *_: Answer(b"", 429, {"Retry-After": "7200"})) as source, getter(tmp_path) as get:
        with pytest.raises(MedteError, match=r"HTTP 429 and asks to be left alone for 2\.0 h"):
            list(get.pages("items", one(source.url)))
    assert len(source.asked) == 1


def test_a_refusal_is_an_error_at_once_and_does_not_show_the_key(tmp_path):
    def refuse(path, params, count):
        return Answer(json.dumps({"error": f"bad key {params['api_key']}"}).encode(), 400)

    with serving(refuse) as source, getter(tmp_path) as get:
        with pytest.raises(MedteError, match=r"HTTP 400: .*bad key …") as error:
            list(get.pages("items", walk(source.url, private={"api_key": "s3cret"})))
    assert len(source.asked) == 1 and "s3cret" not in str(error.value)


def test_who_asks_is_told_and_no_key_is_kept(tmp_path):
    with serving(counting(2)) as source:
        for key in ("s3cret", "0ther"):
            with getter(tmp_path) as get:
                list(get.pages("items", walk(source.url, private={"api_key": key})))
                get.finish({"source": "s"})
    assert [params["api_key"] for _, params, *_ in source.asked] == ["s3cret", "s3cret"]
    assert all(headers["User-Agent"].endswith("(mailto:me@example.org)") for *_, headers, _ in source.asked)
    assert not any(b"s3cret" in name.encode() + content for name, content in files(tmp_path).items())


def test_a_repeated_token_is_an_error_and_the_next_run_asks_for_that_page_again(tmp_path):
    def stuck(path, params, count):
        return Answer(page(1, 3) if count == 2 else page(int(params.get("token", "t1")[1:]), 3))

    with serving(stuck) as source:
        with getter(tmp_path) as get, pytest.raises(MedteError, match="repeats itself"):
            list(get.pages("items", walk(source.url)))
        with getter(tmp_path) as get:
            assert list(get.pages("items", walk(source.url))) == [page(number, 3) for number in (1, 2, 3)]
    assert [params.get("token") for _, params, *_ in source.asked] == [None, "t2", "t2", "t3"]


def test_requests_keep_their_pace(tmp_path):
    with serving(counting(5)) as source, getter(tmp_path, Manners(per_second=20)) as get:
        list(get.pages("items", walk(source.url)))
    starts = [start for *_, start in source.asked]
    assert starts[-1] - starts[0] >= 4 / 20 - 0.03


def test_a_dry_run_asks_for_one_page_and_says_what_the_others_will_cost(tmp_path):
    manners = Manners(per_second=10)
    with serving(counting(11)) as source:
        with getter(tmp_path, manners) as get:
            plan = get.dry_run("items", walk(source.url, last=11))
        assert (plan.requests, plan.bytes, len(source.asked)) == (10, 10 * len(page(1, 11)), 1)
        assert 10 / 10 / 60 <= plan.minutes < 1
        assert "10 requests" in str(plan) and "MB" in str(plan)
        with getter(tmp_path, FAST) as get:
            assert "unknown" in str(get.dry_run("items", walk(source.url)))
            assert len(source.asked) == 2
            list(get.pages("items", walk(source.url)))
            assert len(source.asked) == 11
            assert get.dry_run("items", walk(source.url, last=11)).requests == 0
            assert str(get.dry_run("items", walk(source.url))) == "no requests: everything is there"


def test_progress_says_pages_and_time_left(tmp_path):
    said = []
    with serving(counting(3)) as source, getter(tmp_path, say=said.append) as get:
        list(get.pages("items", walk(source.url, last=3)))
    assert said[0].startswith("items: page 1, 0.0 MB") and said[-1].startswith("items: page 3 of 3")


def test_a_walk_that_was_left_early_is_not_sealed(tmp_path):
    with serving(counting(3)) as source, getter(tmp_path) as get:
        next(get.pages("items", walk(source.url)))
        with pytest.raises(ValueError, match="items"):
            get.finish({})
    with pytest.raises(MedteError, match="never finished"):
        list(stored_pages(tmp_path, "items"))


def test_pages_of_another_query_are_not_among_those_of_the_manifest(tmp_path):
    with serving(counting(2)) as source, getter(tmp_path) as get:
        list(get.pages("items", one(f"{source.url}/other")))
        with getter(tmp_path) as second:
            bodies = list(second.pages("items", walk(source.url)))
            second.finish({"query": "gout"})
    assert len(list(tmp_path.glob("items/*"))) == 3 and list(stored_pages(tmp_path, "items")) == bodies


def test_a_damaged_page_is_an_error_that_names_it(tmp_path):
    with serving(counting(1)) as source:
        with getter(tmp_path) as get:
            list(get.pages("items", one(source.url)))
            get.finish({})
        (path,) = tmp_path.glob("items/*")
        path.write_bytes(path.read_bytes()[:-9])
        with getter(tmp_path) as get, pytest.raises(MedteError, match=f"{path.name} is damaged"):
            list(get.pages("items", one(source.url)))
        with pytest.raises(MedteError, match=f"{path.name} is missing or damaged"):
            list(stored_pages(tmp_path, "items"))


def test_a_full_disk_is_an_error_and_leaves_nothing_half(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with serving(counting(1)) as source, getter(tmp_path) as get:
        with pytest.raises(MedteError, match="No space left"):
            list(get.pages("items", one(source.url)))
    assert files(tmp_path) == {}


def test_the_contact_address_is_a_setting(monkeypatch):
    monkeypatch.delenv("MEDTE_EMAIL", raising=False)
    with pytest.raises(MedteError, match="MEDTE_EMAIL"):
        contact()
    monkeypatch.setenv("MEDTE_EMAIL", " me@example.org ")
    assert contact() == "me@example.org"
