"""What a model's folder says of the model: prompts, number of weights, licence, and whose code it names."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from medte.errors import MedteError
from medte.models.folder import code_elsewhere, licence, own_length, own_prompts, parameters, wanted
from medte.models.registry import entry


def says(folder, name, value):
    (folder / name).write_text(json.dumps(value), encoding="utf-8")


def test_the_used_files_are_those_of_the_root_and_of_the_modules():
    there = ["config.json", "onnx/config.json", "1_Router/query_0_Dense/model.safetensors", "a.py", "README.md"]
    assert wanted(there) == ["1_Router/query_0_Dense/model.safetensors", "config.json"]
    assert wanted(there, code=True) == ["1_Router/query_0_Dense/model.safetensors", "a.py", "config.json"]


def test_the_shortest_length_that_is_said_counts(tmp_path):
    assert own_length(tmp_path) is None
    says(tmp_path, "tokenizer_config.json", {"model_max_length": 1e30})
    says(tmp_path, "config.json", {"max_position_embeddings": -1})
    assert own_length(tmp_path) is None
    says(tmp_path, "config.json", {"max_position_embeddings": 512})
    says(tmp_path, "sentence_bert_config.json", {"max_seq_length": 128})
    assert own_length(tmp_path) == 128


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {}),
        ({"prompts": None}, {}),
        ({"prompts": {"query": "", "document": ""}}, {}),
        ({"prompts": {"query": "q: ", "passage": "p: ", "STS": "s: "}}, {"query": "q: ", "document": "p: "}),
        (
            {"prompts": {"Classification": "c: ", "Clustering": "g: ", "PairClassification": "two: "}},
            {"classification": "c: ", "clustering": "g: ", "pair_classification": "two: "},
        ),
    ],
)
def test_prompts_are_read_by_the_roles_that_we_know(tmp_path, said, expected):
    says(tmp_path, "config_sentence_transformers.json", said)
    assert own_prompts(tmp_path) == expected


@pytest.mark.parametrize("prompts", [["query: "], {"query": 3}])
def test_prompts_that_are_no_texts_are_an_error(tmp_path, prompts):
    says(tmp_path, "config_sentence_transformers.json", {"prompts": prompts})
    with pytest.raises(MedteError, match=r"the prompts in .*transformers\.json are no texts by name"):
        own_prompts(tmp_path)


def test_weights_are_counted_over_all_files_without_positions(tmp_path):
    (tmp_path / "2_Dense").mkdir()
    arrays = {"a": np.zeros((3, 4), np.float16), "b": np.zeros(5, np.float32), "positions": np.zeros((1, 9), np.int64)}
    save_file(arrays, tmp_path / "model.safetensors")
    save_file({"c": np.zeros((2, 2), np.float32)}, tmp_path / "2_Dense" / "model.safetensors")
    assert parameters(tmp_path) == 3 * 4 + 5 + 2 * 2
    (tmp_path / "3_Dense").mkdir()
    (tmp_path / "3_Dense" / "pytorch_model.bin").write_bytes(b"?")
    assert parameters(tmp_path) is None


def test_damaged_weights_are_an_error(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"no header")
    with pytest.raises(MedteError, match=r"model\.safetensors is damaged"):
        parameters(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\nlanguage: en\nlicense: apache-2.0\n---\n# Mine", "apache-2.0"),
        ("---\nlicense: 'MIT' \n---\n", "MIT"),
        ("---\nlanguage: en\n---\nlicense: MIT", None),
        ("license: MIT", None),
        ("---\nlicense:\n---\n", None),
    ],
)
def test_a_licence_is_what_the_head_of_the_card_says(tmp_path, text, expected):
    assert licence(tmp_path) is None
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    assert licence(tmp_path) == expected


def test_a_folder_of_ones_own_is_described_by_what_it_says(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    save_file({"a": np.zeros((3, 4), np.float32)}, folder / "model.safetensors")
    says(folder, "config.json", {"max_position_embeddings": 64})
    says(folder, "config_sentence_transformers.json", {"prompts": {"query": "q: "}})
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    own = entry(f"{folder}+prompts@32")
    assert (own.parameters, own.max_length, own.licence, own.prompts) == (12, 64, "mit", {"query": "q: "})
    assert (own.name, own.with_prompts, own.cut) == ("mine+prompts@32", True, 32)
    with pytest.raises(MedteError, match="can be cut at 1 to 64, its own length"):
        entry(f"{folder}@65")


def test_code_elsewhere_is_found_wherever_a_configuration_names_it(tmp_path):
    assert code_elsewhere(tmp_path) == []
    says(tmp_path, "config.json", {"auto_map": {"AutoModel": "modeling.Own"}})
    says(tmp_path, "modules.json", [{"type": "sentence_transformers.models.Pooling"}, {"type": "c/three--st.Module"}])
    says(tmp_path, "tokenizer_config.json", {"auto_map": {"AutoTokenizer": [None, "b/two--tokens.Fast"]}})
    assert code_elsewhere(tmp_path) == ["b/two", "c/three"]
    says(tmp_path, "config.json", {"auto_map": {"AutoModel": "a/one--modeling.Model"}})
    says(tmp_path, "tokenizer_config.json", {"auto_map": ["b/two--tokens.Slow", None]})
    assert code_elsewhere(tmp_path) == ["a/one", "b/two", "c/three"]


def test_a_configuration_that_is_no_table_is_an_error(tmp_path):
    says(tmp_path, "config.json", [])
    with pytest.raises(MedteError, match=r"config\.json is damaged \(it holds no dict\)"):
        code_elsewhere(tmp_path)
