"""One colour and marker a group and family, and names that keep apart."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np

from medte.models.registry import registry
from medte.report import marks
from medte.report.published import GROUP_TITLE
from medte.tasks.catalogue import FAMILIES


def test_no_two_groups_and_no_two_families_look_alike():
    looks = [(one.colour, one.marker) for one in marks.GROUPS.values()]
    assert len(set(looks)) == len(looks) and len({marks.family_mark(family) for family in FAMILIES}) == 4
    assert {marks.GROUPS[name].title for name in GROUP_TITLE} == set(GROUP_TITLE.values())
    assert {model.group for model in registry().values()} <= set(marks.GROUPS)
    assert marks.group("some_other") == marks.Group("some other", marks.INK, ".")


def test_names_beside_points_cover_neither_each_other_nor_points():
    figure, axes = plt.subplots(figsize=(6, 4))
    points = [(0.5 + 0.01 * number, 0.5 + 0.012 * (number % 3)) for number in range(10)]
    axes.plot(*zip(*points, strict=True), "o")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    marks.name_points(axes, points, [f"a model {number}" for number in range(10)])
    figure.canvas.draw()
    boxes = np.array([marks_of(text) for text in axes.texts])
    for one, other in combinations(boxes, 2):
        assert marks._common(one[None], other[None]).item() < 1
    places = axes.transData.transform(points)
    assert not any((box[:2] < place).all() and (place < box[2:]).all() for box in boxes for place in places)
    plt.close(figure)


def marks_of(text):
    """Where a name's words are, without its line."""
    return plt.Text.get_window_extent(text).extents


def test_a_name_right_beside_its_point_has_no_line():
    figure, axes = plt.subplots()
    axes.plot([0, 1], [0, 1], "o")
    marks.name_points(axes, [(0, 0), (1, 1)], ["one", "other"])
    assert not any(text.arrow_patch.get_visible() for text in axes.texts)
    marks.name_points(axes, [], [])
    plt.close(figure)


def test_who_is_not_drawn_is_named_in_lines_of_bearable_length():
    _, axes = plt.subplots()
    marks.note(axes, "seconds", [f"a long name of a model {number}" for number in range(9)], "no time")
    first, *others = axes.get_xlabel().split("\n")
    assert first == "seconds" and len(others) > 1 and max(map(len, others)) <= 90
    marks.note(axes, "seconds", [], "no time")
    assert axes.get_xlabel() == "seconds"
    plt.close()
