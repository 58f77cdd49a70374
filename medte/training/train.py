"""Contrastive fine-tuning of a sentence encoder on text pairs (recipe §2), with sentence-transformers' trainer.

Every batch comes from one source and holds no text twice; the batches of all sources are mixed in proportion to their
size. The loss is one-directional InfoNCE on cosine similarity with in-batch negatives.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from medte import paths
from medte.errors import MedteError
from medte.machine import faster_dtype
from medte.manifest import code_digest, digest, seal, unseal, verify
from medte.models.load import sentence_transformer
from medte.profile import Training
from medte.training.heldout import assess, hold_out

CHECKPOINT_STEPS = 20
ASIDE = {"candidates", "candidate_steps", "variants"}  # what else is trained does not change this training


def training_key(settings: Training, base_sha256: str, pairs: pd.DataFrame) -> str:
    """A digest of all that decides the trained weights: pairs, base, settings, versions, this code."""
    code = code_digest(paths.PACKAGE / "training")
    versions = [version(package).split("+")[0] for package in ("torch", "sentence-transformers", "transformers")]
    chosen = settings.model_dump(exclude=ASIDE)
    return digest([chosen, _in_bf16(settings), base_sha256, pairs.values.tolist(), versions, code])


def _in_bf16(settings: Training) -> bool:
    return settings.bf16 is True or (settings.bf16 == "auto" and faster_dtype() == "bfloat16")


def train(
    settings: Training,
    base: Path,
    base_sha256: str,
    pairs: pd.DataFrame,
    folder: Path,
    say: Callable[[str], None] = lambda line: None,
) -> dict:
    """Fine-tune `base` into `folder` and return its manifest: key, held-out figures, learning curve, speed.

    A folder finished with the same key is kept as it is; an interrupted training goes on from its last checkpoint.
    `pairs` has sentence1, sentence2, source, document. MedteError where no pairs are left to train on.
    """
    key = training_key(settings, base_sha256, pairs)
    finished = unseal(folder)
    if finished and finished["key"] == key:
        verify(folder, "model.safetensors")
        return finished
    kept, held = hold_out(pairs, settings.validation_pairs, _by_hash)
    if settings.reshuffled:
        kept = reshuffled(kept, settings.seed)
    if len(kept) < 2:
        raise MedteError(f"{len(pairs)} pairs are too few to train on; add sources to the profile")
    shutil.rmtree(folder, ignore_errors=True)

    model = _load(base, settings)
    own_length, model.max_seq_length = model.max_seq_length, settings.max_length
    before = assess(lambda texts: _encode(model, texts), held, settings.temperature)
    say(
        f"training on {len(kept):,} pairs of {kept['source'].nunique()} sources; {len(held)} held out; base {_line(before)}"
    )
    start = time.monotonic()
    checkpoints = folder.with_name(f"{folder.name}-checkpoints")
    curve, steps = _fit(model, settings, kept, checkpoints / key, say)
    seconds = time.monotonic() - start
    after = assess(lambda texts: _encode(model, texts), held, settings.temperature)
    say(f"trained in {seconds:.0f} s; {_line(before)} before, {_line(after)} after")

    model.max_seq_length = own_length  # trained on short texts, used on texts as long as the base takes
    model.save_pretrained(str(folder), create_model_card=False)
    facts = {
        "key": key,
        "base_sha256": base_sha256,
        "settings": settings.model_dump(exclude=ASIDE),
        "pairs": {source: int(n) for source, n in kept["source"].value_counts().sort_index().items()},
        "held_out": {"before": before, "after": after},
        "curve": curve,
        "presentations": settings.steps * settings.batch_size,
        "measured": {  # of this call; after an interruption it did fewer steps than all
            "seconds": round(seconds, 1),
            "steps": steps,
            "pairs_per_second": round(steps * settings.batch_size / seconds, 1),
        },
    }
    manifest = seal(folder, facts, [path for path in folder.rglob("*") if path.is_file()])
    shutil.rmtree(checkpoints, ignore_errors=True)
    return manifest


def reshuffled(pairs: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same texts in other pairs: the second texts of each source dealt out anew. What such a training gains is not
    what the pairs teach."""
    draw = np.random.default_rng(seed)
    parts = []
    for _, part in pairs.groupby("source", sort=False):
        order = draw.permutation(len(part))
        shifted = np.empty(len(part), dtype=int)
        shifted[order] = np.roll(order, 1)  # one cycle: no text keeps its partner
        parts.append(part.assign(sentence2=part["sentence2"].to_numpy()[shifted]))
    return pd.concat(parts).loc[pairs.index]


def _by_hash(document: str) -> int:
    return int.from_bytes(hashlib.sha256(f"held out\x1f{document}".encode()).digest()[:8], "big")


def _line(figures: dict[str, float]) -> str:
    return f"held-out loss {figures['loss']:.3f}, reciprocal rank {figures['mrr']:.3f}"


def _load(base: Path, settings: Training):
    import torch

    torch.manual_seed(settings.seed)
    return sentence_transformer(base)


def _encode(model, texts: Sequence[str]) -> np.ndarray:
    return model.encode(list(texts), batch_size=64, convert_to_numpy=True, show_progress_bar=False)


def _fit(
    model, settings: Training, pairs: pd.DataFrame, checkpoints: Path, say: Callable[[str], None]
) -> tuple[list[dict], int]:
    """Train `model` in place; the curve (step, loss, learning rate) and how many steps this call did."""
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers, MultiDatasetBatchSamplers
    from transformers import PrinterCallback, ProgressCallback

    on_gpu = torch.cuda.is_available()
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(checkpoints),
        max_steps=settings.steps,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup,
        lr_scheduler_type="constant_with_warmup" if settings.schedule == "constant" else "linear",
        bf16=_in_bf16(settings),
        use_cpu=not on_gpu,
        seed=settings.seed,
        data_seed=settings.seed,
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        multi_dataset_batch_sampler=MultiDatasetBatchSamplers.PROPORTIONAL,
        logging_steps=max(1, settings.steps // 20),
        save_steps=CHECKPOINT_STEPS,
        save_total_limit=1,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=on_gpu,
    )
    parts = {
        source: Dataset.from_pandas(part[["sentence1", "sentence2"]], preserve_index=False)
        for source, part in pairs.groupby("source")
    }
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=parts,
        loss=MultipleNegativesRankingLoss(model, scale=1 / settings.temperature),
        callbacks=[_progress(say)],
    )
    for noisy in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(noisy)
    for half in [path for path in checkpoints.glob("checkpoint-*") if not _whole(path)]:
        shutil.rmtree(half)
    there = [int(path.name.split("-")[1]) for path in checkpoints.glob("checkpoint-*")]
    trainer.train(resume_from_checkpoint=bool(there) or None)
    rows = [row for row in trainer.state.log_history if "loss" in row]
    curve = [
        {"step": row["step"], "loss": round(row["loss"], 4), "learning_rate": row["learning_rate"]} for row in rows
    ]
    return curve, settings.steps - max(there, default=0)


def _whole(checkpoint: Path) -> bool:
    """Whether a checkpoint was saved to its end: the trainer writes its state last."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    return True


def _progress(say: Callable[[str], None]):
    from transformers import TrainerCallback

    class Progress(TrainerCallback):
        """Says loss, speed and the time left, whenever the trainer logs."""

        def on_train_begin(self, args, state, control, **kwargs):
            self.start, self.first = time.monotonic(), state.global_step

        def on_log(self, args, state, control, logs=None, **kwargs):
            if "loss" in (logs or {}):
                done = state.global_step - self.first
                each = (time.monotonic() - self.start) / max(done, 1)
                left = each * (state.max_steps - state.global_step)
                speed = args.per_device_train_batch_size / each
                loss = float(logs["loss"])
                say(
                    f"step {state.global_step} of {state.max_steps} · loss {loss:.3f} · {speed:.0f} pairs/s · {left:.0f} s left"
                )

    return Progress()
