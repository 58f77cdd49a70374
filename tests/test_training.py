"""Training for a few steps on the real base encoder: it learns, a sham does not, and a finished one is kept."""

import shutil

import pandas as pd
import pytest

from medte.errors import MedteError
from medte.models.load import folder_of, load
from medte.models.registry import entry
from medte.profile import load_profile
from medte.sources import mini
from medte.training import train as training

pytestmark = pytest.mark.slow
MINI = load_profile("mini")
QUICK = MINI.training.model_copy(
    update={"steps": 6, "batch_size": 16, "max_length": 32, "validation_pairs": 20, "bf16": False}
)


@pytest.fixture(scope="module")
def pairs():
    records = [*list(mini.medmcqa())[:120], *[r for r in mini.medquad() if not r.facts.get("training_only")][:120]]
    columns = {"medmcqa": ("question", "explanation"), "medquad": ("question", "answer")}
    rows = [(*(record.texts[c] for c in columns[record.source]), record.source, record.document) for record in records]
    return pd.DataFrame(rows, columns=["sentence1", "sentence2", "source", "document"])


@pytest.fixture(scope="module")
def base():
    return folder_of(entry("all-MiniLM-L6-v2"), None)


@pytest.fixture(scope="module")
def straight(pairs, base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("straight") / "model"
    return training.train(QUICK, *base, pairs, folder), folder


def test_the_held_out_loss_falls_and_the_folder_loads(straight, pairs):
    manifest, folder = straight
    assert manifest["held_out"]["after"]["loss"] < manifest["held_out"]["before"]["loss"]
    assert sum(manifest["pairs"].values()) + manifest["held_out"]["after"]["pairs"] <= len(pairs)
    encoder = load("MEDTE-mini", MINI.encoding, seed=0, corpus=list, trained=lambda model: folder)
    assert encoder.encode(["a cough"]).shape == (1, 384)
    assert not (folder / "README.md").exists()  # a card made by the library would quote training texts


def test_a_sham_keeps_every_text_and_no_pair(pairs):
    sham = training.reshuffled(pairs, seed=1)
    for source, part in pairs.groupby("source"):
        other = sham[sham["source"] == source]
        assert sorted(other["sentence2"]) == sorted(part["sentence2"]) and list(other["sentence1"]) == list(
            part["sentence1"]
        )
        assert (other["sentence2"] != part["sentence2"]).all()
    assert sham.equals(training.reshuffled(pairs, seed=1)) and not sham.equals(training.reshuffled(pairs, seed=2))


def test_a_sham_learns_no_pairs(straight, pairs, base, tmp_path):
    real, _ = straight
    sham = training.train(QUICK.model_copy(update={"reshuffled": True}), *base, pairs, tmp_path / "model")
    assert sham["key"] != real["key"]
    assert sham["held_out"]["after"]["loss"] > real["held_out"]["after"]["loss"]


def test_a_finished_training_is_kept_and_a_changed_one_done_again(straight, pairs, base):
    manifest, folder = straight
    said = []
    assert training.train(QUICK, *base, pairs, folder, said.append) == manifest and said == []
    assert training.training_key(QUICK, base[1], pairs) != training.training_key(QUICK, base[1], pairs[:-1])
    other = QUICK.model_copy(update={"temperature": 0.1})
    assert training.training_key(other, base[1], pairs) != manifest["key"]


def test_a_base_of_another_hash_is_refused(tmp_path, base):
    copy = tmp_path / "copy"
    shutil.copytree(base[0], copy)
    with (copy / "model.safetensors").open("r+b") as stream:
        stream.truncate(1000)
    from medte.models.load import weights

    with pytest.raises(MedteError, match="not the expected file"):
        weights(copy, entry("all-MiniLM-L6-v2").sha256)


def test_the_trained_model_takes_texts_as_long_as_its_base(straight, base):
    from medte.models.load import sentence_transformer

    assert sentence_transformer(straight[1]).max_seq_length == sentence_transformer(base[0]).max_seq_length == 256
