"""Models whose configuration names code: what transformers knows by itself needs none, and code of elsewhere never runs."""

import json
import shutil

import numpy as np
import pytest
from hub_server import NEW, OLD, loopback_hub, models_hub  # noqa: F401
from test_load import TEXTS, encoder, plain, registered, server  # noqa: F401
from tiny_bert import files

from medte.errors import MedteError
from medte.models import registry as models

# ruff: noqa: F811 - fixtures

ELSEWHERE = {"AutoConfig": "other/code--configuration.Config", "AutoModel": "other/code--modeling.Model"}


def remade(plain, folder, **changes):
    """A copy of the tiny model whose config.json says other things."""
    shutil.copytree(plain, folder)
    about = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(about | changes), encoding="utf-8")
    return folder


def test_a_folder_that_names_code_of_its_own_is_refused(plain, tmp_path):
    folder = tmp_path / "coded"
    shutil.copytree(plain, folder)
    (folder / "mine.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    (folder / "modules.json").write_text('[{"idx": 0, "name": "0", "path": "", "type": "mine.Mine"}]', encoding="utf-8")
    with pytest.raises(MedteError, match=r"coded needs code of its own, which is not run: .*; save a model of a kind"):
        encoder(str(folder)).encode(TEXTS)


@pytest.mark.parametrize("places", [ELSEWHERE, {name: place.partition("--")[2] for name, place in ELSEWHERE.items()}])
def test_a_folder_whose_kind_needs_code_is_said_to_need_it(plain, tmp_path, places):
    folder = remade(plain, tmp_path / "strange", model_type="strange", auto_map=places)
    with pytest.raises(MedteError, match="strange needs code of its own, which is not run"):
        encoder(str(folder)).encode(TEXTS)


def test_nomic_loads_without_the_code_that_its_configuration_names(plain, tmp_path):
    import torch
    from transformers import NomicBertConfig, NomicBertModel

    folder = tmp_path / "nomic"
    shutil.copytree(plain, folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    words = len((folder / "vocab.txt").read_text(encoding="utf-8").split())
    model = NomicBertModel(NomicBertConfig(vocab_size=words, **sizes)).eval()
    model.save_pretrained(folder)  # weights under the names of the authors' code
    nomic = remade(folder, tmp_path / "repository", auto_map=ELSEWHERE)
    tokens = torch.tensor([[2, 5, 6, 3]])  # [CLS] gout toe [SEP]
    with torch.no_grad():
        expected = model(tokens).last_hidden_state[0].mean(0).numpy()
    assert np.allclose(encoder(str(nomic)).encode(["gout toe"])[0], expected, atol=1e-6)
    assert not [name for name, about in models.registry().items() if about.remote_code]


def test_code_of_another_repository_is_refused_though_the_user_agreed(server, plain, tmp_path, monkeypatch):
    server.commits[OLD] = files(remade(plain, tmp_path / "far", auto_map=ELSEWHERE))
    registered(monkeypatch, remote_code=True)
    monkeypatch.setenv("MEDTE_REMOTE_CODE", "tiny")
    with pytest.raises(
        MedteError, match=r"tiny \(org/tiny\) takes code from other/code, .* is not run; in medte/models"
    ):
        encoder()
    registered(monkeypatch)
    assert encoder().encode(TEXTS).shape == (3, 32)  # transformers knows the kind itself


def test_code_that_may_run_is_in_the_revision(server, plain, monkeypatch):
    server.commits[OLD] = files(plain) | {"modeling.py": b"FIRST = 1"}
    server.commits[NEW] = files(plain) | {"modeling.py": b"FIRST = 2"}
    monkeypatch.setenv("MEDTE_REMOTE_CODE", "tiny")
    found = []
    for revision in (OLD, NEW):
        registered(monkeypatch, remote_code=True, revision=revision)
        found.append(encoder().revision)
    assert found[0] != found[1]
