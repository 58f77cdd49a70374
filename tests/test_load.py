"""From a name to an encoder: vectors as plain transformers give them, prompts, lengths, two sides, no code in weights."""

import shutil
import socket

import numpy as np
import pytest
from hub_server import NEW, OLD, loopback_hub, models_hub  # noqa: F401
from tiny_bert import files, pickled_weights, plain_bert

from medte.errors import MedteError
from medte.models import load as loading
from medte.models import registry as models
from medte.models.embeddings import Plan
from medte.models.folder import own_length
from medte.models.load import SentenceEncoder, StaticEncoder, folder_of, load
from medte.models.registry import Entry
from medte.profile import Encoding

SETTINGS = Encoding(max_length=16, tokens_per_batch=64, dtype="float32")
TEXTS = ["gout of the toe", "asthma", "a b c d e f g a b c d e f g a b c"]
PROMPTS = {"query": "query : ", "document": "passage : "}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return plain_bert(tmp_path_factory.mktemp("plain") / "tiny")


def registered(monkeypatch, **changes):
    about = {"name": "tiny", "title": "Tiny", "kind": "hub", "group": "own", "hub": "org/tiny", "revision": OLD}
    model = Entry(**about | changes)
    monkeypatch.setattr(models, "registry", lambda: {model.name: model})


@pytest.fixture
def server(models_hub, plain, monkeypatch):  # noqa: F811
    models_hub.commits[OLD] = files(plain)
    registered(monkeypatch, prompts=PROMPTS)
    return models_hub


def encoder(name="tiny", settings=SETTINGS):
    return load(name, settings, seed=0, corpus=list, trained=None)


def by_hand(folder, text, pooling, most=16):
    """The vector as transformers alone gives it: (d,)."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)(text, truncation=True, max_length=most, return_tensors="pt")
    with torch.no_grad():
        states = AutoModel.from_pretrained(folder)(**tokens).last_hidden_state[0]  # (tokens, d)
    return (states[0] if pooling == "cls" else states.mean(0)).numpy()


@pytest.mark.parametrize("pooling", [None, "mean", "cls"])
def test_a_plain_transformer_is_pooled_as_its_entry_says(server, plain, monkeypatch, pooling):
    registered(monkeypatch, pooling=pooling)
    rows = encoder().encode(TEXTS)
    assert rows.dtype == np.float32 and rows.shape == (3, 32)
    assert np.allclose(rows, [by_hand(plain, text, pooling) for text in TEXTS], atol=1e-5)


def test_a_folders_own_modules_win_over_the_entry(plain, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    saved = tmp_path / "own-model"
    SentenceTransformer(modules=[Transformer(str(plain)), Pooling(32, "cls")]).save(str(saved), create_model_card=False)
    own = models.entry(str(saved)).model_copy(update={"pooling": "mean"})
    rows = SentenceEncoder(*folder_of(own, None), SETTINGS, own).encode(TEXTS)
    assert np.allclose(rows, [by_hand(plain, text, "cls") for text in TEXTS], atol=1e-5)
    assert np.allclose(encoder(str(saved)).encode(TEXTS), rows)


def test_prompts_are_put_before_the_text_of_their_role_alone(server, plain):
    off, on = encoder(), encoder("tiny+prompts")
    assert [off.side(role) for role in ("query", "document", "clustering")] == ["", "", ""]
    assert [on.side(role) for role in ("query", "document", "clustering")] == ["query : ", "passage : ", ""]
    assert off.revision != on.revision
    assert np.allclose(on.encode(["gout"], on.side("query"))[0], by_hand(plain, "query : gout", "mean"), atol=1e-5)
    assert np.allclose(on.encode(["gout"]), off.encode(["gout"]), atol=1e-6)
    assert (off.token_counts(["gout"]), on.token_counts(["gout"], "query : ")) == ([3], [5])


def test_a_models_own_default_prompt_is_not_used(plain, tmp_path):
    from sentence_transformers import SentenceTransformer

    saved = tmp_path / "prompting"
    model = SentenceTransformer(str(plain), prompts={"query": "query : "}, default_prompt_name="query")
    model.save(str(saved), create_model_card=False)
    assert np.allclose(encoder(str(saved)).encode(["gout"])[0], by_hand(plain, "gout", "mean"), atol=1e-5)


def test_texts_are_cut_at_the_shortest_of_name_profile_and_model(server, plain):
    for name, length, most in (("tiny", 16, 16), ("tiny@8", 16, 8), ("tiny", 6, 6), ("tiny", 512, 16)):
        cut = encoder(name, SETTINGS.model_copy(update={"max_length": length}))
        assert cut.max_length == most and cut.token_counts(TEXTS) == [6, 3, 19]
        assert np.allclose(cut.encode(TEXTS)[2], by_hand(plain, TEXTS[2], "mean", most), atol=1e-5)
    assert encoder("tiny@8").revision != encoder().revision


@pytest.mark.parametrize(("name", "length"), [("tiny@8", 6), ("tiny@64", 512)])
def test_a_cut_above_what_the_profile_or_the_model_takes_is_an_error(server, name, length):
    with pytest.raises(MedteError, match=rf"{name} asks for .* cuts at {min(length, 16)}; name tiny@{min(length, 16)}"):
        encoder(name, SETTINGS.model_copy(update={"max_length": length}))


def test_the_older_form_of_weights_gives_the_same_vectors(server, plain):
    new = encoder().encode(TEXTS)
    server.commits[NEW] = {name: body for name, body in files(plain).items() if name != "model.safetensors"}
    server.commits[NEW]["pytorch_model.bin"] = pickled_weights(plain)
    older = encoder().entry.model_copy(update={"revision": NEW})
    again = SentenceEncoder(*folder_of(older, None), SETTINGS, older)
    assert np.allclose(again.encode(TEXTS), new, atol=1e-6)


class Trap:
    """Runs code where it is unpickled without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return exec, (f"open({str(self.path)!r}, 'w').close()",)


def test_weights_with_code_in_them_are_refused_and_the_code_does_not_run(plain, tmp_path):
    import torch

    folder, sprung = tmp_path / "trapped", tmp_path / "sprung"
    shutil.copytree(plain, folder)
    (folder / "model.safetensors").unlink()
    torch.save({"trap": Trap(sprung)}, folder / "pytorch_model.bin")
    with pytest.raises(MedteError, match=r"trapped cannot be loaded \(.*its files are damaged, no model"):
        encoder(str(folder)).encode(TEXTS)
    assert not sprung.exists()
    torch.load(folder / "pytorch_model.bin", weights_only=False)
    assert sprung.exists()  # or the trap would prove nothing


def test_medcpt_has_an_encoder_for_queries_and_one_for_all_else(server, plain, tmp_path, monkeypatch):
    other = plain_bert(tmp_path / "articles", seed=1)
    server.commits[NEW] = files(other)
    registered(monkeypatch, document_hub="org/articles", document_revision=NEW, pooling="cls")
    two = encoder()
    assert [two.side(role) for role in ("query", "document", "classification")] == ["query", "document", "document"]
    query, document, unsaid = (two.encode(["gout"], *side)[0] for side in (["query"], ["document"], []))
    assert np.allclose(query, by_hand(plain, "gout", "cls"), atol=1e-5)
    assert np.allclose(document, by_hand(other, "gout", "cls"), atol=1e-5) and (unsaid == document).all()
    assert not np.allclose(query, document, atol=0.1)
    registered(monkeypatch, document_hub="org/articles", document_revision=NEW)
    assert two.revision != encoder().revision != two.queries.revision
    assert (two.max_length, two.dtype, two.token_counts(["gout"], "query")) == (16, "float32", [3])


def test_what_surrounds_the_weights_is_in_the_revision(plain, tmp_path):
    before = encoder(str(plain)).revision
    folder = tmp_path / "tiny"
    shutil.copytree(plain, folder)
    assert encoder(str(folder)).revision == before
    words = (folder / "vocab.txt").read_text(encoding="utf-8")
    (folder / "vocab.txt").write_text(words.replace("gout\ntoe", "toe\ngout"), encoding="utf-8")
    assert encoder(str(folder)).revision != before


def test_files_that_no_model_is_loaded_from_are_not_in_the_revision(plain, tmp_path):
    folder = tmp_path / "tiny"
    shutil.copytree(plain, folder)
    before = encoder(str(folder)).revision
    for name in ("onnx/config.json", "checkpoint-20/config.json", "mine.py", "manifest.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}", encoding="utf-8")
    assert encoder(str(folder)).revision == before
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text("{}", encoding="utf-8")
    assert encoder(str(folder)).revision != before


def test_a_static_encoders_revision_has_its_tokenizer_and_the_library(tmp_path, monkeypatch):
    from model2vec import StaticModel

    monkeypatch.setattr(StaticModel, "from_pretrained", lambda folder: None)
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    before = StaticEncoder(tmp_path, "0" * 64).revision
    (tmp_path / "tokenizer.json").write_text("{ }", encoding="utf-8")
    changed = StaticEncoder(tmp_path, "0" * 64).revision
    monkeypatch.setattr(loading, "version", lambda package: {"model2vec": "99"}[package])
    assert before != changed and StaticEncoder(tmp_path, "0" * 64).revision.endswith("-model2vec-99")


def test_a_folders_own_prompts_can_be_asked_for(plain, tmp_path):
    from sentence_transformers import SentenceTransformer

    saved = tmp_path / "prompting"
    model = SentenceTransformer(str(plain), prompts={"query": "query : ", "passage": "passage : ", "sts": "a "})
    model.save(str(saved), create_model_card=False)
    own = encoder(f"{saved}+prompts@8")
    assert [own.side(role) for role in ("query", "document", "clustering")] == ["query : ", "passage : ", ""]
    assert np.allclose(own.encode(["gout"], own.side("query"))[0], by_hand(plain, "query : gout", "mean"), atol=1e-5)


@pytest.mark.parametrize("name", ["tfidf", "random", "bm25"])
def test_a_model_without_weights_is_in_no_folder(name):
    with pytest.raises(MedteError, match=f"{name} has no weights and is in no folder"):
        folder_of(models.entry(name), None)


def test_a_mirror_with_other_weights_than_the_locked_ones_is_refused(server, plain, tmp_path, monkeypatch):
    encoder()  # locks
    other = plain_bert(tmp_path / "mirror" / "tiny", seed=1)
    monkeypatch.setenv("MEDTE_MIRROR", str(other.parent))
    registered(monkeypatch, mirror="tiny")
    with pytest.raises(MedteError, match="the mirror's weights"):
        encoder()
    shutil.copy(plain / "model.safetensors", other)
    assert encoder().folder == other


def test_a_folder_of_ones_own_needs_no_network(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a look-up"))
    assert Plan(encoder(str(plain)), {"document": TEXTS}, tmp_path / "kept").encode().vectors[""].rows.shape == (3, 32)
    assert own_length(plain) == 16
    with pytest.raises(MedteError, match=r"holds no model\.safetensors and no pytorch_model\.bin"):
        encoder(str(tmp_path))


def test_a_damaged_configuration_is_an_error_that_names_it(plain, tmp_path):
    folder = tmp_path / "torn"
    shutil.copytree(plain, folder)
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(MedteError, match=r"torn/config\.json is damaged"):
        encoder(str(folder))


def test_a_package_that_is_not_here_and_on_no_hub_is_an_error(monkeypatch):
    registered(monkeypatch, kind="package", package="no_such_package", sha256="0" * 64, hub=None, revision=None)
    with pytest.raises(MedteError, match="tiny needs the package no_such_package; install it"):
        encoder()
