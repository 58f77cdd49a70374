"""Tables and figures by name: on a page with the code that makes them and files to take away, and alone from the command line."""

import base64
import re

import matplotlib.pyplot as plt
import pytest

from medte.errors import MedteError
from medte.paths import PACKAGE
from medte.report import tables
from medte.report.exhibit import Exhibit
from medte.report.exhibits import EXHIBITS, exhibit, show


def two_tables(word):
    """Two tables. And more."""
    return "".join(tables.html(["Model"], [[f"{word} {number}"]], f"Caption {number}.") for number in (1, 2))


def line(length):
    """A line."""
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot(range(length))
    return figure


TABLES = Exhibit(two_tables, lambda run: (run,))
FIGURE = Exhibit(line, lambda run: (run,), "A caption.", 'What "it" shows')


def test_each_table_links_to_its_code_and_to_its_own_files():
    html = TABLES.html("two", "gte")
    first, second = html.split("</figure>")[:2]
    assert first.startswith('<figure class="medte-table" id="two">') and 'id="' not in second
    assert f'href="../_modules/{two_tables.__module__.replace(".", "/")}.html#two_tables"' in first
    for part, file, number in ((first, "two.csv", 1), (second, "two-2.csv", 2)):
        (data,) = re.findall(rf'download="{file}" href="data:text/plain;base64,([^"]+)"', part)
        assert base64.b64decode(data).decode() == f"Model\ngte {number}\n"
        assert part.count("download=") == 2 and part.index(f"Caption {number}.") < part.index("medte-links")
    assert set(TABLES.files("two", "gte")) == {"two.html", "two.csv", "two.tex", "two-2.csv", "two-2.tex"}
    assert TABLES.about == "Two tables."


def test_a_figure_carries_its_words_and_is_the_same_bytes_again():
    before = plt.get_fignums()
    html = FIGURE.html("line", 3)
    assert 'alt="What &quot;it&quot; shows"' in html and "A caption." in html
    drawn = FIGURE.files("line", 3)
    assert drawn == FIGURE.files("line", 3) != FIGURE.files("line", 4)
    assert html.count(base64.b64encode(drawn["line.svg"].encode()).decode()) == 1 and "#858585" in drawn["line.svg"]
    assert '<a download="line.svg" class="medte-image">SVG</a>' in html
    assert plt.get_fignums() == before


def test_a_caption_may_be_made_from_the_run():
    made = Exhibit(line, lambda run: (run,), lambda run: f"{run} points.", "A line")
    assert "<figcaption>4 points. " in made.html("line", 4)


def test_what_has_no_table_stays_as_it_is():
    assert Exhibit(lambda: "<p>not recorded</p>").html("x") == "<p>not recorded</p>"


def test_an_unknown_name_names_the_nearest_of_its_kind():
    with pytest.raises(MedteError, match=r"unknown figure 'learning-curv'; did you mean 'learning-curve'\?"):
        exhibit("learning-curv", figure=True)
    with pytest.raises(MedteError, match="unknown table 'gain'"):
        exhibit("gain", figure=False)


def test_names_say_what_they_are_and_each_function_can_be_looked_up():
    for name, one in EXHIBITS.items():
        assert re.fullmatch(r"[a-z][a-z_-]*", name), name
        assert one.make.__module__.startswith("medte.report.") and one.make.__doc__, name
        assert bool(one.caption) == one.is_figure, name


def test_what_is_recorded_needs_no_run():
    recorded = [name for name, one in EXHIBITS.items() if one.recorded]
    assert len(recorded) > 10
    for name in recorded:
        assert show(name).data


def test_notebooks_show_every_live_exhibit_once_and_no_other():
    texts = {path.name: path.read_text(encoding="utf-8") for path in (PACKAGE.parent / "notebooks").glob("*.py")}
    of_each = {name: re.findall(r'^show\("([^"]+)"', text, flags=re.MULTILINE) for name, text in texts.items()}
    assert {one for names in of_each.values() for one in names} <= set(EXHIBITS)
    shown = [one for name, names in of_each.items() if name < "50" for one in names]  # those of one run
    assert {name for name, one in EXHIBITS.items() if not one.recorded} <= set(shown)
    assert {name for name in shown if shown.count(name) > 1} == {"families"}  # on the overview and with all results
