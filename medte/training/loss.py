"""InfoNCE on cosine similarity, with in-batch negatives: one or both directions, in one step or cached, on one device or many.

Texts of a batch go through the encoder in passes of similar length, first and second texts together, so that almost nothing is
padded. The loss itself is always taken in fp32. What sentence-transformers' own losses lack, and is here: negatives that
are known to be none are left out, and a loss that is no number stops the training and names the batch.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from sentence_transformers.base.losses.gradcache import CachedLossMixin
from sentence_transformers.base.losses.merged_forward import merge_feature_batches
from sentence_transformers.util import all_gather, all_gather_with_grad, get_rank, is_dist_initialized
from torch import Tensor, nn

from medte.errors import MedteError

ALIKE, FEW = 1.25, 4  # the longest text of a pass has at most so many times, and tokens more than, the shortest
Mask = Callable[[np.ndarray, np.ndarray], np.ndarray]  # rows, rows → (n, m): which are no negatives


def info_nce(
    first: Tensor,
    second: Tensor,
    temperature: float,
    known: Tensor | None = None,
    symmetric: bool = False,
    offset: int = 0,
    count: int | None = None,
) -> Tensor:
    """The mean loss, in nats, of `count` pairs from `offset` on; `first` and `second` are (n, d) with all pairs of the batch.

    `known` (n, n) is true where the second text of a column is right for the first of a row, and so no negative. The loss of
    pair i is −log softmax of its similarity to its partner among the batch's second texts; `symmetric` takes the mean with
    the same among the first texts.
    """
    first, second = (nn.functional.normalize(side.float(), dim=1) for side in (first, second))
    own = torch.arange(offset, offset + (len(first) if count is None else count), device=first.device)
    directions = [(first, second, known), (second, first, None if known is None else known.T)]
    losses = []
    for anchors, candidates, excluded in directions[: 1 + symmetric]:
        scores = anchors[own] @ candidates.T / temperature  # (count, n)
        if excluded is not None:
            excluded = excluded[own].clone()
            excluded[torch.arange(len(own)), own] = False
            scores = scores.masked_fill(excluded, -torch.inf)
        losses.append(nn.functional.cross_entropy(scores, own))
    return torch.stack(losses).mean()


def alike(lengths: Sequence[int], budget: int) -> list[range]:
    """Consecutive ranges of ascending `lengths`: none is padded by more than a quarter, or holds more than `budget` with its padding."""
    ranges, start = [], 0
    for i, length in enumerate(lengths):
        if i > start and (length > ALIKE * lengths[start] + FEW or length * (i + 1 - start) > budget):
            ranges.append(range(start, i))
            start = i
    return [*ranges, range(start, len(lengths))]


class ContrastiveLoss(CachedLossMixin, nn.Module):
    """The loss of a batch as sentence-transformers' trainer asks for it: features of both columns, and the pairs' row numbers.

    With `cached` the gradient is the same, but only one pass's activations are in memory at a time, for a second forward
    pass (GradCache, arXiv 2101.06983).
    """

    mini_batch_size = 1_000_000  # of the texts of a pass, which are cut already

    def __init__(
        self,
        model: nn.Module,
        temperature: float,
        *,
        symmetric: bool = False,
        cached: bool = False,
        tokens_per_pass: int = 4096,
        mask: Mask | None = None,
        name: Callable[[Sequence[int]], str] = str,
    ):
        """`mask` says which pairs of rows are no negatives, and `name` what
        the rows of a batch are called in an error."""
        super().__init__()
        self.model, self.temperature, self.symmetric, self.cached = model, temperature, symmetric, cached
        self.tokens_per_pass, self.mask, self.name = tokens_per_pass, mask, name
        self.tokens = self.cells = self.masked = self.negatives = 0

    def forward(self, sentence_features: Sequence[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """The loss of a batch; MedteError where it is no finite number."""
        passes, place = self._passes(list(sentence_features))
        if self.cached:
            return self.forward_cached(passes, (labels, place))
        parts = [
            [self.embed_minibatch(one, 0, len(one["input_ids"]), with_grad=True, copy_random_state=False)[0]]
            for one in passes
        ]
        return self.calculate_loss(parts, (labels, place))

    def _passes(self, features: list[dict[str, Tensor]]) -> tuple[list[dict[str, Tensor]], Tensor]:
        """The texts of both columns, shortest first, in passes of similar length, and the place of each text among them."""
        merged = merge_feature_batches(features)
        lengths = merged["attention_mask"].sum(dim=1)
        order = lengths.argsort(stable=True)
        lengths = lengths[order].tolist()
        passes = []
        for own in alike(lengths, self.tokens_per_pass):
            longest = lengths[own[-1]]
            rows = order[own.start : own.stop]
            passes.append(
                {
                    key: value[rows, :longest] if value.ndim > 1 else value[rows]
                    for key, value in merged.items()
                    if isinstance(value, Tensor)
                }
            )
            self.cells += longest * len(own)
        self.tokens += sum(lengths)
        return passes, order.argsort()

    def calculate_loss(
        self, reps: list[list[Tensor]], labels: tuple[Tensor, Tensor], *, with_backward: bool = False
    ) -> Tensor:
        """The loss from the vectors of all passes; with `with_backward` its gradient reaches these, and it comes detached."""
        rows, place = labels
        first, second = torch.cat([part.float() for parts in reps for part in parts])[place].chunk(2)
        count, offset = len(first), get_rank() * len(first)
        everyones = rows
        if is_dist_initialized():
            everyones, first, second = all_gather(rows), all_gather_with_grad(first), all_gather_with_grad(second)
        self.rows = everyones
        known = self._known(everyones, offset, count)
        with torch.autocast(first.device.type, enabled=False):
            loss = info_nce(first, second, self.temperature, known, self.symmetric, offset, count)
        if not torch.isfinite(loss):
            raise MedteError(f"the loss is {loss.item()}; the batch: {self.batch()}")
        if with_backward:
            loss.backward()
            loss = loss.detach()
        return loss

    def batch(self) -> str:
        """What the pairs of the last batch are called, those of all devices."""
        return self.name(self.rows.tolist())

    def _known(self, rows: Tensor, offset: int, count: int) -> Tensor | None:
        if self.mask is None:
            return None
        numbers = rows.cpu().numpy()
        known = self.mask(numbers, numbers)
        self.masked += int(known[offset : offset + count].sum()) - count
        self.negatives += count * (len(numbers) - 1)
        return torch.from_numpy(known).to(rows.device)
