"""The one polite, sturdy way to fetch: every source that is read over the network is read through a `Getter`.

A source describes what it wants as a *walk*: a generator that yields one `Request` after another and is sent the body of
each. The next request may so depend on the last answer (a page token, a cursor, ids found):

    def _studies(query: str) -> Walk:
        token, left = None, None
        while True:
            params = {"query.term": query, "pageSize": 1000, "countTotal": "true"} | ({"pageToken": token} if token else {})
            page = json_value((yield Request(URL, params, check=_is_page, left=left)))
            token = page.get("nextPageToken")
            left = …  # requests that follow the next one, once the source has said how many there are
            if not token:
                return

    getter = Getter(folder, contact(), Manners(per_second=1), say=print)
    for body in getter.pages("studies", _studies("asthma")):  # bytes, one page after another
        …
    getter.finish({"source": "clinicaltrials", "query": "asthma", "licence": "public domain"})

    for body in stored_pages(folder, "studies"):  # later, without a network
        …

Every page lies as it came in `folder/<walk>/<number>-<identity>.gz`, whole or not at all. A walk that is run again reads
the pages that are there and asks only for the others; the manifest is written last, by `finish`. A walk must be
deterministic: the same answers lead to the same requests, without clock or chance.
"""

import gzip
import json
import os
import time
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import tenacity

from medte import __version__
from medte.errors import MedteError
from medte.manifest import digest, file_sha256, seal, unseal


class Unusable(Exception):
    """What came is not what was asked for; raised by a request's `check`, the page is not kept and is asked for again."""


class _Busy(Exception):
    """The source gives no usable page now; `wait` is how many seconds it asks for."""

    def __init__(self, reason: str, wait: float = 0.0):
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True)
class Manners:
    """What a source asks of its visitors, and how long a visitor is patient with it. All times in seconds."""

    per_second: float  # requests, as the source's own rules allow
    attempts: int = 8  # at each page
    first_wait: float = 1.0  # doubled at each further attempt
    longest_wait: float = 300.0  # a source that asks for longer is left alone until the next run
    timeout: float = 60.0  # without a byte


@dataclass(frozen=True)
class Request:
    """One page to ask for.

    `check` gets the body and raises `Unusable` where it is not what was asked for (see `json_value`); an empty body never
    is. `private` holds parameters that are sent but neither kept nor part of the page's identity: a key, an e-mail address.
    `left` is how many requests follow this one, or None where the walk does not know yet; it gives time left and the dry
    run's count.
    """

    url: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    check: Callable[[bytes], object] = bool
    private: Mapping[str, str] = field(default_factory=dict)
    left: int | None = None

    def identity(self) -> str:
        """16 hex digits: the same for the same address and parameters."""
        return digest([self.url, {name: str(value) for name, value in self.params.items()}])


Walk = Generator[Request, bytes, None]


@dataclass(frozen=True)
class Plan:
    """What is still to be fetched of a walk; None where the source does not say how many pages there are."""

    requests: int | None
    bytes: int | None  # uncompressed, by the mean of the pages seen
    minutes: float | None

    def __str__(self) -> str:
        if self.requests is None:
            return "an unknown number of requests"
        if self.requests == 0:
            return "no requests: everything is there"
        return f"{self.requests:,} requests, about {self.bytes / 1e6:,.1f} MB, about {_duration(60 * self.minutes)}"


def contact() -> str:
    """The e-mail address under which sources can reach whoever fetches from them (`MEDTE_EMAIL`)."""
    address = os.environ.get("MEDTE_EMAIL", "").strip()
    if "@" not in address:
        raise MedteError(
            f"MEDTE_EMAIL is {address!r}; set it to an e-mail address: sources want to know whom to write to"
        )
    return address


def json_value(body: bytes, *keys: str) -> Any:
    """The JSON value of a page. Unusable where it is no UTF-8 JSON (HTML, cut off, empty) or an object without `keys`."""
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unusable(f"not UTF-8: {_start(body)}") from error
    except json.JSONDecodeError as error:
        raise Unusable(f"not JSON: {_start(body)}") from error
    if keys and not (isinstance(value, dict) and all(key in value for key in keys)):
        raise Unusable(f"JSON without {', '.join(keys)}: {_start(body)}")
    return value


def stored_pages(folder: Path, walk: str) -> Iterator[bytes]:
    """The bodies of a finished walk, in order, from the files that the manifest of `folder` lists."""
    manifest = unseal(folder)
    if manifest is None:
        raise MedteError(f"{folder} was never finished; run the download again, it goes on where it stopped")
    for name, expected in sorted(manifest["files"].items()):
        if name.startswith(f"{walk}/"):
            path = folder / name
            if not path.exists() or file_sha256(path) != expected:
                raise MedteError(f"{path} is missing or damaged; delete it and run the download again")
            yield gzip.decompress(path.read_bytes())


class Getter:
    """Fetches the walks of one source into a folder of raw pages; a context manager that closes its connections."""

    def __init__(self, folder: Path, email: str, manners: Manners, say: Callable[[str], None] = lambda line: None):
        self.folder, self.email = folder, email
        self._manners = manners
        self._say = say
        self._pages: dict[Path, int] = {}  # every page of the walks so far, and its bytes
        self._unfinished: set[str] = set()  # names of walks
        self._asked, self._seconds = 0, 0.0  # pages fetched by this getter, and the time that took
        self._next_start = 0.0  # of a request, on the monotonic clock
        self._next_line = 0.0  # of progress
        self._client = httpx.Client(
            timeout=manners.timeout,
            follow_redirects=True,
            headers={"User-Agent": f"medte/{__version__} (mailto:{email})"},
        )

    def __enter__(self) -> "Getter":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def pages(self, name: str, walk: Walk) -> Iterator[bytes]:
        """The body of each page that `walk` asks for, from the folder or from the source. `name` is a plain word.

        MedteError where the source stays unreachable, refuses, or repeats itself (a page token given twice).
        """
        self._unfinished.add(name)
        for number, (request, path, body) in enumerate(self._go(name, walk), start=1):
            self._pages[path] = len(body)
            self._progress(name, number, request.left)
            yield body
        self._unfinished.discard(name)

    def dry_run(self, name: str, walk: Walk) -> Plan:
        """What is still to be fetched of a walk. It asks for one page at most, which is kept."""
        sizes = []
        for request, _, body in self._go(name, walk, most=1):
            if body is None:
                if request.left is None:
                    return Plan(None, None, None)
                requests = 1 + request.left
                return Plan(requests, round(requests * sum(sizes) / len(sizes)), requests * self._pace() / 60)
            sizes.append(len(body))
        return Plan(0, 0, 0.0)

    def finish(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Write the manifest of the folder, last of all: `facts`, day, pages, bytes and the hash of each page.

        `facts` says source, query, licence and the count of records. A manifest that says the same already stays as it is.
        """
        if self._unfinished:
            raise ValueError(f"not gone to the end: {', '.join(sorted(self._unfinished))}; nothing was sealed")
        facts = {**facts, "pages": len(self._pages), "bytes": sum(self._pages.values())}
        before = unseal(self.folder) or {}
        names = {str(path.relative_to(self.folder)) for path in self._pages}
        if set(before.get("files", {})) == names and before == before | facts:
            return before
        return seal(self.folder, facts | {"fetched": datetime.now(UTC).date().isoformat()}, self._pages)

    def _go(self, name: str, walk: Walk, most: int | None = None) -> Iterator[tuple[Request, Path, bytes | None]]:
        """(request, file, body) of each page. After `most` pages fetched, a page that is not there ends it, body None."""
        body, path, seen, asked_before = None, None, set(), self._asked
        while True:
            try:
                request = walk.send(body)
            except StopIteration:
                return
            identity = request.identity()
            if identity in seen:
                path.unlink()
                raise MedteError(
                    f"{request.url} repeats itself: it names a page that it gave before; run again to go on"
                )
            seen.add(identity)
            path = self.folder / name / f"{len(seen):06d}-{identity}.gz"
            if path.exists():
                body = _unpacked(path)
            elif most is not None and self._asked - asked_before >= most:
                yield request, path, None
                return
            else:
                body = self._ask(request)
                self._keep(path, body)
            yield request, path, body

    def _keep(self, path: Path, body: bytes) -> None:
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(gzip.compress(body, mtime=0))
            os.replace(part, path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise MedteError(
                f"cannot write {path}: {error.strerror}; free some space, then run again to go on"
            ) from error

    def _ask(self, request: Request) -> bytes:
        """The body of one page from the source, after as many attempts as its manners allow."""
        manners, start = self._manners, time.monotonic()
        growing = tenacity.wait_exponential(multiplier=manners.first_wait, max=manners.longest_wait)
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(manners.attempts),
            wait=lambda state: max(growing(state), state.outcome.exception().wait),
            retry=tenacity.retry_if_exception_type(_Busy),
            before_sleep=lambda state: self._say(
                f"{state.outcome.exception()}; waiting {_duration(state.next_action.sleep)}"
            ),
            reraise=True,
        )
        try:
            body = attempts(self._attempt, request)
        except _Busy as error:
            raise MedteError(
                f"{request.url} gave no page in {manners.attempts} attempts, at last: {error}; "
                f"what came before is kept in {self.folder}: run again later to go on"
            ) from error
        self._asked += 1
        self._seconds += time.monotonic() - start
        return body

    def _attempt(self, request: Request) -> bytes:
        time.sleep(max(0.0, self._next_start - time.monotonic()))
        self._next_start = time.monotonic() + 1 / self._manners.per_second
        try:
            answer = self._client.get(httpx.URL(request.url).copy_merge_params({**request.params, **request.private}))
        except httpx.RequestError as error:
            raise _Busy(f"{type(error).__name__}: {error}") from error
        problem = self._problem(request, answer)
        if problem is None:
            return answer.content
        wait = _retry_after(answer)
        if wait > self._manners.longest_wait:
            raise MedteError(
                f"{request.url} says {problem} and asks to be left alone for {_duration(wait)}; "
                f"what came before is kept in {self.folder}: run again after that to go on"
            )
        raise _Busy(problem, wait)

    @staticmethod
    def _problem(request: Request, answer: httpx.Response) -> str | None:
        """Why the page has to be asked for again, or None where it is good. MedteError where asking again is no use."""
        if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
            return f"HTTP {answer.status_code}"
        if answer.status_code != 200:
            said = _without(request.private, _start(answer.content))
            raise MedteError(f"{request.url} refuses with HTTP {answer.status_code}: {said}; check query and key")
        try:
            if not answer.content:
                raise Unusable("an empty page")
            request.check(answer.content)
        except Unusable as error:
            return _without(request.private, str(error))
        return None

    def _pace(self) -> float:
        """Seconds a page, as the source allows or as it was so far."""
        measured = self._seconds / self._asked if self._asked else 0.0
        return max(1 / self._manners.per_second, measured)

    def _progress(self, name: str, number: int, left: int | None) -> None:
        """A line every ten seconds, and one at the end."""
        if time.monotonic() < self._next_line and left != 0:
            return
        self._next_line = time.monotonic() + 10
        total = "" if left is None else f" of {number + left:,}"
        rest = f", about {_duration(left * self._pace())} left" if left else ""
        self._say(f"{name}: page {number:,}{total}, {sum(self._pages.values()) / 1e6:,.1f} MB{rest}")


def _unpacked(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise MedteError(f"{path} is damaged ({error}); delete it and run again, it alone is fetched anew") from error


def _retry_after(answer: httpx.Response) -> float:
    """Seconds that the answer asks to wait, given as such or as a date; 0 where it says nothing that can be read."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _start(body: bytes) -> str:
    """The first 100 characters of a page, on one line, to show in a message."""
    return repr(" ".join(body[:400].decode("utf-8", "replace").split())[:100])


def _without(private: Mapping[str, str], text: str) -> str:
    for value in private.values():
        text = text.replace(value, "…")
    return text


def _duration(seconds: float) -> str:
    """Seconds, minutes or hours, whichever reads best."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
