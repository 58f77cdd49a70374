"""The writer that asks a language model, with the real client against a server on loopback, good and bad."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from medte.curation.writer import WRITABLE, Rejected, Request, requests
from medte.curation.writing.endpoint import Endpoint, is_loopback, prices
from medte.curation.writing.model import ModelWriter, prompt
from medte.curation.writing.replies import Replies
from medte.curation.writing.reply import texts_of
from medte.errors import MedteError
from tests.conftest import make_record
from tests.test_writer import PAIR, QUESTION, article, articles, run

GOOD = {"written_question": "Which tablets calm an aching big toe?"}

# replies


def question(
    text="Under attack for days, most patients slept badly and walked with much trouble.", title="Colchicine in gout"
):
    return requests(article("a", text, title), QUESTION)[0]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "empty reply"),
        ('{"written_question": "Which tab', "reply is no JSON"),
        ('["Which tablets calm an aching big toe?"]', "reply is no object with the fields asked for"),
        (json.dumps(GOOD | {"note": "more"}), "reply is no object with the fields asked for"),
        ('{"written_question": 7}', "a field of the reply is no text"),
        ('{"written_question": "Which tablets?"}', "not 20 to 400 characters long"),
        (json.dumps({"written_question": "Why? " * 100}), "not 20 to 400 characters long"),
        ('{"written_question": "Do gouty toes ache more at night?"}', "a word of the title"),
        (
            '{"written_question": "Why is it that MOST patients slept badly, and walked with much pain?"}',
            "8 words in a row copied",
        ),
    ],
)
def test_a_reply_that_gives_away_or_breaks_off_is_rejected(reply, reason):
    title = "Gouty arthritis" if "gouty" in reply else "Colchicine in gout"
    with pytest.raises(Rejected) as raised:
        texts_of(reply, question(title=title))
    assert str(raised.value) == reason


def test_a_good_reply_is_taken_and_seven_words_may_be_the_same():
    assert texts_of('{"written_question": " Which tablets\\ncalm an aching big toe? "}', question()) == GOOD
    texts_of('{"written_question": "Is it that most patients slept badly and walked with pain?"}', question())


def test_the_sentences_of_a_pair_may_not_copy_each_other():
    pair = requests(article("a", "Text."), PAIR)[0]
    same = "Tablets made the attack end some days earlier than usual"
    with pytest.raises(Rejected, match="8 words in a row copied"):
        texts_of(json.dumps({"sentence1": f"{same}.", "sentence2": f"We saw that {same}."}), pair)


def test_every_prompt_names_its_fields_and_holds_the_text():
    for source, writable in WRITABLE.items():
        texts = {writable.reads: "The $text itself."}
        record = make_record("a", source, facts={"title": "Gout $1", "mesh": ["Toes", "Uric Acid"]}, **texts)
        for columns in writable.columns:
            filled = prompt(Request(record, columns, "The $text itself.", "Gout $1", ("Toes", "Uric Acid")))
            assert all(part in filled for part in ("The $text itself.", "Gout $1", "Toes; Uric Acid"))
            example = json.loads(filled[filled.rindex("{") :])
            assert tuple(example) == columns


# replies on disk


def test_a_cut_line_of_the_file_is_as_if_it_had_never_come(tmp_path):
    path = tmp_path / "kept" / "replies.jsonl"
    first = Replies(path)
    first.keep("a", "é\n1", record="r")
    first.keep("b", "2")
    path.write_bytes(path.read_bytes()[:-5])
    again = Replies(path)
    assert (again.get("a"), again.get("b"), again.damaged) == ("é\n1", None, 1)
    again.keep("c", "3")
    last = Replies(path)
    assert (len(last), last.get("c"), last.damaged) == (2, "3", 1)


def test_the_first_reply_under_a_key_stays(tmp_path):
    replies = Replies(tmp_path / "replies.jsonl")
    assert [replies.keep("a", "1"), replies.keep("a", "2"), replies.get("a")] == ["1", "1", "1"]


def test_a_file_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MedteError, match="cannot write"):
        Replies(tmp_path / "file" / "replies.jsonl").keep("a", "1")


# the model


@dataclass
class Answer:
    """What the server says; a `content` becomes a reply in the API's format."""

    content: str | None = None
    status: int = 200
    body: bytes | None = None
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self):
        if self.body is not None:
            return self.body
        message = {"role": "assistant", "content": self.content}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return json.dumps(
            {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
        ).encode()


def problem(status, code="", message="no"):
    body = json.dumps({"error": {"message": message, "code": code}}).encode()
    return Answer(status=status, body=body, headers={"retry-after-ms": "1"})


class Server:
    def __init__(self, answer):
        self.answer = answer
        self.asked = []  # bodies of requests
        self.url = ""


@contextmanager
def serving(answer):
    """A server whose `answer` is made from a request's body and the count of requests so far (from 1)."""
    server = Server(answer)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                server.asked.append(body | {"path": self.path, "authorization": self.headers["Authorization"]})
                count = len(server.asked)
            self._send(server.answer(body, count))

        def do_GET(self):
            models = {
                "object": "list",
                "data": [{"id": "tiny-model", "object": "model", "created": 0, "owned_by": "m"}],
            }
            self._send(Answer(body=json.dumps(models).encode()))

        def _send(self, answer):
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.type)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.encoded())))
            self.end_headers()
            self.wfile.write(answer.encoded())

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def model(tmp_path):
    """Makes a writer for a server, one request at a time, with its replies in the test's folder."""

    def make(url, name="tiny-model", retries=0, **options):
        endpoint = Endpoint(url, name, "secret-key", retries=retries, timeout=5)
        return ModelWriter(endpoint, tmp_path / "replies.jsonl", **({"at_once": 1} | options))

    return make


def good(body, count):
    return Answer(json.dumps(GOOD))


def test_the_model_is_asked_as_in_the_paper_and_a_second_run_asks_for_nothing(model):
    lines = []
    with serving(good) as server:
        found, dropped = run(articles(5), QUESTION, model(server.url, at_once=3), lines.append)
        again, _ = run(articles(5), QUESTION, model(server.url), lines.append)
    assert len(server.asked) == 5
    assert found == again and not dropped
    assert {record.texts["written_question"] for record in found} == set(GOOD.values())
    assert found[0].facts["written_by"] == {"written_question": "model tiny-model"}
    asked = server.asked[0]
    assert (asked["model"], asked["temperature"], asked["max_tokens"], asked["seed"]) == ("tiny-model", 0.7, 1000, 0)
    assert (asked["path"], asked["authorization"]) == ("/v1/chat/completions", "Bearer secret-key")
    assert lines[0].startswith("model tiny-model: 5 calls, 0 more decided by kept replies")
    assert lines[2].startswith("model tiny-model: 0 calls, 5 more decided")


def test_a_reply_that_was_cut_on_disk_is_asked_for_again_and_said(model, tmp_path):
    lines = []
    with serving(good) as server:
        run(articles(2), QUESTION, model(server.url))
        file = tmp_path / "replies.jsonl"
        file.write_bytes(file.read_bytes()[:-9])
        run(articles(2), QUESTION, model(server.url), lines.append)
    assert len(server.asked) == 3
    assert lines[0].endswith("1 damaged lines; their replies are asked for again")


@pytest.mark.parametrize("change", [{"seed": 1}, {"temperature": 0.1}, {"max_tokens": 500}, {"name": "other"}])
def test_other_settings_ask_anew(model, change):
    with serving(good) as server:
        run(articles(1), QUESTION, model(server.url))
        run(articles(1), QUESTION, model(server.url, **change))
    assert len(server.asked) == 2


def test_an_interrupted_run_asks_only_for_the_rest(model):
    records = articles(5)
    with serving(
        lambda body, count: good(body, count) if count < 4 else problem(401, message="bad secret-key")
    ) as server:
        with pytest.raises(MedteError) as raised:
            run(records, QUESTION, model(server.url))
        assert "set MEDTE_WRITER_KEY" in str(raised.value)
        assert "asked for pubmed:3; 3 replies are kept" in str(raised.value)
        assert "secret-key" not in str(raised.value)
        server.asked.clear()
        server.answer = good
        found, _ = run(records, QUESTION, model(server.url))
    assert len(server.asked) == 2
    assert all("written_question" in record.texts for record in found)


def test_a_rejected_reply_is_asked_for_again_with_other_seeds_then_counted(model):
    bad = Answer(json.dumps({"written_question": "Does colchicine calm an aching toe?"}))
    with serving(lambda body, count: bad) as server:
        _, dropped = run(articles(1), QUESTION, model(server.url, seed=7))
        run(articles(1), QUESTION, model(server.url, seed=7))
    assert [body["seed"] for body in server.asked] == [7, 8, 9]
    assert dropped == {("pubmed", "written_question: a word of the title"): 1}


@pytest.mark.parametrize(
    "first",
    [
        Answer('{"written_question": "Which'),
        Answer(None),
        Answer(body=b'{"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": []}'),
        Answer(body=b'{"id": "1", "object": "chat.completion", "created": 0, "model": "m"}'),
    ],
)
def test_a_bad_reply_is_followed_by_a_good_one(model, first):
    with serving(lambda body, count: first if count == 1 else good(body, count)) as server:
        found, dropped = run(articles(1), QUESTION, model(server.url))
    assert found[0].texts["written_question"] == GOOD["written_question"]
    assert len(server.asked) == 2 and not dropped


@pytest.mark.parametrize("status", [429, 500])
def test_the_client_itself_tries_again(model, status):
    with serving(lambda body, count: problem(status) if count < 3 else good(body, count)) as server:
        found, _ = run(articles(1), QUESTION, model(server.url, retries=2))
        assert "written_question" in found[0].texts and len(server.asked) == 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (problem(429), "429.*ask fewer at once.*0 replies are kept"),
        (problem(500), "500.*see what is wrong there"),
        (problem(403), "403.*allowed this"),
        (problem(400, message="no seed here"), "400.*no seed here.*know these settings.*pubmed:0"),
        (problem(404, "model_not_found"), "unknown model 'tiny-modle'; did you mean 'tiny-model'"),
        (Answer(body=b"<html>Welcome</html>", type="text/html"), "<html>Welcome.*ends in /v1"),
        (Answer(body=b'{"id": "1", "choi'), "no whole JSON"),
    ],
)
def test_an_endpoint_that_gives_no_answer_says_what_to_do(model, answer, said):
    with serving(lambda body, count: answer) as server, pytest.raises(MedteError, match=said):
        run(articles(1), QUESTION, model(server.url, "tiny-modle"))


def test_one_text_that_the_endpoint_refuses_is_counted_and_the_run_goes_on(model):
    with serving(lambda body, count: problem(400, "content_filter") if count == 1 else good(body, count)) as server:
        found, dropped = run(articles(2), QUESTION, model(server.url))
    assert dropped == {("pubmed", "written_question: refused by the endpoint's content filter"): 1}
    assert "written_question" in found[1].texts


def test_no_connection_says_what_to_do(model):
    with serving(good) as server:
        url = server.url
    with pytest.raises(MedteError, match=r"no answer from http://127\.0\.0\.1.*check MEDTE_WRITER_URL"):
        run(articles(1), QUESTION, model(url))


def test_the_estimate_counts_tokens_and_money_before_any_call(model):
    records = articles(3)
    with serving(good) as server:
        run(records[:1], QUESTION, model(server.url))
        estimate = model(server.url, prices=(2.5, 10.0)).estimate(records, QUESTION)
        unpriced = model(server.url).estimate(records, QUESTION)
    assert len(server.asked) == 1
    read = sum(len(prompt(requests(record, QUESTION)[0])) for record in records[1:]) // 4
    assert (estimate.calls, estimate.kept, estimate.tokens_read, estimate.tokens_written) == (2, 1, read, 200)
    assert estimate.cost == pytest.approx((read * 2.5 + 200 * 10) / 1e6)
    assert "cost unknown, since no prices are given" in str(unpriced)


# settings and credentialed text


def test_the_endpoint_comes_from_the_environment(monkeypatch):
    with pytest.raises(MedteError, match=r"set MEDTE_WRITER_URL .* or use the extractive writer"):
        Endpoint.from_environment()
    monkeypatch.setenv("MEDTE_WRITER_URL", "127.0.0.1:8000/v1")
    monkeypatch.setenv("MEDTE_WRITER_MODEL", "m")
    with pytest.raises(MedteError, match=r"'127\.0\.0\.1:8000/v1'; set MEDTE_WRITER_URL to one that begins with http"):
        Endpoint.from_environment()
    monkeypatch.setenv("MEDTE_WRITER_URL", "http://localhost:8000/v1")
    assert (Endpoint.from_environment().model, Endpoint.from_environment().local) == ("m", True)


def test_only_literal_addresses_of_this_machine_are_local():
    assert all(map(is_loopback, ["127.0.0.1", "127.8.9.1", "::1", "localhost"]))
    elsewhere = ["127.1", "localhost.example", "127.0.0.1.example", "loopback", "0.0.0.0", "192.168.0.1", "::2", ""]
    assert not any(map(is_loopback, elsewhere))
    assert not Endpoint("http://127.0.0.1@example.org/v1", "m").local


NOTE = replace(article("n", "A note."), licence="PhysioNet Credentialed Health Data License 1.5.0")
MARKED = article("m", "A note.", facts={"credentialed": True})


@pytest.mark.parametrize("record", [NOTE, MARKED])
def test_credentialed_text_is_refused_before_any_call(model, record):
    with serving(good) as server:
        with pytest.raises(MedteError, match=r"credentialed text, which is not sent to http://127\.0\.0\.1"):
            run([*articles(3), record], QUESTION, model(server.url))
        with pytest.raises(MedteError, match="credentialed text, which is not sent"):
            model(server.url).write(requests(record, QUESTION)[0])
        elsewhere = model(server.url.replace("127.0.0.1", "my-machine.example"), allow_credentialed=True)
        with pytest.raises(MedteError, match="credentialed text, which is not sent"):
            run([*articles(3), record], QUESTION, elsewhere)
        assert server.asked == []
        found, _ = run([record], QUESTION, model(server.url, allow_credentialed=True))
    assert "written_question" in found[0].texts


def test_what_is_sent_to_this_machine_stays_there(model, monkeypatch):
    with serving(good) as proxy, serving(good) as other:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        moved = Answer(status=307, body=b"", headers={"Location": f"{other.url}/chat/completions"})
        with serving(lambda body, count: moved) as server:
            with pytest.raises(MedteError, match="307"):
                run([NOTE], QUESTION, model(server.url, allow_credentialed=True))
            assert len(server.asked) == 1
        assert proxy.asked == other.asked == []


def test_prices_come_from_a_setting_and_a_wrong_one_is_refused(monkeypatch):
    assert prices() is None
    monkeypatch.setenv("MEDTE_WRITER_PRICES", "2.5, 10")
    assert prices() == (2.5, 10.0)
    monkeypatch.setenv("MEDTE_WRITER_PRICES", "cheap")
    with pytest.raises(MedteError, match="two numbers"):
        prices()
