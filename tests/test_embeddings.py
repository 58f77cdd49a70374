import numpy as np
import pytest
from tiny_bert import WORDS, plain_bert

from medte.engine import Engine
from medte.errors import MedteError
from medte.models import embeddings
from medte.models.embeddings import Plan, batches
from medte.models.lexical import TFIDF_COLUMNS, RandomEncoder, TfidfEncoder
from medte.models.load import SentenceEncoder, load, weights
from medte.models.registry import registry
from medte.profile import load_profile


class Counting(SentenceEncoder):
    """A sentence encoder without a model: counts what it encodes, and can be made to stop."""

    def __init__(self, stop_after=None):
        self.revision, self.max_length, self.tokens_per_batch = "counting", 8, 64
        self.encoded, self.stop_after = [], stop_after

    def side(self, role):
        return "ask: " if role == "query" else ""

    def token_counts(self, texts, side=""):
        return [len((side + text).split()) for text in texts]

    def encode(self, texts, side=""):
        if self.stop_after is not None and len(self.encoded) >= self.stop_after:
            raise KeyboardInterrupt
        self.encoded += [side + text for text in texts]
        return np.array([[len(side + text), len(self.encoded)] for text in texts], dtype=np.float32)


def embed(encoder, texts, folder, **kwargs):
    return Plan(encoder, {"document": texts}, folder).encode(**kwargs).vectors[""]


TEXTS = [f"{'word ' * (i % 11)}{i}" for i in range(300)]


def test_batches_stay_within_the_budget_and_leave_nothing_out():
    lengths = sorted(len(text) for text in TEXTS)
    ranges = batches(lengths, 100)
    assert [i for r in ranges for i in r] == list(range(300))
    assert all(max(lengths[i] for i in r) * len(r) <= 100 or len(r) == 1 for r in ranges)
    assert batches([], 100) == []


def test_each_distinct_text_is_encoded_once_and_never_again(tmp_path):
    encoder = Counting()
    vectors = embed(encoder, TEXTS + TEXTS[:50], tmp_path)
    assert sorted(encoder.encoded) == sorted(TEXTS)
    assert [vectors[text][0] for text in TEXTS] == [len(text) for text in TEXTS]
    assert vectors.of(TEXTS[3:5]).shape == (2, 2)
    again = Counting()
    assert (embed(again, TEXTS[::-1], tmp_path).of(TEXTS) == vectors.of(TEXTS)).all()
    assert again.encoded == []


def test_texts_that_another_call_encoded_are_found_by_their_content(tmp_path):
    first = embed(Counting(), TEXTS[:200], tmp_path)
    more = Counting()
    vectors = embed(more, TEXTS[100:], tmp_path)
    assert sorted(more.encoded) == sorted(TEXTS[200:])
    assert (vectors.of(TEXTS[100:200]) == first.of(TEXTS[100:200])).all()
    assert [vectors[text][0] for text in TEXTS[100:]] == [len(text) for text in TEXTS[100:]]


def test_roles_of_one_side_share_vectors_and_prompts_keep_sides_apart(tmp_path):
    encoder = Counting()
    encoded = Plan(encoder, {"query": TEXTS[:5], "document": TEXTS[:9], "clustering": TEXTS[:9]}, tmp_path).encode()
    assert sorted(encoder.encoded) == sorted([f"ask: {text}" for text in TEXTS[:5]] + TEXTS[:9])
    assert encoded.of(TEXTS[:5], "query")[:, 0].tolist() == [len(text) + 5 for text in TEXTS[:5]]
    assert (encoded.of(TEXTS[:9], "document") == encoded.of(TEXTS[:9], "clustering")).all()
    some = encoded.only({"query": TEXTS[2:4], "document": TEXTS[7:4:-1]})
    assert sorted(len(vectors.rows) for vectors in some.vectors.values()) == [2, 3]
    assert (some.of(TEXTS[5:8], "clustering") == encoded.of(TEXTS[5:8], "clustering")).all()


@pytest.mark.parametrize("change", ["revision", "tokens_per_batch"])
def test_another_way_of_encoding_is_another_place(tmp_path, change):
    embed(Counting(), TEXTS, tmp_path)
    other = Counting()
    setattr(other, change, 32 if change == "tokens_per_batch" else "other")
    embed(other, TEXTS, tmp_path)
    assert len(other.encoded) == len(TEXTS)


def test_what_encoding_took_is_kept_and_counts_cut_texts(tmp_path):
    embed(Counting(), TEXTS, tmp_path)
    took = Plan(Counting(), {"document": TEXTS}, tmp_path).measured()
    assert took["texts"] == took["timed"] == 300 and took["seconds"] >= 0
    assert took["truncated"] == sum(len(text.split()) > 8 for text in TEXTS) > 0
    assert took["tokens"] == sum(min(len(text.split()), 8) for text in TEXTS)


def test_the_plan_knows_a_texts_segment_before_it_is_encoded(tmp_path):
    before = Plan(Counting(), {"document": TEXTS[:200]}, tmp_path)
    foretold = before.segments({"document": TEXTS[:200]})
    before.encode()
    assert len(foretold) == 1 and before.segments({"document": TEXTS[:200]}) == foretold
    more = Plan(Counting(), {"document": TEXTS}, tmp_path)
    assert more.segments({"document": TEXTS[:200]}) == foretold
    assert len(more.segments({"document": TEXTS})) == 2
    whole = Plan(Counting(), {"document": TEXTS}, tmp_path / "fresh").segments({"document": TEXTS[:200]})
    assert whole != foretold  # the same texts, beside others in their batches


def test_a_shard_that_was_cut_off_is_encoded_again(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "SHARD", 64)
    with pytest.raises(KeyboardInterrupt):
        embed(Counting(stop_after=150), TEXTS, tmp_path)
    shard = min(tmp_path.rglob("*.npy"))
    shard.write_bytes(shard.read_bytes()[:-8])
    assert [embed(Counting(), TEXTS, tmp_path)[text][0] for text in TEXTS] == [len(text) for text in TEXTS]


def test_two_workers_give_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "SHARD", 8)
    folder = plain_bert(tmp_path / "bert")
    texts = [" ".join([WORDS[i % 5]] * (i + 1)) + f" {WORDS[i // 3]}" for i in range(35)]
    settings = load_profile("mini").encoding.model_copy(update={"dtype": "float32", "tokens_per_batch": 32})

    def encoder():
        return load(str(folder), settings, seed=0, corpus=list, trained=None)

    embed(encoder(), texts, tmp_path / "here")
    with Engine(2, scratch=tmp_path / "scratch") as engine:
        embed(encoder(), texts, tmp_path / "there", engine=engine)
    here, there = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*.npy")}
        for root in (tmp_path / "here", tmp_path / "there")
    )
    assert len(here) == 5 and here == there


def test_an_interrupted_call_keeps_whole_shards_and_ends_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "SHARD", 64)
    straight = embed(Counting(), TEXTS, tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        embed(Counting(stop_after=150), TEXTS, tmp_path / "stopped")
    rest = Counting()
    resumed = embed(rest, TEXTS, tmp_path / "stopped")
    assert 0 < len(rest.encoded) < 300
    assert (resumed.of(TEXTS)[:, 0] == straight.of(TEXTS)[:, 0]).all()


def test_a_damaged_shard_is_refused(tmp_path):
    embed(Counting(), TEXTS, tmp_path)
    (shard,) = tmp_path.rglob("*.npy")
    shard.write_bytes(shard.read_bytes()[:-8])
    with pytest.raises(MedteError, match="damaged"):
        embed(Counting(), TEXTS, tmp_path)


def test_random_vectors_depend_on_text_and_seed_alone():
    one, two = RandomEncoder(1), RandomEncoder(2)
    assert (one.encode(["a", "b"])[1] == one.encode(["b"])[0]).all()
    assert not (one.encode(["a"]) == two.encode(["a"])).all()
    assert one.encode(["a"]).shape == (1, 384) and one.revision != two.revision


def test_tfidf_knows_the_stems_of_its_corpus_alone():
    encoder = TfidfEncoder(["gout of the toe", "asthma attack", "toe"])
    rows = encoder.encode(["toe", "asthmatic attacks", "unheard"])
    assert (rows[1] == encoder.encode(["asthma attack"])[0]).all()
    assert rows.dtype == np.float32 and rows.shape[1] <= TFIDF_COLUMNS
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 0])
    assert encoder.revision != TfidfEncoder(["gout of the toe"]).revision


def test_weights_of_another_hash_and_missing_ones_are_refused(tmp_path):
    with pytest.raises(MedteError, match=r"no model\.safetensors"):
        weights(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(MedteError, match="not the expected file"):
        weights(tmp_path, "0" * 64)


@pytest.fixture
def word_vectors(tmp_path, monkeypatch):
    """A mirror with a static encoder of four words, in model2vec's format, under the registered place."""
    from model2vec import StaticModel
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "gout": 1, "toe": 2, "asthma": 3}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    folder = tmp_path / "mirror" / registry()["potion-base-4M"].mirror
    StaticModel(np.eye(4, dtype=np.float32), tokenizer, normalize=True).save_pretrained(folder)
    monkeypatch.setenv("MEDTE_MIRROR", str(tmp_path / "mirror"))
    return folder


def test_a_static_encoder_is_read_from_the_mirror_and_averages_words(word_vectors):
    encoder = load("potion-base-4M", load_profile("mini").encoding, seed=0, corpus=list, trained=None)
    rows = encoder.encode(["gout toe", "gout", "asthma"])
    assert rows.dtype == np.float32 and np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert np.allclose(rows @ rows.T, [[1, 0.5**0.5, 0], [0.5**0.5, 1, 0], [0, 0, 1]], atol=1e-6)
    assert encoder.encode(["toe " * 2000]).shape == rows[:1].shape  # nothing is cut


@pytest.mark.slow
def test_fewer_layers_are_another_encoder():
    settings = load_profile("mini").encoding.model_copy(update={"dtype": "float32"})
    two, six = (
        load(name, settings, seed=0, corpus=list, trained=None) for name in ("MiniLM-2-layers", "all-MiniLM-L6-v2")
    )
    assert two.revision != six.revision
    assert len(two.model[0].auto_model.encoder.layer) == 2 and len(six.model[0].auto_model.encoder.layer) == 6
    assert not np.allclose(two.encode(["gout"]), six.encode(["gout"]), atol=0.1)
