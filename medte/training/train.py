"""Contrastive fine-tuning of a sentence encoder on text pairs (recipe §2): what it is trained on, what comes out, and its key.

`batches.py` says which pairs meet, `loss.py` what is learned from a batch, `fit.py` how the steps go.
"""

import hashlib
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from medte import paths
from medte.chance import chance
from medte.errors import MedteError
from medte.machine import faster_dtype, machine
from medte.manifest import code_digest, digest, seal, unseal, verify
from medte.models.load import sentence_transformer
from medte.profile import Training
from medte.training.batches import Schedule, kmeans, schedule
from medte.training.fit import all_here, describe, devices, encode, fit, is_full
from medte.training.heldout import assess, hold_out

PLAN = "plan.npz"  # of the batches, beside the checkpoints
BEGINNING = 10_000  # characters of a text that are looked at for a known word
ASIDE = {"candidates", "candidate_steps", "variants"}  # what else is trained does not change this training


def training_key(settings: Training, base_sha256: str, pairs: pd.DataFrame, pooling: str | None = None) -> str:
    """A digest of all that decides the trained weights: pairs, base, settings, versions, this code."""
    code = code_digest(paths.PACKAGE / "training", paths.PACKAGE / "curation" / "deduplicate.py")
    versions = [version(package).split("+")[0] for package in ("torch", "sentence-transformers", "transformers")]
    chosen = settings.model_dump(exclude=ASIDE)
    return digest([chosen, in_bf16(settings), base_sha256, pooling, pairs.values.tolist(), versions, code])


def in_bf16(settings: Training) -> bool:
    return settings.bf16 is True or (settings.bf16 == "auto" and faster_dtype() == "bfloat16")


def train(
    settings: Training,
    base: Path,
    base_sha256: str,
    pairs: pd.DataFrame,
    folder: Path,
    say: Callable[[str], None] = lambda line: None,
    pooling: str | None = None,
) -> dict:
    """Fine-tune `base` into `folder` and return its manifest: key, held-out figures, learning curve, speed.

    A folder finished with the same key is kept as it is; an interrupted training goes on from its last checkpoint.
    `pairs` has sentence1, sentence2, source, document; `pooling` is that of a base without modules of its own (None: the
    mean). MedteError where no pairs are left to train on, or the disk is full.
    """
    key = training_key(settings, base_sha256, pairs, pooling)
    finished = unseal(folder)
    if finished and finished["key"] == key:
        verify(folder, "model.safetensors")
        return finished
    count, rank = devices()
    if settings.batch_size % count:
        raise MedteError(f"a batch of {settings.batch_size} pairs cannot be dealt out evenly to {count} processes")
    if rank:
        say = _silent
    if len(pairs) < 2:
        raise MedteError(f"{len(pairs)} pairs are too few to train on; add sources to the profile")
    kept, held = hold_out(pairs, settings.validation_pairs, _by_hash)
    if settings.reshuffled:
        kept = reshuffled(kept, settings.seed)
    if len(kept) < 2:
        raise MedteError(f"{len(pairs)} pairs are too few to train on; add sources to the profile")

    model = load_base(base, settings, pooling)
    own_length, model.max_seq_length = model.max_seq_length, settings.max_length
    kept, unreadable = readable(model.tokenizer, kept, settings.max_length)
    for source in sorted(set(settings.sources) - set(kept["source"])):
        say(f"{source}: no pairs, so nothing is learned from it")
    if unreadable:
        say(f"{unreadable:,} pairs left out: one of their texts has no word that the tokenizer knows")
    checkpoints = folder.with_name(f"{folder.name}-checkpoints")
    here = checkpoints / (f"{key}-{count}" if count > 1 else key)
    if rank == 0:
        _plan(model, kept, settings, count, here / PLAN, say)
    all_here()
    plan = Schedule.load(here / PLAN)
    before = assess(lambda texts: encode(model, texts), held, settings.temperature)
    say(
        f"training on {len(kept):,} pairs of {kept['source'].nunique()} sources; {len(held)} held out; base {describe(before)}"
    )
    weights = {name: value.detach().clone() for name, value in model.state_dict().items()} if settings.average else {}
    fitted = fit(model, settings, in_bf16(settings), kept, held, plan, here, say)
    average(model, weights, settings.average)
    after = assess(lambda texts: encode(model, texts), held, settings.temperature)
    if not np.isfinite(after["loss"]):
        raise MedteError(f"the trained weights give no numbers: held-out loss {after['loss']}; lower the learning rate")
    speed = fitted.measured
    say(f"trained in {speed['seconds']:.0f} s; {describe(before)} before, {describe(after)} after")
    say(
        f"{speed['pairs_per_second']:,.0f} pairs/s, {speed['tokens_per_second']:,.0f} tokens/s, {speed['padded_share']:.1%} of "
        f"what the encoder read was padding, {speed['share_of_matrix_rate']:.0%} of this machine's matrix-product rate"
    )
    if rank:
        return _finished_elsewhere(folder)

    model.max_seq_length = own_length  # trained on short texts, used on texts as long as the base takes
    shutil.rmtree(folder, ignore_errors=True)
    try:
        model.save_pretrained(str(folder), create_model_card=False)
    except Exception as error:
        if not is_full(error):
            raise
        raise MedteError(
            f"the disk is full: the model could not be written into {folder}; free some space and run again"
        ) from error
    facts = {
        "key": key,
        "base_sha256": base_sha256,
        "settings": settings.model_dump(exclude=ASIDE),
        "pairs": {source: int(n) for source, n in kept["source"].value_counts().sort_index().items()},
        "held_out": {"before": before, "after": after},
        "curve": fitted.curve,
        "presentations": sum(map(len, plan.batches)),
        "passes": plan.passes,
        "small_batches": plan.small,
        "left_out": {"unreadable": unreadable, "without company": plan.left_out},
        "measured": fitted.measured | {"machine": machine()},
    }
    manifest = seal(folder, facts, [path for path in folder.rglob("*") if path.is_file()])
    shutil.rmtree(checkpoints, ignore_errors=True)
    all_here()
    return manifest


def _plan(model, pairs: pd.DataFrame, settings: Training, count: int, path: Path, say: Callable[[str], None]) -> None:
    """Plan the batches and keep them, so that all processes and a resumed training have the same."""
    if path.exists():
        return
    cluster = None
    if settings.batches == "clusters":
        say("encoding second texts with the base, to cluster them")
        cluster = kmeans(encode(model, pairs["sentence2"].tolist()))
    schedule(pairs, settings, cluster, count).save(path)


def _finished_elsewhere(folder: Path) -> dict:
    """The manifest that the first of several processes writes."""
    all_here()
    return unseal(folder)


def _silent(line: str) -> None:
    """Say nothing: what all processes but the first do."""


def readable(tokenizer, pairs: pd.DataFrame, max_length: int) -> tuple[pd.DataFrame, int]:
    """The pairs of which both texts hold a known token among their first `max_length`, and how many do not.

    Texts of nothing but unknown tokens, or of none, are all alike to the encoder.
    """
    texts = pd.unique(pairs[["sentence1", "sentence2"]].to_numpy().ravel())
    special = set(tokenizer.all_special_ids)
    blank = set()
    for start in range(0, len(texts), 1000):
        part = texts[start : start + 1000].tolist()
        beginnings = [text[:BEGINNING] for text in part]
        ids = tokenizer(beginnings, truncation=True, max_length=max_length)["input_ids"]
        blank.update(text for text, own in zip(part, ids, strict=True) if special.issuperset(own))
    unreadable = pairs["sentence1"].isin(blank) | pairs["sentence2"].isin(blank)
    return pairs[~unreadable].reset_index(drop=True), int(unreadable.sum())


def average(model, base: dict, share: float) -> None:
    """Move the weights of `model` back towards those of its `base` by `share` of the way; 0 leaves them as they are."""
    import torch

    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name in base and value.is_floating_point():
                value.lerp_(base[name].to(value.device), share)


def reshuffled(pairs: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same texts in other pairs: the second texts of each source dealt out anew. What such a training gains is not
    what the pairs teach."""
    draw = np.random.default_rng(chance(seed, "sham"))
    parts = []
    for _, part in pairs.groupby("source", sort=False):
        order = draw.permutation(len(part))
        shifted = np.empty(len(part), dtype=int)
        shifted[order] = np.roll(order, 1)  # one cycle: no text keeps its partner
        parts.append(part.assign(sentence2=part["sentence2"].to_numpy()[shifted]))
    return pd.concat(parts).loc[pairs.index]


def _by_hash(document: str) -> int:
    return int.from_bytes(hashlib.sha256(f"held out\x1f{document}".encode()).digest()[:8], "big")


def load_base(base: Path, settings: Training, pooling: str | None = None):
    """The base, ready to be trained. On a CPU short passes go through eager attention in half the time of the fused one."""
    import torch

    torch.manual_seed(settings.seed)
    eager = {} if torch.cuda.is_available() else {"model_kwargs": {"attn_implementation": "eager"}}
    model = sentence_transformer(base, pooling, **eager)
    for module in model.modules():
        if settings.dropout is not None and isinstance(module, torch.nn.Dropout):
            module.p = settings.dropout
    return model
