"""How a training goes: interrupted anywhere, with other settings, and on what cannot be trained on."""

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_bert import WORDS, plain_bert

from medte.errors import MedteError
from medte.machine import operations_per_token
from medte.manifest import unseal
from medte.models.load import sentence_transformer
from medte.profile import load_profile
from medte.training import fit as fitting
from medte.training.train import average, readable, train

QUICK = load_profile("mini").training.model_copy(
    update={
        "sources": ["medqa", "medquad"], "steps": 8, "batch_size": 8, "max_length": 16, "validation_pairs": 6, "bf16": False,
        "learning_rate": 1e-3, "dropout": None,
    }
)  # fmt: skip
WHOLE = {
    "batches": "clusters",
    "cluster_rows": 20,
    "first_clusters": 2,
    "mask": True,
    "near": 0.5,
    "symmetric": True,
    "cached": True,
}


def made(count=90):
    """Pairs out of 30 first and 45 second texts of random words."""
    draw = np.random.default_rng(3)
    firsts = [" ".join(draw.choice(WORDS, 5)) for _ in range(30)]
    ends = [" ".join(draw.choice(WORDS, 2 + number % 8)) for number in range(45)]
    rows = []
    for number in range(count):
        first, source = firsts[number % 30], "medqa" if number % 3 else "medquad"
        rows.append((first, ends[number % 45], source, f"{source}-{number}"))
    return pd.DataFrame(rows, columns=["sentence1", "sentence2", "source", "document"])


PAIRS = made()
SLOW = 1e6  # operations a second of a machine of which even a tiny model uses a share that can be seen


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return plain_bert(tmp_path_factory.mktemp("fit") / "bert")


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(fitting, "CHECKPOINT_STEPS", 3)


def trained(bert, folder, say=lambda line: None, pairs=PAIRS, **changes):
    return train(QUICK.model_copy(update=changes), bert, "sha", pairs, folder, say)


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def straight(bert, tmp_path_factory):
    folder = tmp_path_factory.mktemp("straight") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "matrix_rate", lambda dtype: SLOW)
        return trained(bert, folder), folder


def stopping(at, error=KeyboardInterrupt):
    def say(line):
        if line.startswith(f"step {at} ") and "learning rate" in line:
            raise error

    return say


@pytest.mark.parametrize(
    "step", [pytest.param(step, marks=[] if step in (1, 4, 8) else pytest.mark.slow) for step in range(1, 9)]
)
def test_stopped_at_any_step_it_ends_with_the_same_weights(bert, straight, tmp_path, step):
    with pytest.raises(KeyboardInterrupt):
        trained(bert, tmp_path / "model", stopping(step))
    assert unseal(tmp_path / "model") is None
    said = []
    manifest = trained(bert, tmp_path / "model", said.append)
    assert weights(tmp_path / "model") == weights(straight[1])
    left = [line.split()[1] for line in said if "learning rate" in line]
    assert left == [str(n) for n in range((step - 1) // 3 * 3 + 1, 9)]
    assert manifest["curve"] == straight[0]["curve"] and manifest["held_out"] == straight[0]["held_out"]
    assert not list(tmp_path.glob("*checkpoints*"))


@pytest.mark.slow
def test_stopped_with_clusters_masks_and_a_cached_loss_it_ends_with_the_same_weights(bert, tmp_path):
    trained(bert, tmp_path / "straight", **WHOLE)
    with pytest.raises(KeyboardInterrupt):
        trained(bert, tmp_path / "model", stopping(6), **WHOLE)
    trained(bert, tmp_path / "model", **WHOLE)
    assert weights(tmp_path / "model") == weights(tmp_path / "straight")


def test_gradient_checkpointing_gives_the_same_weights(bert, straight, tmp_path):
    trained(bert, tmp_path / "model", gradient_checkpointing=True)
    assert weights(tmp_path / "model") == weights(straight[1])


KILLED = """
import os, signal, sys
import torch
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_fit
from medte.training import fit
fit.CHECKPOINT_STEPS = 3
save, calls = torch.save, []
def kill(*args, **kwargs):
    calls.append(args)
    if len(list(Path(sys.argv[3]).parent.glob("model-checkpoints/*/checkpoint-6*"))) and len(calls) > int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    save(*args, **kwargs)
torch.save = kill
test_fit.trained(Path(sys.argv[2]), Path(sys.argv[3]))
"""


def test_killed_while_it_saves_it_goes_on_from_the_checkpoint_before(bert, straight, tmp_path):
    here = Path(__file__).parent
    command = [sys.executable, "-c", KILLED, str(here), str(bert), str(tmp_path / "model"), "4"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL
    assert {path.name for path in tmp_path.glob("model-checkpoints/*/checkpoint-*")} == {"checkpoint-3", "checkpoint-6"}
    said = []
    trained(bert, tmp_path / "model", said.append)
    assert [line.split()[1] for line in said if "learning rate" in line] == ["4", "5", "6", "7", "8"]
    assert weights(tmp_path / "model") == weights(straight[1])


def test_the_curve_and_the_counts_are_kept(straight):
    manifest, folder = straight
    assert [row["step"] for row in manifest["curve"] if "loss" in row] == list(range(1, 9))
    assert [row["step"] for row in manifest["curve"] if "held_out_loss" in row] == [2, 4, 6]
    assert 40 <= manifest["presentations"] <= 64 and set(manifest["passes"]) == {"medqa", "medquad"}
    speed = manifest["measured"]
    assert speed["steps"] == 8 and speed["tokens_per_second"] > speed["pairs_per_second"] > 0
    assert 0 <= speed["padded_share"] < 1
    operations = 3 * operations_per_token(sentence_transformer(folder))  # forward, and backward twice as much
    share = speed["tokens_per_second"] * operations / SLOW
    assert speed["share_of_matrix_rate"] == pytest.approx(share, rel=0.02) and share > 0


def test_what_is_said_stands_in_a_file_while_it_trains(bert, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(bert, tmp_path / "model", stopping(6))
    (path,) = tmp_path.glob("model-checkpoints/*/progress.csv")
    table = pd.read_csv(path)
    assert table["step"].max() == 5 and {"loss", "learning_rate", "held_out_loss"} <= set(table)


def test_a_full_disk_leaves_the_last_whole_checkpoint(bert, straight, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(line):
        if line.startswith("step 4 "):
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))

    try:
        with pytest.raises(MedteError, match="the disk is full"):
            trained(bert, tmp_path / "model", fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    said = []
    trained(bert, tmp_path / "model", said.append)
    assert [line.split()[1] for line in said if "learning rate" in line] == ["4", "5", "6", "7", "8"]
    assert weights(tmp_path / "model") == weights(straight[1])


def test_half_written_checkpoints_are_thrown_away(tmp_path):
    for step, state, processes in (
        (2, '{"global_step": 2}', 2),
        (4, '{"global', 2),
        (6, None, 2),
        (8, '{"global_step": 8}', 1),
    ):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if state:
            (folder / "trainer_state.json").write_text(state, encoding="utf-8")
        for number in range(processes):
            (folder / f"rng_state_{number}.pth").touch()
    fitting._clean(tmp_path, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-2"]
    fitting._clean(tmp_path / "nothing", 2)


def test_a_loss_that_is_no_number_stops_with_the_documents_of_the_batch(bert, tmp_path):
    with pytest.raises(MedteError, match=r"the loss is (nan|inf); the batch: med\w+-\d+, med"):
        trained(bert, tmp_path / "model", learning_rate=1e30)


def test_one_pair_is_too_few_and_a_source_without_pairs_is_said(bert, tmp_path):
    for count in (0, 1):
        with pytest.raises(MedteError, match=f"{count} pairs are too few"):
            trained(bert, tmp_path / "model", pairs=PAIRS[:count])
    said = []
    trained(bert, tmp_path / "model", said.append, sources=["medqa", "medquad", "pubmed"], steps=1)
    assert "pubmed: no pairs, so nothing is learned from it" in said


def test_texts_of_unknown_tokens_alone_are_left_out_and_counted(bert, tmp_path):
    strange = pd.DataFrame(
        [("пульс", "gout toe", "medqa", "x"), ("gout toe", "  ", "medqa", "y"), ("пульс gout", "asthma", "medqa", "z")],
        columns=PAIRS.columns,
    )
    said = []
    manifest = trained(bert, tmp_path / "model", said.append, pd.concat([PAIRS, strange], ignore_index=True), steps=1)
    assert manifest["left_out"]["unreadable"] == 2
    assert any(line.startswith("2 pairs left out") for line in said)
    kept, count = readable(sentence_transformer(bert).tokenizer, strange, 16)
    assert kept["document"].tolist() == ["z"] and count == 2


def test_a_text_of_a_million_characters_is_cut_like_any_other(bert, tmp_path):
    longest = pd.DataFrame([("gout " * 200_000, "toe " * 200_000, "medqa", "long")], columns=PAIRS.columns)
    manifest = trained(bert, tmp_path / "model", pairs=pd.concat([PAIRS, longest], ignore_index=True), steps=2)
    assert manifest["pairs"]["medqa"] >= 1


def test_a_base_without_pooling_settings_is_pooled_by_the_mean_and_saved_whole(bert, straight):
    assert not (bert / "modules.json").exists()
    saved = json.loads((straight[1] / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    assert saved.get("pooling_mode") == "mean" or saved.get("pooling_mode_mean_tokens")
    assert (straight[1] / "modules.json").exists()


def test_averaging_moves_every_weight_back_towards_the_base(bert):
    base, moved = sentence_transformer(bert), sentence_transformer(bert)
    start = {name: value.clone() for name, value in base.state_dict().items()}
    for value in moved.parameters():
        value.data.add_(1.0)
    average(moved, start, 0.25)
    for name, value in moved.named_parameters():
        assert np.allclose(value.detach().numpy(), start[name].numpy() + 0.75, atol=1e-5)


@pytest.mark.parametrize(
    "changes", [{"symmetric": True}, {"mask": True, "near": 0.8}, {"batches": "mixed"}, {"average": 0.5}]
)
def test_a_setting_changes_what_is_trained(bert, straight, tmp_path, changes):
    manifest = trained(bert, tmp_path / "model", **changes)
    assert manifest["key"] != straight[0]["key"] and weights(tmp_path / "model") != weights(straight[1])
    if "mask" in changes:
        assert 0 < manifest["measured"]["masked_share"] < 1


def test_batches_of_clusters_are_trained_on(bert, tmp_path):
    said = []
    trained(bert, tmp_path / "model", said.append, batches="clusters", cluster_rows=10, steps=12)
    assert "encoding second texts with the base, to cluster them" in said
