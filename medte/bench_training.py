"""What does padding cost in training? The same batches forward and backward, padded to the maximum and without waste, in turn."""

import time
from typing import Any

import torch
from torch.nn import functional

from medte.machine import machine, matrix_rate, operations_per_token
from medte.models.load import sentence_transformer
from medte.models.registry import entry
from medte.run import Run
from medte.training.batches import schedule
from medte.training.loss import ContrastiveLoss, info_nce
from medte.training.train import in_bf16, load_base

MAX_LENGTH = 256


def bench(run: Run, batches: int = 8) -> dict[str, Any]:
    """Seconds, pairs a second, tokens a second, share of padding and mean loss of both ways, on the profile's training pairs.

    Texts are cut at 256 tokens. Dropout is off, so that both ways have the same loss. Each way has the attention that suits
    it: the padded one torch's fused attention.
    """
    settings = run.profile.to_train().model_copy(update={"steps": batches + 1, "max_length": MAX_LENGTH})
    folder, pooling = run.base()[0], entry(run.profile.base).pooling
    model, padded = load_base(folder, settings, pooling).eval(), sentence_transformer(folder, pooling).eval()
    model.max_seq_length = MAX_LENGTH
    pairs = run.edition.pairs(settings.split, settings.leaks)
    bf16 = in_bf16(settings)
    loss = ContrastiveLoss(model, settings.temperature, tokens_per_pass=settings.tokens_per_pass)
    ways = ("padded", "ours")
    seconds, losses = dict.fromkeys(ways, 0.0), {name: [] for name in ways}
    plan = schedule(pairs, settings).batches
    for number, batch in enumerate(plan):
        texts = [pairs[column].iloc[batch].tolist() for column in ("sentence1", "sentence2")]
        for name in ways if number % 2 else reversed(ways):
            start = time.perf_counter()
            features = [
                {k: v.to(model.device) for k, v in model.preprocess(side).items() if hasattr(v, "to")} for side in texts
            ]
            with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
                if name == "padded":
                    value = _padded(padded, features, settings.temperature)
                else:
                    value = loss(features, torch.arange(len(batch)))
            value.backward()
            model.zero_grad()
            padded.zero_grad()
            _wait()
            if number:  # the first warms up
                seconds[name] += time.perf_counter() - start
                losses[name].append(value.item())
        if not number:
            loss.tokens = loss.cells = 0
        run.say(f"batch {number} of {len(plan) - 1}")
    count = sum(map(len, plan[1:]))
    operations = 3 * operations_per_token(model) / matrix_rate("bfloat16" if bf16 else "float32")
    cells = {"padded": 2 * count * MAX_LENGTH, "ours": loss.cells}
    return {
        "profile": run.profile.name, "model": run.profile.base, "machine": machine(), "pairs": count, "max_length": MAX_LENGTH,
        "bf16": bf16, "faster": round(seconds["padded"] / seconds["ours"], 2),
        "ways": {
            name: {
                "seconds": round(seconds[name], 2),
                "pairs_per_second": round(count / seconds[name], 2),
                "tokens_per_second": round(loss.tokens / seconds[name], 1),
                "padded_share": round(1 - loss.tokens / cells[name], 4),
                "share_of_matrix_rate": round(loss.tokens * operations / seconds[name], 4),
                "loss": round(sum(losses[name]) / len(losses[name]), 5),
            }
            for name in ways
        },
    }  # fmt: skip


def _wait() -> None:
    """Wait until an accelerator has done what it was given; a clock read before shows how fast it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _padded(model: Any, features: list[dict[str, torch.Tensor]], temperature: float) -> torch.Tensor:
    """The loss of a batch with every text padded to the maximum, as the authors did."""
    vectors = [
        model({key: functional.pad(value, (0, MAX_LENGTH - value.shape[1])) for key, value in side.items()})
        for side in features
    ]
    with torch.autocast(model.device.type, enabled=False):
        return info_nce(*(one["sentence_embedding"].float() for one in vectors), temperature)
