"""A training shared out to two processes: the gradient of the whole batch, and what one process learns."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from test_fit import PAIRS, trained
from tiny_bert import WORDS, plain_bert

from medte.manifest import unseal
from medte.models.load import sentence_transformer

pytestmark = pytest.mark.slow
EVEN = pd.DataFrame(
    [
        (f"{WORDS[i % 9]} {WORDS[i // 9]} gout", f"{WORDS[i % 7]} {WORDS[i // 7]} toe toe", "medqa", f"d{i}")
        for i in range(72)
    ],
    columns=PAIRS.columns,
)  # no text twice, so that every batch is full
TOGETHER = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from test_fit import QUICK
from test_fit_on_processes import EVEN
from medte.training.train import train
settings = QUICK.model_copy(update={changes!r})
train(settings, Path({bert!r}), "sha", EVEN, Path({folder!r}))
"""
GRADIENT = """
import sys
sys.path[:0] = {path!r}
import torch
from test_fit_on_processes import gradient_of_a_batch
torch.distributed.init_process_group("gloo")
found = gradient_of_a_batch({bert!r}, {changes!r})
if torch.distributed.get_rank() == 0:
    torch.save(found, {folder!r})
torch.distributed.destroy_process_group()
"""


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return plain_bert(tmp_path_factory.mktemp("processes") / "bert")


def gradient_of_a_batch(bert, changes):
    """(loss, gradients) of the first eight even pairs; among several processes each has its share of them."""
    import torch

    from medte.training.exclusions import Exclusions
    from medte.training.loss import ContrastiveLoss

    model = sentence_transformer(Path(bert)).train()
    inner, size, rank = model, 1, 0
    if torch.distributed.is_initialized():
        size, rank = torch.distributed.get_world_size(), torch.distributed.get_rank()
        model = torch.nn.parallel.DistributedDataParallel(model, find_unused_parameters=True)
    own = range(8 // size * rank, 8 // size * (rank + 1))
    loss = ContrastiveLoss(model, 0.1, mask=Exclusions(EVEN, None).mask, **changes)
    features = [inner.preprocess([EVEN[column][i] for i in own]) for column in ("sentence1", "sentence2")]
    value = loss(features, torch.tensor(list(own)))
    value.backward()
    return value.item(), {name: p.grad for name, p in inner.named_parameters() if p.grad is not None}


def without_dropout(bert, folder):
    shutil.copytree(bert, folder)
    about = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    about |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def on_two_processes(script, path, **about):
    path.write_text(script.format(path=[str(Path(__file__).parent), *sys.path], **about), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone", str(path)],
        check=True, timeout=120, env=os.environ | {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
    )  # fmt: skip


@pytest.mark.parametrize("changes", [{}, {"cached": True, "tokens_per_pass": 24}, {"symmetric": True}])
def test_two_processes_have_the_gradient_of_the_whole_batch(bert, tmp_path, changes):
    import torch

    still = without_dropout(bert, tmp_path / "still")
    _, expected = gradient_of_a_batch(still, changes)
    on_two_processes(
        GRADIENT, tmp_path / "run.py", bert=str(still), changes=changes, folder=str(tmp_path / "gradient.pt")
    )
    _, found = torch.load(tmp_path / "gradient.pt")
    scale = max(gradient.abs().max() for gradient in expected.values()).item()
    for name, gradient in expected.items():
        assert torch.allclose(found[name], gradient, atol=1e-5 * scale, rtol=1e-4), name


def test_two_processes_learn_what_one_learns_from_the_whole_batch(bert, tmp_path):
    still = without_dropout(bert, tmp_path / "still")
    changes = {"sources": ["medqa"], "mask": True}
    alone = trained(still, tmp_path / "alone", pairs=EVEN, **changes)
    on_two_processes(TOGETHER, tmp_path / "run.py", bert=str(still), changes=changes, folder=str(tmp_path / "together"))
    together = unseal(tmp_path / "together")
    losses = [[row["loss"] for row in manifest["curve"] if "loss" in row] for manifest in (alone, together)]
    assert len(losses[0]) == 8 and losses[1] == pytest.approx(losses[0], abs=2e-4)
    assert together["held_out"]["after"]["loss"] == pytest.approx(alone["held_out"]["after"]["loss"], abs=2e-3)
