"""An endpoint that speaks OpenAI's protocol, through its client; what goes wrong there is said in words."""

import json
import os
from ipaddress import ip_address

import openai
from openai.types.chat import ChatCompletion

from medte.curation.writer import Rejected
from medte.errors import MedteError, unknown

SETTINGS = "MEDTE_WRITER_URL (such as http://localhost:11434/v1) and MEDTE_WRITER_MODEL"
ABOUT_ONE_TEXT = {
    "content_filter": "refused by the endpoint's content filter",
    "context_length_exceeded": "text too long for the model",
}  # codes of HTTP 400 that speak of the text sent, not of the way of asking


def prices() -> tuple[float, float] | None:
    """What a million tokens read, and a million written, cost (MEDTE_WRITER_PRICES); None where it is not set."""
    said = os.environ.get("MEDTE_WRITER_PRICES", "").strip()
    if not said:
        return None
    try:
        read, written = map(float, said.split(","))
    except ValueError as error:
        raise MedteError(
            f"MEDTE_WRITER_PRICES is {said!r}; set it to two numbers, of a million tokens read and of a million written, such as 2.5,10"
        ) from error
    return read, written


class Endpoint:
    """A model at an address. The client itself asks again, after growing waits, at no answer, HTTP 429 or 5xx.

    `local` is whether the address is this machine: in 127.0.0.0/8, ::1 or "localhost", and no name that merely leads
    there. Requests to it pass no proxy and follow no redirect, so that what is sent stays here.
    """

    def __init__(self, url: str, model: str, key: str = "", *, retries: int = 5, timeout: float = 120.0):
        if not url.startswith(("http://", "https://")):
            raise MedteError(
                f"the writer's address is {url!r}; set MEDTE_WRITER_URL to one that begins with http(s)://"
            )
        self.url, self.model = url, model
        self._key = key
        self._client = openai.OpenAI(base_url=url, api_key=key or "none", max_retries=retries, timeout=timeout)
        self.local = is_loopback(self._client.base_url.host)
        if self.local:
            direct = openai.DefaultHttpxClient(trust_env=False, follow_redirects=False, timeout=timeout)
            self._client = self._client.with_options(http_client=direct)

    @classmethod
    def from_environment(cls, **options: float) -> "Endpoint":
        """The endpoint of MEDTE_WRITER_URL and MEDTE_WRITER_MODEL, with MEDTE_WRITER_KEY where it asks for a key."""
        url, model, key = (os.environ.get(f"MEDTE_WRITER_{name}", "").strip() for name in ("URL", "MODEL", "KEY"))
        if not (url and model):
            raise MedteError(f"no model to write with: set {SETTINGS}, or use the extractive writer")
        return cls(url, model, key, **options)

    def ask(self, prompt: str, *, temperature: float, max_tokens: int, seed: int) -> str:
        """The model's reply, empty where it gives none.

        Rejected where the endpoint refuses this one text, MedteError where it gives no answer that can be used.
        """
        try:
            answer = self._client.chat.completions.create(
                model=self.model,
                messages=[{"role": "user", "content": prompt}],
                temperature=temperature,
                max_tokens=max_tokens,
                seed=seed,
                response_format={"type": "json_object"},
            )
        except openai.BadRequestError as error:
            if error.code in ABOUT_ONE_TEXT:
                raise Rejected(ABOUT_ONE_TEXT[error.code]) from error
            raise self._problem(error) from error
        except openai.OpenAIError as error:
            raise self._problem(error) from error
        except json.JSONDecodeError as error:
            raise MedteError(f"{self.url} gives an answer that is no whole JSON; see what runs there") from error
        if not isinstance(answer, ChatCompletion):
            raise MedteError(
                f"{self.url} answers with something else than a reply, {_short(str(answer))}; "
                "check MEDTE_WRITER_URL, which mostly ends in /v1"
            )
        return (answer.choices[0].message.content if answer.choices else "") or ""

    def _problem(self, error: openai.OpenAIError) -> MedteError:
        """The error in words: what was got, and what to do."""
        said = _short(str(error).replace(self._key, "…") if self._key else str(error))
        if isinstance(error, openai.APIConnectionError):
            return MedteError(
                f"no answer from {self.url} ({_short(str(error.__cause__ or error))}); "
                "check MEDTE_WRITER_URL, and that a server runs there"
            )
        if isinstance(error, openai.NotFoundError):
            return self._not_found(said)
        advice = {
            openai.AuthenticationError: "set MEDTE_WRITER_KEY to a valid key",
            openai.PermissionDeniedError: "use a key, or a model, that is allowed this",
            openai.RateLimitError: "wait, raise the quota or ask fewer at once",
            openai.BadRequestError: "use a model and a server that know these settings",
        }
        return MedteError(f"{self.url} answers {said}; {advice.get(type(error), 'see what is wrong there')}")

    def _not_found(self, said: str) -> MedteError:
        """The error for HTTP 404: an unknown model, where the endpoint has a list of models that says so."""
        try:
            known = [model.id for model in self._client.with_options(max_retries=0).models.list().data]
        except (openai.OpenAIError, AttributeError, json.JSONDecodeError):
            known = []
        if known and self.model not in known:
            return unknown("model", self.model, known)
        return MedteError(f"{self.url} answers {said}; check MEDTE_WRITER_URL and MEDTE_WRITER_MODEL ({self.model})")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its literal address, or by the name "localhost"."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _short(text: str) -> str:
    """The first 200 characters of a text, on one line."""
    return " ".join(text.split())[:200]
