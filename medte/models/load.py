"""From a model's name to an encoder: an object with `revision`, `max_length`, `side(role)` and `encode(texts, side)`."""

import importlib.util
import pickle
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np

from medte import paths
from medte.errors import MedteError
from medte.hub_client import MODEL
from medte.machine import faster_dtype
from medte.manifest import digest
from medte.models.folder import about, code_elsewhere, own_length
from medte.models.hub import Say, code_allowed, fetch, mirrored, weights
from medte.models.lexical import Bm25, RandomEncoder, TfidfEncoder
from medte.models.registry import WITHOUT_WEIGHTS, Entry, entry
from medte.profile import Encoding


class Encoder(Protocol):
    """What the evaluation needs of a model.

    The role of a text is "query" or "document" in retrieval, else its task's family; roles of one side are encoded alike.
    """

    revision: str  # changes whenever the vectors could
    max_length: int | None  # tokens; None where nothing is cut

    def side(self, role: str) -> str:
        """The side of the texts of that role; "" where all are encoded alike."""

    def encode(self, texts: Sequence[str], side: str = "") -> np.ndarray:
        """One row a text: (n, d), float32."""


class SentenceEncoder:
    """A sentence-transformers model; where its prompts are on, the side of a text is the prompt before it.

    Texts are cut, prompt included, at the profile's length, the name's or the model's own, whichever is shortest. The
    model itself is loaded when the first text is encoded: to know the revision is cheap.
    """

    def __init__(self, folder: Path, weights_sha256: str, settings: Encoding, model: Entry):
        self.folder, self.entry = folder, model
        self.code = code_allowed(model)
        if self.code:
            _require_own_code(model, folder)
        self.dtype = faster_dtype() if settings.dtype == "auto" else settings.dtype
        limits = (settings.max_length, model.cut, model.max_length, own_length(folder))
        self.max_length = min(limit for limit in limits if limit)
        if model.cut and model.cut > self.max_length:
            raise MedteError(
                f"{model.name} asks for {model.cut} tokens, but the profile or the model cuts at {self.max_length}; "
                f"name {model.base}@{self.max_length}, or raise encoding.max_length in the profile"
            )
        self.tokens_per_batch = settings.tokens_per_batch
        self.prompts = model.prompts if model.with_prompts else {}
        facts = [weights_sha256[:16], about(folder, self.code), self.max_length, self.dtype, model.pooling]
        layers, prompts = model.layers and f"l{model.layers}", self.prompts and f"p{digest(self.prompts)[:8]}"
        self.revision = "-".join(str(fact) for fact in (*facts, layers, prompts) if fact)

    @cached_property
    def model(self):
        """The model in memory. MedteError where its files cannot be loaded."""
        import torch

        model = sentence_transformer(
            self.folder,
            self.entry.pooling,
            trust_remote_code=self.code,
            model_kwargs={"dtype": getattr(torch, self.dtype)},
        )
        model.max_seq_length = self.max_length
        model.default_prompt_name = None
        if self.entry.layers:
            encoder = model[0].auto_model.encoder
            encoder.layer = encoder.layer[: self.entry.layers]
        return model

    def __getstate__(self) -> dict:
        """Without the model in memory: who unpickles it, such as a worker, loads its own."""
        return {name: value for name, value in self.__dict__.items() if name != "model"}

    def side(self, role: str) -> str:
        """The prompt of that role, "" where it has none or prompts are off."""
        return self.prompts.get(role, "")

    def token_counts(self, texts: Sequence[str], side: str = "") -> list[int]:
        """The number of tokens of each text with its prompt, before it is cut."""
        prompted = [side + text for text in texts]
        return [len(ids) for ids in self.model.tokenizer(prompted, truncation=False, verbose=False)["input_ids"]]

    def encode(self, texts: Sequence[str], side: str = "") -> np.ndarray:
        """One row a text: (n, d), float32."""
        rows = self.model.encode(
            list(texts), prompt=side or None, batch_size=len(texts), convert_to_numpy=True, show_progress_bar=False
        )
        return rows.astype(np.float32)


class TwoSidedEncoder(SentenceEncoder):
    """A sentence encoder of documents and all that is no query, with a second one for queries (MedCPT)."""

    def __init__(self, folder: Path, weights_sha256: str, settings: Encoding, model: Entry, queries: SentenceEncoder):
        super().__init__(folder, weights_sha256, settings, model)
        self.queries = queries
        self.revision = f"{self.revision}-q{digest(queries.revision)[:8]}"

    def side(self, role: str) -> str:
        """ "query" or "document"."""
        return "query" if role == "query" else "document"

    def token_counts(self, texts: Sequence[str], side: str = "document") -> list[int]:
        """The number of tokens of each text before it is cut."""
        return self.queries.token_counts(texts) if side == "query" else super().token_counts(texts)

    def encode(self, texts: Sequence[str], side: str = "document") -> np.ndarray:
        """One row a text: (n, d), float32, of the side's encoder."""
        return self.queries.encode(texts) if side == "query" else super().encode(texts)


class StaticEncoder:
    """Word vectors averaged over a text, in model2vec's format; nothing is cut."""

    max_length = None

    def __init__(self, folder: Path, weights_sha256: str):
        from model2vec import StaticModel

        self.model = StaticModel.from_pretrained(folder)
        self.revision = f"{weights_sha256[:16]}-{about(folder)}-model2vec-{version('model2vec')}"

    def side(self, role: str) -> str:
        """Always "": all texts are encoded alike."""
        return ""

    def encode(self, texts: Sequence[str], side: str = "") -> np.ndarray:
        """One row a text: (n, d), float32."""
        return self.model.encode(list(texts), max_length=None).astype(np.float32)


def sentence_transformer(folder: Path, pooling: str | None = None, **kwargs):
    """The sentence-transformers model of a folder, on the accelerator if there is one, without bars and chatter.

    A folder without modules of its own (modules.json) is a plain transformer, pooled as `pooling` says; None is the mean,
    as the paper took it. MedteError where the files are no model, or would run code.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        model = SentenceTransformer(str(folder), device=device, **kwargs)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, pickle.UnpicklingError) as error:
        raise _refusal(folder, error) from error
    if not (folder / "modules.json").exists():
        model[1] = Pooling(model[1].embedding_dimension, pooling or "mean")
    return model


def _refusal(folder: Path, error: Exception) -> MedteError:
    """The error that says why a model cannot be loaded and what to do."""
    if "trust_remote_code" in str(error):
        return MedteError(
            f"the model in {folder} needs code of its own, which is not run: the installed transformers and "
            "sentence-transformers do not know its kind; save a model of a kind that they know, install newer ones, or list "
            f"its repository in {MODEL.listing} with remote_code: true"
        )
    return MedteError(
        f"the model in {folder} cannot be loaded ({type(error).__name__}: {' '.join(str(error).split())[:200]}); "
        "its files are damaged, no model, or made for other versions: get it anew"
    )


def _require_own_code(model: Entry, folder: Path) -> None:
    if others := code_elsewhere(folder):
        raise MedteError(
            f"{model.base} ({model.hub}) takes code from {', '.join(others)}, whatever stands there that day, and such code is "
            f"not run; in {MODEL.listing}, name a revision of {model.hub} that holds its own code, or take out remote_code "
            "if transformers knows the model itself"
        )


def folder_of(model: Entry, trained: Callable[[Entry], Path], say: Say = lambda line: None) -> tuple[Path, str]:
    """(folder, SHA-256 of the weights) of a model that is kept in a folder: the mirror's, the package's, or fetched or trained.

    `trained` gives the folder of a model that a profile's run trains; `say` gets a line for each step of a download.
    MedteError for a model without weights, and for weights that are not the expected ones.
    """
    mirror = paths.mirror()
    if model.kind in WITHOUT_WEIGHTS:
        raise MedteError(
            f"{model.name} has no weights and is in no folder; name a model that has, such as all-MiniLM-L6-v2"
        )
    if model.kind == "trained":
        folder = trained(model)
    elif model.kind == "folder":
        folder = model.folder
    elif model.mirror and mirror and (mirror / model.mirror).is_dir():
        folder = mirror / model.mirror
        return folder, mirrored(model, folder)
    elif model.kind == "package" and importlib.util.find_spec(model.package):
        folder = Path(importlib.import_module(model.package).get_model_path())
    elif model.hub:
        return fetch(model, say)
    else:
        raise MedteError(f"{model.name} needs the package {model.package}; install it, then run again")
    return folder, weights(folder, model.sha256)


def load(
    name: str,
    settings: Encoding,
    *,
    seed: int,
    corpus: Callable[[], Sequence[str]],
    trained: Callable[[Entry], Path],
    say: Say = lambda line: None,
) -> Encoder | Bm25:
    """The encoder of that name, or BM25, which only searches.

    `corpus` gives the texts that are to be encoded (TF-IDF counts words in them), `trained` the folder of a model that a
    profile's run trains, `say` gets a line for each step of a download. MedteError for an unknown name, for weights whose
    hash is not the recorded one, and for a model that cannot be fetched.
    """
    model = entry(name)
    if model.kind == "random":
        return RandomEncoder(seed)
    if model.kind == "tfidf":
        return TfidfEncoder(corpus())
    if model.kind == "bm25":
        return Bm25()
    folder, sha256 = folder_of(model, trained, say)
    if model.kind == "static":
        return StaticEncoder(folder, sha256)
    encoder = SentenceEncoder(folder, sha256, settings, model)
    if not model.document_hub:
        return encoder
    documents = model.document_encoder()
    return TwoSidedEncoder(*folder_of(documents, trained, say), settings, documents, encoder)
