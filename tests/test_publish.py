"""A published model: it gives the same vectors everywhere, says what it has seen, and quotes none of it."""

import json
import re
import runpy
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import mteb
import numpy as np
import pytest
from huggingface_hub import HfApi, constants
from test_fit import PAIRS, trained
from tiny_bert import plain_bert

from medte import model_card
from medte import publish as publishing
from medte.errors import MedteError
from medte.manifest import unseal, write_text
from medte.model_card import mteb_meta
from medte.models.load import sentence_transformer
from medte.models.registry import entry
from medte.publish import CARD, META, publish, upload
from medte.run import Run

TEXTS = ["gout in the big toe", "podagra", "toe asthma lung attack of the query"]
NAME = "example/tiny"


@pytest.fixture(scope="module")
def run(mini, tmp_path_factory):
    """A run of the mini profile whose model is a tiny BERT, trained on pairs of words."""
    home = tmp_path_factory.mktemp("publish")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDTE_HOME", str(home / "runs"))
        made = Run("mini")
        trained(plain_bert(home / "bert"), made.folders.model(None))
        made.edition = mini
        made.training_key = lambda variant=None: unseal(made.folders.model(variant))[
            "key"
        ]  # as if it were the run's own
        yield made


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    return publish(run, tmp_path_factory.mktemp("published") / "tiny", NAME)


def test_sentence_transformers_and_plain_transformers_give_the_same_vectors(run, folder):
    expected = sentence_transformer(run.folders.model(None)).encode(TEXTS, normalize_embeddings=True)
    library, plain = re.findall(r"```python\n(.*?)```", (folder / CARD).read_text(encoding="utf-8"), re.DOTALL)
    for code in (library, plain):
        own = code.replace(f'"{NAME}"', repr(str(folder))).replace('["gout in the big toe", "podagra"]', repr(TEXTS))
        found = {}
        exec(own, found)
        vectors = np.asarray(found["vectors"])
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        assert np.allclose(vectors, expected, atol=1e-5)


def test_the_folder_says_how_it_pools_and_has_no_pickled_weights(folder):
    assert json.loads((folder / "modules.json").read_text(encoding="utf-8"))[1]["type"].endswith("Pooling")
    assert (folder / "model.safetensors").exists() and not list(folder.rglob("*.bin"))
    assert "prompts" in json.loads((folder / "config_sentence_transformers.json").read_text(encoding="utf-8"))


def test_the_card_declares_training_data_leaks_and_scores_and_quotes_no_training_text(run, folder):
    card = (folder / CARD).read_text(encoding="utf-8")
    for source in ("medqa", "medquad"):
        assert re.search(rf"\| {source} \| \d+ \| [\d.]+ \| CC0-1.0 \|", card)
    assert "and were left out too: 2 (medqa: same text)." in card and "| MedQAPairClassification |" in card
    assert "`medte evaluate --profile mini` scores it" in card
    assert "Not for decisions about patients" in card and run.edition.manifest["hash"] in card
    texts = {*PAIRS["sentence1"], *PAIRS["sentence2"]}
    assert not [text for text in texts if len(text) > 12 and text in card]


def test_mteb_knows_the_model_from_its_meta(folder):
    meta = runpy.run_path(str(folder / META))["meta"]
    assert (meta.name, meta.embed_dim, meta.max_tokens) == (NAME, 32, 16)
    assert meta.training_datasets == set() and meta.license == "apache-2.0"  # the mini edition's text is in no test set


def test_test_sets_of_mteb_whose_texts_were_trained_on_are_declared(folder, tmp_path):
    names = [name for own in model_card.OF_MTEB.values() for name in own]
    assert sorted(task.metadata.name for task in mteb.get_tasks(tasks=names)) == sorted(names)
    write_text(tmp_path / META, mteb_meta(NAME, entry("all-MiniLM-L6-v2"), ["medquad", "medqa", "pubmed"], folder))
    meta = runpy.run_path(str(tmp_path / META))["meta"]
    assert meta.training_datasets == {"MedicalQARetrieval", "R2MEDMedQADiagRetrieval"}


def test_a_file_is_no_folder_to_publish_into(run, tmp_path):
    (tmp_path / "tiny").write_text("mine", encoding="utf-8")
    with pytest.raises(MedteError, match="name another folder"):
        publish(run, tmp_path / "tiny", NAME)
    assert (tmp_path / "tiny").read_text(encoding="utf-8") == "mine"


def test_a_folder_is_overwritten_only_where_it_was_published(run, folder, tmp_path):
    assert publish(run, folder, NAME) == folder
    (tmp_path / "letters.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(MedteError, match="name another folder"):
        publish(run, tmp_path, NAME)
    assert (tmp_path / "letters.txt").exists()
    mine = publish(run, tmp_path / "mine", NAME)
    (mine / "notes.md").write_text("mine", encoding="utf-8")
    with pytest.raises(MedteError, match=r"holds notes\.md"):
        publish(run, mine, NAME)
    (mine / "notes.md").unlink()
    (mine / CARD).write_text("edited", encoding="utf-8")
    with pytest.raises(MedteError, match=CARD):
        publish(run, mine, NAME)
    assert (mine / CARD).read_text(encoding="utf-8") == "edited"


def test_kept_leaks_are_counted_and_declared(run):
    dropped, kept = run.edition.leaks("subjects", "drop"), run.edition.leaks("documents", "keep")
    assert dropped == {"medqa": {"same text": 2}}
    leaked = len(run.edition.pairs("documents", "keep")) - len(run.edition.pairs("documents", "drop"))
    assert sum(sum(own.values()) for own in kept.values()) == leaked > 2
    assert "KEPT" in model_card.LEAKS["documents", "keep"]


def test_what_is_not_trained_or_badly_named_or_credentialed_is_refused(run, tmp_path, monkeypatch):
    with pytest.raises(MedteError, match="holds no finished model; run `medte train"):
        publish(run, tmp_path / "new", NAME, variant="sham")
    with pytest.raises(MedteError, match="expected organisation/name"):
        publish(run, tmp_path / "new", "tiny")
    with monkeypatch.context() as patch, pytest.raises(MedteError, match="a model of other pairs, settings or code"):
        patch.setattr(run, "training_key", lambda variant=None: "another")
        publish(run, tmp_path / "new", NAME)
    monkeypatch.setattr(publishing.guard, "credentialed", lambda profile: tmp_path)
    with pytest.raises(MedteError, match="may hold some of them"):
        publish(run, tmp_path / "new", NAME)
    assert not (tmp_path / "new").exists()


class Hub(ThreadingHTTPServer):
    """A hub on loopback that takes a repository: small files in the commit, large ones by LFS."""

    def __init__(self, refuses=False):
        super().__init__(("127.0.0.1", 0), Uploads)
        self.url, self.refuses = f"http://127.0.0.1:{self.server_port}", refuses
        self.created, self.large, self.commits, self.public = [], {}, [], False


class Uploads(BaseHTTPRequestHandler):
    def do_POST(self):
        path, hub = urlsplit(self.path).path, self.server
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if hub.refuses:
            return self.say({"error": "not logged in"}, 401)
        if path == "/api/repos/create":
            hub.created.append(json.loads(body))
            return self.say({"url": f"{hub.url}/{NAME}"})
        if path == "/api/validate-yaml":
            hub.head = json.loads(body)["content"]
            return self.say({"errors": [], "warnings": []})
        if path.endswith("/preupload/main"):
            files = json.loads(body)["files"]
            kind = lambda name: "lfs" if name.endswith(".safetensors") else "regular"  # noqa: E731
            return self.say(
                {
                    "files": [
                        {"path": f["path"], "uploadMode": kind(f["path"]), "shouldIgnore": False, "oid": None}
                        for f in files
                    ]
                }
            )
        if path.endswith("/info/lfs/objects/batch"):
            objects = json.loads(body)["objects"]
            return self.say(
                {
                    "transfer": "basic",
                    "objects": [
                        o | {"actions": {"upload": {"href": f"{hub.url}/put/{o['oid']}", "header": {}}}}
                        for o in objects
                    ],
                }
            )
        if "/commit/" in path:
            hub.commits.append([json.loads(line) for line in body.decode().splitlines()])
            return self.say(
                {"commitUrl": f"{hub.url}/{NAME}/commit/{'c' * 40}", "commitOid": "c" * 40, "commitMessage": "x"}
            )
        return self.say({"error": path}, 404)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.large[urlsplit(self.path).path.rpartition("/")[2]] = body
        self.say({})

    def do_GET(self):
        if self.server.refuses:
            return self.say({"error": "not logged in"}, 401)
        return self.say({"id": NAME, "sha": "c" * 40, "siblings": [], "private": not self.server.public})

    def say(self, answer, status=200):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(monkeypatch, request):
    server = Hub(getattr(request, "param", False))
    original = HfApi.__init__
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(HfApi, "__init__", lambda self, **_: original(self, endpoint=server.url, token="hf_test"))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_an_upload_puts_every_file_but_our_own_manifest_onto_the_hub(folder, hub):
    said = []
    address = upload(folder, said.append)
    assert address.endswith("c" * 40) and said
    assert hub.created[0]["visibility"] == "private"
    (commit,) = hub.commits
    small = {line["value"]["path"] for line in commit if line["key"] == "file"}
    large = {line["value"]["path"]: line["value"]["oid"] for line in commit if line["key"] == "lfsFile"}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"manifest.json"}
    assert small | set(large) == files
    assert sha256(hub.large[large["model.safetensors"]]).hexdigest() == large["model.safetensors"]


@pytest.mark.parametrize("hub", [True], indirect=True)
def test_a_hub_that_refuses_is_an_error_that_says_what_to_do(folder, hub):
    with pytest.raises(MedteError, match=r"example/tiny could not be uploaded .* log in with `hf auth login`"):
        upload(folder, lambda line: None)


def test_a_repository_that_is_public_gets_nothing(folder, hub):
    hub.public = True
    with pytest.raises(MedteError, match="there already, and public"):
        upload(folder, lambda line: None)
    assert not hub.large and not hub.commits


def test_a_hub_that_cannot_be_reached_is_an_error(folder, hub):
    hub.shutdown()
    hub.server_close()
    with pytest.raises(MedteError, match="could not be uploaded"):
        upload(folder, lambda line: None)


def test_a_folder_that_was_changed_or_is_another_ones_is_not_uploaded(run, tmp_path):
    with pytest.raises(MedteError, match="was not written by `medte publish`"):
        upload(tmp_path, lambda line: None)
    mine = publish(run, tmp_path / "mine", NAME)
    (mine / CARD).write_text("another card", encoding="utf-8")
    with pytest.raises(MedteError, match=CARD):
        upload(mine, lambda line: None)
