"""Maps of texts: every text is a point of its class in each panel, and the map is the same again."""

import numpy as np
import pytest

from medte.report import maps

pytestmark = pytest.mark.usefixtures("figures_closed")
DRAW = np.random.default_rng(3)
LABELS = ["heart"] * 14 + ["lung"] * 13 + ["nerve"] * 13
VECTORS = {
    "base": DRAW.normal(size=(40, 8)),
    "trained": DRAW.normal(size=(40, 8)) + 5 * np.eye(8)[[len(label) - 4 for label in LABELS]],
}


def test_nothing_is_left_out_of_a_map():
    figure = maps.tsne(VECTORS, LABELS)
    assert [axes.texts[0].get_text() for axes in figure.axes] == ["base", "trained"]
    for axes, vectors in zip(figure.axes, VECTORS.values(), strict=True):
        classes = {line.get_label(): line for line in axes.lines}
        assert {name: len(line.get_xydata()) for name, line in classes.items()} == {
            "heart": 14,
            "lung": 13,
            "nerve": 13,
        }
        assert len({(line.get_color(), line.get_marker()) for line in classes.values()}) == 3
        drawn = np.concatenate([classes[name].get_xydata() for name in ("heart", "lung", "nerve")])
        assert np.allclose(drawn, maps.coordinates(vectors))
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        assert ((drawn > (left, low)) & (drawn < (right, high))).all()
        assert axes.get_xlabel() and axes.get_ylabel() and not axes.get_title()


def test_length_of_vectors_decides_nothing():
    vectors = VECTORS["trained"]
    assert np.allclose(maps.coordinates(vectors), maps.coordinates(vectors * np.arange(1, 41)[:, None]), atol=1e-3)


def test_density_has_lines_for_each_class_in_its_colour():
    figure = maps.density(VECTORS, LABELS)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["heart", "lung", "nerve"]
    for axes in figure.axes:
        colours = [tuple(lines.get_edgecolor()[0][:3]) for lines in axes.collections]
        assert len(colours) == len(set(colours)) == 3


def test_few_texts_still_make_a_map_and_none_say_so():
    assert maps.coordinates(VECTORS["base"][:2]).shape == (2, 2) and maps.coordinates(VECTORS["base"][:5]).shape == (
        5,
        2,
    )
    assert (
        len(maps.density({"base": VECTORS["base"][:5]}, ["heart"] * 4 + ["lung"]).axes) == 1
    )  # no density of one text
    for made in (maps.tsne, maps.density):
        assert "lacks the Wikipedia texts" in made({}, []).texts[0].get_text()
