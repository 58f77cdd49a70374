"""A small hub on loopback, which answers the real client well and badly; for the tests of data sets and of models."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import HfApi, constants

OLD, NEW = "a" * 40, "b" * 40


class Hub(ThreadingHTTPServer):
    """One repository: `commits` holds its files. `troubles` maps a file, or "info", to what comes before the true answer."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.commits, self.newest = {OLD: {}}, OLD
        self.troubles, self.asked, self.sizes = {}, [], True


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        if path.startswith("/api/"):
            self.part, self.commit = "info", path.partition("/revision/")[2] or self.server.newest
        else:
            self.commit, self.part = path.partition("/resolve/")[2].split("/", 1)
        self.server.asked.append((self.command, self.commit, self.part))
        troubles = self.server.troubles.get(self.part, [])
        (troubles.pop(0) if troubles else whole)(self)

    do_HEAD = do_GET

    def answer(self, body=b"", status=200, length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def whole(handler):
    files = handler.server.commits.get(handler.commit)
    if files is None:
        handler.answer(status=404, X_Error_Code="RevisionNotFound")
    elif handler.part == "info":
        siblings = [
            {"rfilename": name} | ({"size": len(body)} if handler.server.sizes else {}) for name, body in files.items()
        ]
        handler.answer(json.dumps({"id": "org/exam", "sha": handler.commit, "siblings": siblings}).encode())
    elif handler.part not in files:
        handler.answer(status=404, X_Error_Code="EntryNotFound")
    else:
        send(handler, files[handler.part])


def send(handler, body, most=None):
    """The file, from the byte asked for on; `most` cuts the connection after that many bytes."""
    about = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"', "X_Repo_Commit": handler.commit}
    start = int(handler.headers.get("Range", "bytes=0-")[6:].partition("-")[0])
    rest = body[start:]
    if start:
        about["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
    handler.answer(rest[:most], 206 if start else 200, len(rest), **about)
    handler.close_connection = most is not None or handler.close_connection


def cut_off(handler):
    send(handler, handler.server.commits[handler.commit][handler.part], 0 if "Range" in handler.headers else 40)


def says(status, code=None, body=b""):
    return lambda handler: handler.answer(body, status, **({"X_Error_Code": code} if code else {}))


@pytest.fixture
def loopback_hub(monkeypatch):
    """An empty hub, and a client that may reach it and does not wait between attempts."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    server = Hub()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def models_hub(loopback_hub, tmp_path, monkeypatch):
    """The same hub where the client asks it of itself, with an empty cache."""
    monkeypatch.setattr(HfApi, "__init__", at(loopback_hub.url))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return loopback_hub


def at(url):
    """The client's initialiser, with another place to ask."""
    original = HfApi.__init__
    return lambda self, endpoint=None, **settings: original(self, endpoint or url, **settings)
