"""The hub's own client, asked patiently: what it cannot do becomes one error that says why and what to do."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tenacity

from medte import __version__
from medte.errors import MedteError

ATTEMPTS = 5  # at each request that the hub does not answer
FIRST_WAIT = 1.0  # seconds, doubled at each further attempt
TIMEOUT = 60.0  # seconds without a byte


@dataclass(frozen=True)
class Kind:
    """One kind of repository, as the messages speak of it."""

    noun: str
    address: str  # before a repository's name
    listing: str  # the file of ours that names the repositories
    correction: str  # of the listing, where the hub has no such file


DATA_SET = Kind("data set", "https://huggingface.co/datasets/", "medte/sources/hub.yaml", "correct `files`")
MODEL = Kind("model", "https://huggingface.co/", "medte/models/registry.yaml", "give another `revision`")


def api(endpoint: str | None) -> Any:
    """The hub's own client. MedteError where it is told to stay offline."""
    import huggingface_hub

    if huggingface_hub.is_offline_mode():
        raise MedteError("HF_HUB_OFFLINE is set, so nothing can be fetched from the hub; unset it, then run again")
    return huggingface_hub.HfApi(endpoint, library_name="medte", library_version=__version__)


def silent_bar() -> type:
    """A progress bar that shows nothing: the library does not print."""
    from huggingface_hub.utils import tqdm

    class Silent(tqdm):
        def __init__(self, *arguments: Any, **settings: Any):
            super().__init__(*arguments, **settings | {"disable": True})

    return Silent


def ask(kind: Kind, repository: str, commit: str | None, request: Callable[[], Any]) -> Any:
    """The hub's answer, after a few attempts where it gives none."""
    from huggingface_hub.errors import HTTPError

    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential(multiplier=FIRST_WAIT, max=60),
        retry=tenacity.retry_if_exception(_passing),
        reraise=True,
    )
    try:
        return attempts(request)
    except (HTTPError, OSError, ValueError) as error:
        raise _refusal(kind, repository, commit, _reason(error)) from error


def _reason(error: BaseException) -> BaseException:
    """What is behind the client's "not in the local cache"."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    return error.__cause__ if isinstance(error, LocalEntryNotFoundError) and error.__cause__ else error


def _passing(error: BaseException) -> bool:
    """Whether asking again may help: no answer at all, a cut one, or one that says the hub is busy."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError

    error = _reason(error)
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in (408, 425, 429) or error.response.status_code >= 500
    return isinstance(error, HTTPError | OSError | json.JSONDecodeError)


def _refusal(kind: Kind, repository: str, commit: str | None, error: BaseException) -> MedteError:
    """The error that says what is wrong and what to do."""
    from huggingface_hub import errors

    said = " ".join(str(error).split())[:200]
    status = error.response.status_code if isinstance(error, errors.HfHubHTTPError) else None
    if isinstance(error, errors.RevisionNotFoundError):
        return MedteError(
            f"the hub no longer has commit {commit} of {repository}; if another will do, give it as the revision in {kind.listing}, "
            "and delete what was fetched before"
        )
    if isinstance(error, errors.GatedRepoError) or status == 403:
        return MedteError(
            f"{repository} is open only to those who accepted its terms: do so at {kind.address}{repository}, "
            "log in with `hf auth login`, then run again"
        )
    if isinstance(error, errors.RepositoryNotFoundError) or status == 401:
        return MedteError(
            f"the hub knows no {kind.noun} {repository}: it was renamed, withdrawn or made private; correct {kind.listing}, "
            "or log in with `hf auth login` where you may see it"
        )
    if isinstance(error, errors.EntryNotFoundError):
        return MedteError(
            f"a file of {repository} at {commit} is missing from the hub ({said}); {kind.correction} in {kind.listing}"
        )
    return MedteError(
        f"the hub gives no usable answer for {repository}, at last {type(error).__name__}: {said}; "
        "check connection and disk; what came before is kept: run again to go on"
    )
