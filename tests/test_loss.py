"""The loss: by hand, in both directions, cached, with negatives left out, and where it is no number."""

import numpy as np
import pytest
import torch
from tiny_bert import WORDS, plain_bert

from medte.errors import MedteError
from medte.models.load import sentence_transformer
from medte.training.loss import ContrastiveLoss, alike, info_nce

FIRST = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
SECOND = torch.tensor([[1.0, 0.1], [0.3, 1.0], [1.0, 0.0]])
TEXTS = (
    [" ".join(WORDS[i : i + 1 + i % 7]) for i in range(8)],
    [" ".join(WORDS[i + 3 : i + 4 + i % 9]) for i in range(8)],
)


def by_hand(first, second, temperature, known=None):
    first, second = (np.asarray(side) / np.linalg.norm(side, axis=1, keepdims=True) for side in (first, second))
    scores = np.exp(first @ second.T / temperature)
    if known is not None:
        scores = np.where(known & ~np.eye(len(scores), dtype=bool), 0, scores)
    return float(np.mean(-np.log(np.diag(scores) / scores.sum(axis=1))))


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_the_loss_is_minus_the_log_of_the_partners_share(temperature):
    expected = by_hand(FIRST, SECOND, temperature)
    assert info_nce(FIRST, SECOND, temperature).item() == pytest.approx(expected, rel=1e-5)


def test_the_symmetric_loss_is_the_mean_of_both_directions():
    known = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 1]], dtype=bool)
    expected = (by_hand(FIRST, SECOND, 0.1, known) + by_hand(SECOND, FIRST, 0.1, known.T)) / 2
    assert info_nce(FIRST, SECOND, 0.1, torch.tensor(known), symmetric=True).item() == pytest.approx(expected, rel=1e-5)


def test_known_partners_are_no_negatives_and_the_pair_itself_stays():
    known = torch.tensor([[1, 0, 1], [0, 1, 0], [0, 0, 1]], dtype=torch.bool)
    assert info_nce(FIRST, SECOND, 0.1, known) < info_nce(FIRST, SECOND, 0.1)
    assert info_nce(FIRST, SECOND, 0.1, torch.ones(3, 3, dtype=torch.bool)).item() == 0


def test_the_parts_of_a_batch_give_the_whole():
    parts = [info_nce(FIRST, SECOND, 0.1, offset=i, count=1).item() for i in range(3)]
    assert np.mean(parts) == pytest.approx(info_nce(FIRST, SECOND, 0.1).item(), rel=1e-6)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return plain_bert(tmp_path_factory.mktemp("loss") / "bert")


def model_of(bert):
    torch.manual_seed(0)
    return sentence_transformer(bert).train()  # with dropout


def gradients(bert, texts=TEXTS, dropout=False, **kwargs):
    """(loss, gradient of every weight, the loss itself) of one batch."""
    model = model_of(bert)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout) and not dropout:
            module.p = 0.0
    loss = ContrastiveLoss(model, 0.1, **kwargs)
    features = [model.preprocess(list(side)) for side in texts]
    torch.manual_seed(1)
    value = loss(features, torch.arange(len(texts[0])))
    value.backward()
    return value.item(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}, loss


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("kwargs", [{"tokens_per_pass": 12}, {"cached": True, "tokens_per_pass": 12}, {"cached": True}])
def test_passes_and_the_cached_form_have_the_same_loss_and_gradient(bert, kwargs, symmetric):
    same_gradient(gradients(bert, symmetric=symmetric), gradients(bert, symmetric=symmetric, **kwargs))


def test_the_cached_form_repeats_the_dropout_of_its_first_pass(bert):
    plain = gradients(bert, dropout=True, tokens_per_pass=12)
    same_gradient(plain, gradients(bert, dropout=True, tokens_per_pass=12, cached=True))
    assert plain[0] != pytest.approx(gradients(bert)[0], rel=1e-3)


def test_the_loss_is_taken_in_fp32_under_bf16(bert, monkeypatch):
    seen = []

    def spying(first, second, *args):
        scores = first @ second.T
        seen.append((first.dtype, scores.dtype))
        return info_nce(first, second, *args)

    monkeypatch.setattr("medte.training.loss.info_nce", spying)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        gradients(bert)
        gradients(bert, cached=True)
    assert seen == [(torch.float32, torch.float32)] * 2


def same_gradient(one, other):
    (plain, expected, _), (value, found, _) = one, other
    assert value == pytest.approx(plain, rel=1e-5) and found.keys() == expected.keys()
    scale = max(gradient.abs().max() for gradient in expected.values())
    for name, gradient in expected.items():
        assert torch.allclose(found[name], gradient, atol=1e-5 * scale.item()), name


def test_the_order_of_passes_does_not_mix_up_pairs(bert):
    model = model_of(bert).eval()
    first, second = (torch.tensor(model.encode(list(side))) for side in TEXTS)
    value, _, _ = gradients(bert, tokens_per_pass=10)
    assert value == pytest.approx(info_nce(first, second, 0.1).item(), rel=1e-4)


def test_tokens_and_padding_are_counted(bert):
    _, _, whole = gradients(bert)
    _, _, parts = gradients(bert, tokens_per_pass=12)
    lengths = [len(text.split()) + 2 for side in TEXTS for text in side]
    assert whole.tokens == parts.tokens == sum(lengths)
    assert sum(lengths) <= parts.cells <= whole.cells < len(lengths) * max(lengths)


def test_passes_hold_texts_of_similar_length_within_the_budget():
    lengths = sorted(np.random.default_rng(0).integers(3, 256, size=200).tolist())
    passes = alike(lengths, 1000)
    assert [i for one in passes for i in one] == list(range(200))
    for one in passes:
        assert lengths[one[-1]] <= 1.25 * lengths[one[0]] + 4 and lengths[one[-1]] * len(one) <= 1000
    assert alike([300], 100) == [range(1)] and alike([5, 6, 40], 4096) == [range(2), range(2, 3)]


def test_left_out_negatives_are_counted(bert):
    def mask(rows, others):
        return np.equal.outer(rows, others) | (rows[:, None] + 1 == others[None, :])

    plain, _, _ = gradients(bert)
    value, _, loss = gradients(bert, mask=mask)
    assert value < plain and (loss.masked, loss.negatives) == (7, 56)


def test_a_loss_that_is_no_number_names_the_batch(bert):
    model = model_of(bert)
    with torch.no_grad():
        model[0].auto_model.embeddings.word_embeddings.weight.fill_(float("nan"))
    loss = ContrastiveLoss(model, 0.1, name=lambda rows: f"documents {rows}")
    with pytest.raises(MedteError, match=r"the loss is nan; the batch: documents \[5, 6\]"):
        loss([model.preprocess(list(side[:2])) for side in TEXTS], torch.tensor([5, 6]))
