"""The registry: what names mean, what an entry needs, and that it says what mteb's own registry says."""

import math

import pytest
import yaml
from pydantic import ValidationError

from medte.errors import MedteError
from medte.models import registry as models
from medte.models.registry import Entry, entry, registry
from medte.sources.registry import SOURCES

ROLES = {
    "query": "query",
    "document": "document",
    "classification": "Classification",
    "clustering": "Clustering",
    "pair_classification": "PairClassification",
}  # to mteb's
KNOWN_TO_TRANSFORMERS = {"nomic-embed", "nomic-embed-unsupervised"}  # whose authors' code is not run, nor as long as it
OF_THE_CARDS = {"Qwen3-Embedding-0.6B", "embeddinggemma-300m", "arctic-embed-l-v2"}  # prompts that mteb does not list


def test_a_name_may_ask_for_prompts_and_a_length():
    plain, asked = entry("e5-base"), entry("e5-base+prompts@128")
    assert (plain.with_prompts, plain.cut, plain.base) == (False, None, "e5-base")
    assert (asked.with_prompts, asked.cut, asked.base) == (True, 128, "e5-base")
    assert (asked.name, asked.title) == ("e5-base+prompts@128", "e5-base, with prompts, 128 tokens")
    unlike = {"name", "title", "with_prompts", "cut"}
    assert asked.model_dump(exclude=unlike) == plain.model_dump(exclude=unlike)
    assert entry("MEDTE-mini@64").title == "MiniLM + MEDTE recipe, 64 tokens"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("e5-bse+prompts", "unknown model 'e5-bse'; did you mean 'e5-base'"),
        (
            "bge-m3+prompts",
            r"bge-m3 has no prompts, .* with prompts: bge-base, e5-base, .*, and folders whose config_sen",
        ),
        ("e5-base@0", "e5-base@0 cuts at 0 tokens; e5-base can be cut at 1 to 512, its own length"),
        ("e5-base@513", "can be cut at 1 to 512"),
        ("MEDTE-mini@0", "can be cut at 1 on"),
        ("tfidf@8", "tfidf reads whole texts and is never cut"),
        ("e5-base@128+prompts", "unknown model 'e5-base@128"),
        ("./nowhere", r"there is no folder \./nowhere"),
        ("", "a model's name is empty"),
    ],
)
def test_a_name_that_means_nothing_is_an_error(name, message):
    with pytest.raises(MedteError, match=message):
        entry(name)


def test_a_folder_is_a_model_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "./mine", str(tmp_path / "mine")):
        own = entry(name)
        assert (own.name, own.title, own.kind, own.group) == ("mine", "mine", "folder", "own")
        assert own.folder == tmp_path / "mine" and own.max_length is None
    assert entry("./mine@32").name == "mine@32"
    assert own.prompts == {} and own.parameters is own.licence is None


@pytest.mark.parametrize(("folder", "called"), [("model@2", "model-2"), ("m+prompts@8", "m-prompts-8"), ("a@b", "a@b")])
def test_a_folder_that_is_there_wins_over_the_grammar_of_names(tmp_path, monkeypatch, folder, called):
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    for name in (f"./{folder}", str(tmp_path / folder)):
        own = entry(name)
        assert (own.folder, own.title, own.name, own.base) == (tmp_path / folder, folder, called, called)
        assert (own.cut, own.with_prompts) == (None, False)
    assert (entry(f"./{folder}@32").name, entry(f"./{folder}@32").cut) == (f"{called}@32", 32)


def test_a_registered_name_wins_over_a_folder_beside_it(tmp_path, monkeypatch):
    (tmp_path / "e5-base@128").mkdir()
    monkeypatch.chdir(tmp_path)
    assert (entry("e5-base@128").kind, entry("e5-base@128").cut) == ("hub", 128)


def test_the_second_encoder_has_weights_of_its_own():
    about = {"hub": "org/q", "revision": "r", "document_hub": "org/d", "document_revision": "s", "sha256": "0" * 64}
    two = Entry(name="x", title="X", group="own", kind="hub", mirror="q", **about)
    documents = two.document_encoder()
    assert (documents.hub, documents.revision, documents.document_hub) == ("org/d", "s", None)
    assert documents.sha256 is documents.mirror is None


def test_a_folder_with_the_name_of_a_registered_model_is_refused(tmp_path, monkeypatch):
    (tmp_path / "random").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MedteError, match=r"folder \./random has the name of a registered model, random, .*rename it"):
        entry("./random")
    assert entry("random").kind == "random"


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"kind": "hub", "hub": "org/x"}, "kind hub needs revision"),
        ({"kind": "package", "package": "x"}, "kind package needs sha256"),
        ({"kind": "bm25", "hub": "org/x", "revision": "unresolved"}, "kind bm25 has no hub, revision"),
        ({"kind": "trained", "profile": "mini", "mirror": "x"}, "kind trained has no mirror"),
        ({"kind": "hub", "hub": "org/x", "revision": "r", "document_hub": "org/y"}, "belong together"),
        ({"kind": "random", "colour": "red"}, "Extra inputs are not permitted"),
        ({"kind": "random", "prompts": {"title": "x"}}, "Input should be 'query'"),
    ],
)
def test_an_entry_has_what_its_kind_needs_and_nothing_else(about, message):
    with pytest.raises(ValidationError, match=message):
        Entry(**{"name": "x", "title": "X", "group": "own"} | about)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"name": "x", "title": "X", "kind": "hub", "group": "g"}], r"registry\.yaml, x: .* needs hub, revision"),
        ([{"name": "x", "title": "X", "kind": "random", "group": "g"}] * 2, "two models x"),
    ],
)
def test_a_registry_that_does_not_fit_names_the_entry(monkeypatch, rows, message):
    monkeypatch.setattr(yaml, "safe_load", lambda text: rows)
    with pytest.raises(MedteError, match=message):
        models.registry.__wrapped__()


def test_the_papers_models_and_those_it_left_out_are_listed():
    groups = {}
    for model in registry().values():
        if model.kind in ("hub", "package") and not model.layers:
            groups.setdefault(model.group, []).append(model.name)
    assert {group: len(found) for group, found in groups.items()} == {
        "medical_contrastive": 8,  # 4 of the paper
        "medical_non_contrastive": 4,
        "non_medical_contrastive": 13,  # 7 of the paper
        "non_medical_non_contrastive": 2,
    }
    assert {"random", "tfidf", "bm25", "potion-base-4M"} <= set(registry())


def test_what_models_were_trained_on_is_said_in_the_names_of_our_sources():
    for model in registry().values():
        assert set(model.trained_on or ()) <= set(SOURCES), model.name
        assert (model.trained_on is None) or model.training_data, model.name
        assert model.kind != "trained" or model.trained_on is None
    assert len(registry()["MEDTE"].trained_on) == 10 and registry()["SciBERT"].trained_on is None


def test_the_layers_of_minilm_have_the_parameters_that_their_sizes_give():
    width, inner = 384, 1536
    layer = 4 * (width + 1) * width + (width + 1) * inner + (inner + 1) * width + 4 * width
    for layers in range(1, 6):
        model = registry()[f"MiniLM-{layers}-layer" + "s" * (layers > 1)]
        assert registry()["all-MiniLM-L6-v2"].parameters - model.parameters == (6 - layers) * layer


def test_what_mtebs_registry_knows_is_here_as_it_says():
    from mteb.models.model_implementations import MODEL_REGISTRY

    listed = {model.name: MODEL_REGISTRY.get(model.hub) for model in registry().values() if model.hub}
    assert {name for name, theirs in listed.items() if theirs is None} == {
        *(
            "MEDTE",
            "MedEmbed-base",
            "BioSimCSE",
            "SciNCL",
            "BlueBERT",
            "Bio_ClinicalBERT",
            "ClinicalBERT",
            "BiomedBERT",
        ),
        *("SciBERT", "BERT-base", "MedCPT", "BioLORD-2023", "S-PubMedBert", "pubmedbert-embeddings"),
    }
    for name, theirs in listed.items():
        ours = registry()[name]
        if theirs is None:
            assert ours.revision == "unresolved", name
            continue
        length = None if math.isinf(theirs.max_tokens) else theirs.max_tokens
        own_way = name in KNOWN_TO_TRANSFORMERS
        assert (ours.revision, ours.max_length) == (theirs.revision, 2048 if own_way else length), name
        assert ours.licence.casefold() == theirs.license, name
        assert ours.layers or ours.parameters == theirs.n_parameters, name
        assert ours.remote_code == (theirs.loader_kwargs.get("trust_remote_code", False) and not own_way), name
        prompts = theirs.loader_kwargs.get("model_prompts", {})
        assert name in OF_THE_CARDS or ours.prompts == {
            role: prompts[theirs_role] for role, theirs_role in ROLES.items() if theirs_role in prompts
        }, name
