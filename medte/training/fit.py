"""The steps of a training, by sentence-transformers' trainer: our batches and loss, checkpoints, and what it says on the way.

A training may be stopped at any moment. Its checkpoints hold weights, optimizer, schedule, random states and the step, from
which the planned batches follow: taken up again, it ends with the same weights as one that was never stopped (on a CPU, to
the bit).
"""

import errno
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medte.errors import MedteError
from medte.machine import matrix_rate, operations_per_token
from medte.manifest import write_text
from medte.profile import Training
from medte.training.batches import Schedule
from medte.training.exclusions import Exclusions
from medte.training.heldout import assess

Say = Callable[[str], None]
CHECKPOINTS = 40  # in a whole training, at most, and no closer than
CHECKPOINT_STEPS = 20
LOGGED = 20  # times that loss and speed are said
ASSESSED = 4  # times that the held-out pairs are looked at, the end among them
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SAYS_FULL = ("os error 28", "No space left", "File too large", "PytorchStreamWriter failed")


@dataclass(frozen=True)
class Fitted:
    """What a training did: its curve (a row for each time that it said something) and what it measured."""

    curve: list[dict[str, float]]
    measured: dict[str, float]


class Order:
    """The planned batches as a data loader asks for them: dealt out to the devices in turn, each as long as the others."""

    batch_size, drop_last = None, False  # batches differ in length

    def __init__(self, batches: Sequence[np.ndarray], devices: int):
        self.parts = [part.tolist() for batch in batches for part in np.split(batch, devices)]

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.parts)


def devices() -> tuple[int, int]:
    """(number of processes that train together, which of them this is); (1, 0) alone."""
    import torch
    from accelerate import PartialState

    state = PartialState(cpu=not torch.cuda.is_available())
    return state.num_processes, state.process_index


def fit(
    model: Any,
    settings: Training,
    bf16: bool,
    pairs: pd.DataFrame,
    held: pd.DataFrame,
    plan: Schedule,
    checkpoints: Path,
    say: Say,
) -> Fitted:
    """Train `model` in place on the planned batches of `pairs`; `held` are the pairs that its progress is measured on.

    MedteError where the loss is no number, and where a checkpoint cannot be written: the last whole one stays.
    """
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from transformers import PrinterCallback, ProgressCallback

    from medte.training.loss import ContrastiveLoss

    on_gpu, (count, rank) = torch.cuda.is_available(), devices()
    logged = max(1, len(plan.batches) // LOGGED)
    between = max(CHECKPOINT_STEPS, len(plan.batches) // CHECKPOINTS)
    less_memory = {"gradient_checkpointing": True} if settings.gradient_checkpointing else {}
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(checkpoints),
        max_steps=len(plan.batches),
        per_device_train_batch_size=settings.batch_size // count,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup,
        lr_scheduler_type="constant_with_warmup" if settings.schedule == "constant" else "linear",
        bf16=bf16,
        use_cpu=not on_gpu,
        seed=settings.seed,
        data_seed=settings.seed,
        logging_steps=logged,
        logging_nan_inf_filter=False,
        save_steps=-(-between // logged) * logged,  # so that no logged mean is cut in two by a stop
        save_total_limit=1,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=on_gpu,
        ddp_find_unused_parameters=True,  # BERT's own pooling layer, which a mean over tokens does not use
        **less_memory,
    )
    if arguments.n_gpu > 1:
        say(f"one of {arguments.n_gpu} accelerators is used; start with torchrun to train on all")
        arguments._n_gpu = 1  # and not copies of the model in one process, which the cached loss does not allow for
    rows = pairs[["sentence1", "sentence2"]].assign(label=np.arange(len(pairs)))
    exclusions = Exclusions(pairs, settings.near) if settings.mask else None
    loss = ContrastiveLoss(
        model,
        settings.temperature,
        symmetric=settings.symmetric,
        cached=settings.cached,
        tokens_per_pass=settings.tokens_per_pass,
        mask=exclusions.mask if exclusions else None,
        name=lambda numbers: ", ".join(pairs["document"].iloc[numbers].astype(str)),
    )

    class Trainer(SentenceTransformerTrainer):
        """The library's trainer on batches that are planned already."""

        def get_batch_sampler(self, *args: Any, **kwargs: Any) -> Order:
            return Order(plan.batches, count)

    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_pandas(rows, preserve_index=False),
        loss=loss,
        callbacks=[_progress(say, settings, loss, held, checkpoints, rank)],
    )
    for noisy in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(noisy)
    if rank == 0:
        _clean(checkpoints, count)
    all_here()
    first = max((int(path.name.split("-")[1]) for path in checkpoints.glob("checkpoint-*")), default=0)
    start, cpu = time.monotonic(), time.process_time()
    try:
        trainer.train(resume_from_checkpoint=bool(first) or None)
    except Exception as error:
        if not is_full(error):
            raise
        raise MedteError(
            f"the disk is full: no checkpoint could be written into {checkpoints}; the last whole one stays there: free some "
            "space and run again"
        ) from error
    trainer.accelerator.unwrap_model(trainer.model_wrapped, keep_fp32_wrapper=False)
    seconds, steps = time.monotonic() - start, len(plan.batches) - first
    again = settings.cached + settings.gradient_checkpointing  # further forward passes
    operations = (3 + again) * operations_per_token(model)  # forward, and backward twice as much
    rate = matrix_rate("bfloat16" if bf16 else "float32")
    presented = sum(len(batch) for batch in plan.batches[first:])
    return Fitted(
        curve=[_row(row) for row in trainer.state.log_history if "loss" in row or "held_out_loss" in row],
        measured={  # of this call; after an interruption it did fewer steps than all
            "seconds": round(seconds, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),  # of all cores together
            "steps": steps,
            "pairs_per_second": round(presented / seconds, 1),
            "tokens_per_second": round(loss.tokens * count / seconds, 1),
            "padded_share": round(1 - loss.tokens / max(loss.cells, 1), 4),
            "masked_share": round(loss.masked / max(loss.negatives, 1), 6),  # of the negatives, known to be none
            "share_of_matrix_rate": round(loss.tokens * operations / seconds / rate, 4),
        },
    )


def _row(logged: dict) -> dict[str, float]:
    keys = {"step": 0, "loss": 4, "learning_rate": 12, "held_out_loss": 4, "held_out_mrr": 4}
    return {key: round(logged[key], digits) if digits else logged[key] for key, digits in keys.items() if key in logged}


def _clean(checkpoints: Path, count: int) -> None:
    """Remove half-written checkpoints."""
    for half in [path for path in checkpoints.glob("checkpoint-*") if not _is_whole(path, count)]:
        shutil.rmtree(half)


def _is_whole(checkpoint: Path, count: int) -> bool:
    """Whether a checkpoint was saved to its end: the trainer writes its state last, and each process its random state."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    return len(list(checkpoint.glob("rng_state*.pth"))) == count


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, says that nothing more can be written."""
    while error is not None:
        if getattr(error, "errno", None) in FULL or any(words in str(error) for words in SAYS_FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def _progress(say: Say, settings: Training, loss: Any, held: pd.DataFrame, checkpoints: Path, rank: int):
    import torch
    from transformers import TrainerCallback

    class Progress(TrainerCallback):
        """Says loss, speed and the time left whenever the trainer logs, and looks at the held-out pairs a few times.

        What is said stands in a plain file too, `progress.csv` beside the checkpoints.
        """

        def on_train_begin(self, args, state, control, **kwargs):
            self.start, self.first, self.apart = time.monotonic(), state.global_step, 0.0
            if rank and not state.global_step:
                torch.manual_seed(settings.seed + rank)  # other dropout on each device

        def on_pre_optimizer_step(self, args, state, control, model=None, **kwargs):
            norms = [p.grad.norm() for p in model.parameters() if p.grad is not None]
            if not torch.isfinite(torch.stack(norms)).all():
                raise MedteError(
                    f"the gradient of step {state.global_step + 1} is no number; the batch: {loss.batch()}"
                )

        def on_step_end(self, args, state, control, model=None, **kwargs):
            every = max(1, state.max_steps // ASSESSED)
            if state.global_step % every or state.global_step == state.max_steps or not state.is_world_process_zero:
                return
            start = time.monotonic()
            found = assess(lambda texts: encode(model, texts), held, settings.temperature)
            state.log_history.append(
                {"step": state.global_step, "held_out_loss": found["loss"], "held_out_mrr": found["mrr"]}
            )
            say(f"step {state.global_step} of {state.max_steps} · {describe(found)}")
            self.apart += time.monotonic() - start

        def on_log(self, args, state, control, logs=None, **kwargs):
            if "loss" not in (logs or {}) or not state.is_world_process_zero:
                return
            each = (time.monotonic() - self.start - self.apart) / max(state.global_step - self.first, 1)
            left = each * (state.max_steps - state.global_step)
            say(
                f"step {state.global_step} of {state.max_steps} · loss {float(logs['loss']):.3f} · learning rate "
                f"{logs['learning_rate']:.1e} · {settings.batch_size / each:.0f} pairs/s · {left:.0f} s left"
            )
            table = pd.DataFrame([_row(row) for row in state.log_history if "step" in row])
            write_text(checkpoints / "progress.csv", table.to_csv(index=False))

    return Progress()


def encode(model: Any, texts: Sequence[str]) -> np.ndarray:
    """One row a text: (n, d), by a model that may be in training: without dropout, and never in bf16."""
    inner = getattr(model, "module", model)  # of one that is shared out to devices
    patched = inner.__dict__.pop("forward", None)  # which the trainer puts there, for bf16
    try:
        return inner.encode(list(texts), batch_size=64, convert_to_numpy=True, show_progress_bar=False)
    finally:
        if patched is not None:
            inner.forward = patched


def all_here() -> None:
    """Wait until all processes that train together are here."""
    from accelerate import PartialState

    PartialState().wait_for_everyone()


def describe(figures: dict[str, float]) -> str:
    """Held-out figures in words."""
    return f"held-out loss {figures['loss']:.3f}, reciprocal rank {figures['mrr']:.3f}"
