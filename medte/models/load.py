"""From a model's name to an encoder: an object with `revision`, `max_length` and `encode(texts)`."""

import importlib
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from medte.errors import MedteError
from medte.manifest import file_sha256
from medte.models.lexical import RandomEncoder, TfidfEncoder
from medte.models.registry import Entry, entry
from medte.profile import Encoding


class Encoder(Protocol):
    """What the evaluation needs of a model."""

    revision: str  # changes whenever the vectors could
    max_length: int | None  # tokens; None where nothing is cut

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text: (n, d), float32."""


class SentenceEncoder:
    """A sentence-transformers model, encoding in batches of similar length under a budget of tokens."""

    def __init__(self, folder: Path, weights_sha256: str, settings: Encoding):
        import torch
        from sentence_transformers import SentenceTransformer

        self.dtype = faster_dtype() if settings.dtype == "auto" else settings.dtype
        self.model = SentenceTransformer(
            str(folder), device=_device(), model_kwargs={"dtype": getattr(torch, self.dtype)}
        )
        self.model.max_seq_length = self.max_length = min(
            settings.max_length, self.model.max_seq_length or settings.max_length
        )
        self.tokens_per_batch = settings.tokens_per_batch
        self.revision = f"{weights_sha256[:16]}-{self.max_length}-{self.dtype}"

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text before it is cut."""
        return [len(ids) for ids in self.model.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text: (n, d), float32."""
        return self.model.encode(
            list(texts), batch_size=len(texts), convert_to_numpy=True, show_progress_bar=False
        ).astype(np.float32)


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


@lru_cache
def faster_dtype() -> str:
    """ "bfloat16" where this machine multiplies matrices at least 1.3 times faster in it, else "float32"."""
    import torch

    if torch.cuda.is_available():
        return "bfloat16"

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(1024, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
        times = []
        for _ in range(6):
            start = time.perf_counter()
            for _ in range(4):
                left @ right
            times.append(time.perf_counter() - start)
        return min(times)

    return "bfloat16" if seconds(torch.float32) > 1.3 * seconds(torch.bfloat16) else "float32"


def weights(folder: Path, expected: str | None = None) -> str:
    """The SHA-256 of the folder's weights. MedteError where there are none, or not the expected ones."""
    path = folder / "model.safetensors"
    if not path.exists():
        raise MedteError(f"{folder} holds no model.safetensors; name a folder that sentence-transformers saved")
    found = file_sha256(path)
    if expected and found != expected:
        raise MedteError(
            f"{path} is not the expected file (sha256 {found[:12]}…, expected {expected[:12]}…); install it again"
        )
    return found


def folder_of(model: Entry, trained: Callable[[str], Path]) -> tuple[Path, str]:
    """(folder, SHA-256 of the weights) of a sentence-transformers model, fetched or trained if need be.

    `trained` gives the folder of the model that a profile's run trains.
    """
    if model.kind == "trained":
        folder = trained(model.profile)
    elif model.kind == "package" and importlib.util.find_spec(model.package):
        folder = Path(importlib.import_module(model.package).get_model_path())
    else:
        from huggingface_hub import snapshot_download

        revision = None if model.revision == "unresolved" else model.revision
        try:
            folder = Path(
                snapshot_download(
                    model.hub, revision=revision, allow_patterns=["*.json", "*.txt", "*.safetensors", "*.model"]
                )
            )
        except (OSError, ValueError) as error:
            raise MedteError(
                f"{model.name} ({model.hub}) is not cached and cannot be fetched: {str(error).splitlines()[0]}"
            ) from error
    return folder, weights(folder, model.sha256)


def load(
    name: str,
    settings: Encoding,
    *,
    seed: int,
    training_texts: Callable[[], Sequence[str]],
    trained: Callable[[str], Path],
) -> Encoder:
    """The encoder of that name.

    `training_texts` gives the edition's training texts (TF-IDF is fitted on them), `trained` the folder of the model that
    a profile's run trains. MedteError for an unknown name, for weights whose hash is not the recorded one, and for a
    model that cannot be fetched.
    """
    model = entry(name)
    if model.kind == "random":
        return RandomEncoder(seed)
    if model.kind == "tfidf":
        return TfidfEncoder(training_texts())
    folder, sha256 = folder_of(model, trained)
    return SentenceEncoder(folder, sha256, settings)
