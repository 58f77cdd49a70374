"""The texts of one task as a map (t-SNE), a panel a model: as points, and as density. No text is left out of it."""

from collections.abc import Iterator, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from medte.report.marks import BLUE, BROWN, GREEN, INK, MARKERS, ORANGE, PURPLE, RED, SKY, nothing

TASK = "WikipediaDiseaseBySystemClustering"  # what the paper's map is of
PERPLEXITY = 30
SEED = 42
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, BROWN, SKY, INK)
SHARES = (0.25, 0.5, 0.75)  # of a class's density outside each of its lines
SPAN = np.array([-1, 1])
NONE = "this edition lacks the Wikipedia texts by system of disease"

Vectors = Mapping[str, np.ndarray]  # model's name on the page -> a vector a text, (n, d)


def tsne(vectors: Vectors, labels: Sequence[str]) -> Figure:
    """The map of the texts by t-SNE, a panel a model, with a colour and a marker for each class."""
    if not len(labels):
        return nothing(NONE)
    figure, handles = _panels(vectors), []
    for axes, places in zip(figure.axes, map(coordinates, vectors.values()), strict=True):
        handles = [
            axes.plot(*places[own].T, marker, color=colour, ms=4, mew=0, alpha=0.8, rasterized=True, label=label)[0]
            for label, own, colour, marker in _classes(labels)
        ]
        _frame(axes, places)
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def density(vectors: Vectors, labels: Sequence[str]) -> Figure:
    """The density of each class's texts on the same map: a kernel estimate, as lines."""
    if not len(labels):
        return nothing(NONE)
    figure, handles = _panels(vectors), []
    for axes, places in zip(figure.axes, map(coordinates, vectors.values()), strict=True):
        for _, own, colour, _ in _classes(labels):
            x, y = places[own].T
            sns.kdeplot(
                x=x, y=y, ax=axes, color=colour, levels=SHARES, gridsize=80, linewidths=1.2, warn_singular=False
            )
        handles = [Line2D([], [], color=colour, label=label) for label, _, colour, _ in _classes(labels)]
        _frame(axes, places)
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def coordinates(vectors: np.ndarray) -> np.ndarray:
    """Two coordinates a text, (n, 2), by t-SNE on cosine similarity: the same on any number of cores.

    Three texts and fewer are placed by their first two vector components.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    rows = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    if len(rows) <= 3:
        return rows[:, :2]
    with threadpool_limits(1):
        return TSNE(perplexity=perplexity(len(rows)), init="pca", random_state=SEED).fit_transform(rows)


def perplexity(texts: int) -> float:
    """The perplexity of a map of so many texts: `PERPLEXITY`, or a quarter of the texts where these are few."""
    return min(PERPLEXITY, texts / 4)


def _panels(vectors: Vectors) -> Figure:
    figure, panels = plt.subplots(1, len(vectors), figsize=(3.7 * len(vectors), 4), squeeze=False)
    for axes, name in zip(panels[0], vectors, strict=True):
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.spines[:].set_visible(True)
        axes.text(0, 1.02, name, transform=axes.transAxes)
    return figure


def _frame(axes: Axes, places: np.ndarray) -> None:
    """The same part of the map in every figure: all places, with a margin, as a square."""
    middle, reach = (places.max(0) + places.min(0)) / 2, 0.7 * np.ptp(places, axis=0).max() or 1.0
    axes.set(xlim=middle[0] + reach * SPAN, ylim=middle[1] + reach * SPAN, xlabel="t-SNE 1", ylabel="t-SNE 2")


def _classes(labels: Sequence[str]) -> Iterator[tuple[str, np.ndarray, str, str]]:
    """(class, which texts are of it, colour, marker) for each class, in alphabetical order."""
    for number, label in enumerate(sorted(set(labels))):
        colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
        yield label, np.asarray(labels) == label, colour, marker
