"""The writer that asks a language model: a service, or a local vLLM or Ollama.

The endpoint is named in the environment, and what was replied is kept where the caller says:

    writer = ModelWriter(Endpoint.from_environment(), folder / "replies.jsonl", prices=(2.5, 10.0))
    print(writer.estimate(records, wanted))
    for record in written(records, wanted, writer, print):
        …
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from medte.curation.writer import Rejected, Request, Say, Wanted, to_write
from medte.curation.writing.endpoint import Endpoint
from medte.curation.writing.replies import Replies
from medte.curation.writing.reply import LENGTHS, texts_of
from medte.errors import MedteError
from medte.manifest import digest
from medte.records import Record

PROMPTS = Path(__file__).parent.parent / "prompts"
ATTEMPTS = 3  # at each request, each with a seed of its own
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Estimate:
    """What writing will cost, before any reply is rejected and asked for again.

    Tokens are characters / 4: of the prompts as they are, of the replies at their greatest length. `cost` is in the
    currency of the prices; None where they are unknown.
    """

    calls: int
    kept: int  # requests that are decided by replies from before
    tokens_read: int
    tokens_written: int
    cost: float | None

    def __str__(self) -> str:
        cost = "unknown, since no prices are given" if self.cost is None else f"at most {self.cost:,.2f}"
        return (
            f"{self.calls:,} calls, {self.kept:,} more decided by kept replies; about {self.tokens_read:,} tokens to "
            f"read, at most {self.tokens_written:,} to write; cost {cost}; a rejected reply is asked for again, "
            f"{ATTEMPTS - 1} times at most"
        )


class ModelWriter:
    """A language model, asked as in the paper: temperature 0.7, at most 1000 tokens (recipe §3).

    Every reply is kept in the file `replies`, by all that was asked (model, prompt with its text, temperature, limit,
    seed): a run that is repeated gives the same texts and asks for nothing. A rejected reply is kept too, and asked for
    again with the next seed, 2 times at most. `prices` are those of a million tokens read and of a million written.

    Credentialed text (a licence of PhysioNet, or `facts["credentialed"]`) is refused before any call, unless
    `allow_credentialed` is set and the endpoint is local; `replies` must then lie where such text may.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        replies: Path,
        *,
        temperature: float = 0.7,
        max_tokens: int = 1000,
        seed: int = 0,
        at_once: int = 4,
        prices: tuple[float, float] | None = None,
        allow_credentialed: bool = False,
    ):
        self.name = f"model {endpoint.model}"
        self.at_once = at_once
        self._endpoint = endpoint
        self._replies = Replies(replies)
        self._settings = {"temperature": float(temperature), "max_tokens": max_tokens}
        self._seed = seed
        self._prices = prices
        self._may_see_credentialed = allow_credentialed and endpoint.local

    def estimate(self, records: Sequence[Record], wanted: Wanted) -> Estimate:
        """What it will cost to write what the records lack; nothing is asked for."""
        asked = to_write(records, wanted)
        undecided = [request for request in asked if not self._decided(request)]
        read = sum(len(prompt(request)) for request in undecided) // CHARACTERS_PER_TOKEN
        longest = sum(LENGTHS[column][1] for request in undecided for column in request.columns) // CHARACTERS_PER_TOKEN
        cost = None
        if self._prices is not None:
            cost = (read * self._prices[0] + longest * self._prices[1]) / 1e6
        return Estimate(len(undecided), len(asked) - len(undecided), read, longest, cost)

    def prepare(self, records: Sequence[Record], wanted: Wanted, say: Say) -> None:
        """Refuse credentialed text, then say what will be asked and what it will cost."""
        self._guard(to_write(records, wanted))
        if self._replies.damaged:
            say(f"{self._replies.path}: {self._replies.damaged:,} damaged lines; their replies are asked for again")
        say(f"{self.name}: {self.estimate(records, wanted)}")

    def write(self, request: Request) -> dict[str, str]:
        """The texts of the first reply that stands the checks of `texts_of`; Rejected as the last one was.

        MedteError where the endpoint gives no more answers; what it gave is kept.
        """
        self._guard([request])
        for asked in self._attempts(request):
            reply = self._replies.get(self._key(asked))
            if reply is None:
                reply = self._ask(request, asked)
            try:
                return texts_of(reply, request)
            except Rejected as reason:
                rejected = reason
        raise rejected

    def _attempts(self, request: Request) -> list[dict[str, Any]]:
        """What is asked at each attempt."""
        filled = prompt(request)
        return [{"prompt": filled, "seed": self._seed + attempt, **self._settings} for attempt in range(ATTEMPTS)]

    def _key(self, asked: dict[str, Any]) -> str:
        return digest([self._endpoint.model, asked])

    def _ask(self, request: Request, asked: dict[str, Any]) -> str:
        try:
            reply = self._endpoint.ask(**asked)
        except MedteError as error:
            raise MedteError(
                f"{error}; asked for {request.record.id}; {len(self._replies):,} replies are kept in "
                f"{self._replies.path}: run again to go on"
            ) from error
        about = {"record": request.record.id, "model": self._endpoint.model, "seed": asked["seed"]}
        return self._replies.keep(self._key(asked), reply, **about)

    def _decided(self, request: Request) -> bool:
        """Whether kept replies decide what the request gets: one is accepted, or all are there and rejected."""
        for asked in self._attempts(request):
            reply = self._replies.get(self._key(asked))
            if reply is None:
                return False
            try:
                texts_of(reply, request)
            except Rejected:
                continue
            return True
        return True

    def _guard(self, asked: Iterable[Request]) -> None:
        """MedteError where text that may not leave this machine would be sent."""
        refused = [request.record for request in asked if is_credentialed(request.record)]
        if refused and not self._may_see_credentialed:
            first = refused[0]
            raise MedteError(
                f"{first.id} ({first.licence}) and {len(refused) - 1:,} more requests hold credentialed text, which is "
                f"not sent to {self._endpoint.url}; use the extractive writer, or a model on this machine with "
                "allow_credentialed=True"
            )


def is_credentialed(record: Record) -> bool:
    """Whether only credentialed users may see the record's text."""
    return record.licence.casefold().startswith("physionet") or bool(record.facts.get("credentialed"))


def prompt(request: Request) -> str:
    """What the model is told: the prompt of the request's columns with its title, key words and text."""
    key_words = "; ".join(request.key_words) or "none known"
    return _template(request.columns).substitute(title=request.title, key_words=key_words, text=request.text)


@cache
def _template(columns: tuple[str, ...]) -> Template:
    return Template((PROMPTS / f"{'-'.join(columns)}.md").read_text(encoding="utf-8"))
