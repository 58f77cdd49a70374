"""From a model's name to an encoder: an object with `revision`, `max_length` and `encode(texts)`."""

import importlib
import json
import platform
import time
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from medte import paths
from medte.errors import MedteError
from medte.manifest import code_digest, file_sha256, write_json
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
    """A sentence-transformers model, encoding in batches of similar length under a budget of tokens.

    The model itself is loaded when the first text is encoded: to know the revision is cheap.
    """

    def __init__(self, folder: Path, weights_sha256: str, settings: Encoding, layers: int | None = None):
        """`layers` keeps only the first so many layers of the transformer."""
        self.folder, self.layers = folder, layers
        self.dtype = faster_dtype() if settings.dtype == "auto" else settings.dtype
        self.max_length = settings.max_length
        self.tokens_per_batch = settings.tokens_per_batch
        about = code_digest(
            *(path for path in folder.rglob("*.json") if path.name != "manifest.json")
        )  # pooling, tokenizer
        self.revision = f"{weights_sha256[:16]}-{about[:8]}-{self.max_length}-{self.dtype}" + (
            f"-l{layers}" if layers else ""
        )

    @cached_property
    def model(self):
        """The model in memory, cutting texts at the profile's length or its own, whichever is shorter."""
        import torch

        model = sentence_transformer(self.folder, model_kwargs={"dtype": getattr(torch, self.dtype)})
        model.max_seq_length = min(self.max_length, model.max_seq_length or self.max_length)
        if self.layers:
            encoder = model[0].auto_model.encoder
            encoder.layer = encoder.layer[: self.layers]
        return model

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text before it is cut."""
        return [len(ids) for ids in self.model.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text: (n, d), float32."""
        rows = self.model.encode(list(texts), batch_size=len(texts), convert_to_numpy=True, show_progress_bar=False)
        return rows.astype(np.float32)


class StaticEncoder:
    """Word vectors averaged over a text, in model2vec's format; nothing is cut."""

    max_length = None

    def __init__(self, folder: Path, weights_sha256: str):
        from model2vec import StaticModel

        self.model = StaticModel.from_pretrained(folder)
        self.revision = f"{weights_sha256[:16]}-model2vec"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text: (n, d), float32."""
        return self.model.encode(list(texts), max_length=None).astype(np.float32)


def sentence_transformer(folder: Path, **kwargs):
    """The sentence-transformers model of a folder, on the accelerator if there is one, without bars and chatter."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    return SentenceTransformer(str(folder), device="cuda" if torch.cuda.is_available() else "cpu", **kwargs)


@lru_cache
def faster_dtype() -> str:
    """ "bfloat16" where this machine multiplies matrices at least 1.3 times faster in it, else "float32".

    Measured once on a machine and kept in the home folder: a busy moment must not change the dtype between two steps
    of one run.
    """
    known = paths.home() / "machine.json"
    here = f"{platform.node()} {platform.processor() or platform.machine()}"
    facts = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    if facts.get("machine") != here:
        facts = {"machine": here, "dtype": _measure_dtype()}
        write_json(known, facts)
    return facts["dtype"]


def _measure_dtype() -> str:
    import torch

    if torch.cuda.is_available():
        return "bfloat16"

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(1024, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
        times = []
        for _ in range(10):
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


def folder_of(model: Entry, trained: Callable[[Entry], Path]) -> tuple[Path, str]:
    """(folder, SHA-256 of the weights) of a model that is kept in a folder, fetched or trained if need be.

    `trained` gives the folder of a model that a profile's run trains.
    """
    mirror = paths.mirror()
    if model.kind == "trained":
        folder = trained(model)
    elif model.mirror and mirror and (mirror / model.mirror).is_dir():
        folder = mirror / model.mirror
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
    corpus: Callable[[], Sequence[str]],
    trained: Callable[[Entry], Path],
) -> Encoder:
    """The encoder of that name.

    `corpus` gives the texts that are to be encoded (TF-IDF counts words in them), `trained` the folder of a model that a
    profile's run trains. MedteError for an unknown name, for weights whose hash is not the recorded one, and for a
    model that cannot be fetched.
    """
    model = entry(name)
    if model.kind == "random":
        return RandomEncoder(seed)
    if model.kind == "tfidf":
        return TfidfEncoder(corpus())
    folder, sha256 = folder_of(model, trained)
    if model.kind == "static":
        return StaticEncoder(folder, sha256)
    return SentenceEncoder(folder, sha256, settings, model.layers)
