"""Tables that sort and filter: medte.js and medte.css in a page of their own, by mouse, by keyboard, on paper."""

import shutil

import pytest
from browser import PHONE, Visitor, column, served, turned

from medte.evaluation.statistics import Estimate
from medte.paths import CHECKOUT
from medte.report import tables

pytestmark = pytest.mark.site
STATIC = CHECKOUT / "book" / "_static"

ROWS = [
    ["delta", "1,200.5", "seed 10"],
    ["Alpha", "−3.0", ""],
    ["echo", tables.MISSING, "seed 9"],
    ["bravo", "&lt; 0.001", "Zebra"],
    ["Charlie", "<b>62.0</b>", "apple"],
    ["golf", "0.001", "seed 1"],
    ["foxtrot", "7 / 120", "Éclair"],
    ["hotel", "+9.9", tables.MISSING],
]
MEAN = ["Mean of all", "5.0", "last"]


def small_table(rows, foot=()):
    return tables.html(["Name", "Value <small>points</small>", "Word"], rows, "A caption.", foot)


@pytest.fixture(scope="module")
def tables_address(tmp_path_factory):
    """A page with three tables: one that sorts, one that is too short to, one that is long enough to filter."""
    folder = tmp_path_factory.mktemp("tables")
    for name in ("medte.js", "medte.css"):
        shutil.copy(STATIC / name, folder)
    long = [[f"Task{'<wbr>' * (n % 2)}Number{n}", tables.cell(Estimate(n / 20, 0, 1, 1)), "x" * n] for n in range(13)]
    body = small_table(ROWS, [MEAN]) + small_table(ROWS[:3]) + small_table(long, [MEAN])
    (folder / "index.html").write_text(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Tables</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="medte.css"><script src="medte.js"></script></head>'
        f'<body><main><h1>Tables</h1>{body}<a href="#">after</a></main></body></html>',
        encoding="utf-8",
    )
    with served(folder) as address:
        yield address


@pytest.fixture
def page(browser, tables_address):
    """The page with three tables; closed only if nothing went wrong in it."""
    visitor = Visitor(browser, tables_address)
    yield visitor.open("index.html")
    visitor.context.close()
    assert visitor.found == {}


def test_numbers_sort_by_value_and_a_third_click_restores_the_order(page):
    table = page.locator("table").first
    as_it_came = column(table, 1)
    header = table.get_by_role("button", name="Value points")
    header.click()
    down = ["1,200.5", "62.0", "+9.9", "7 / 120", "0.001", "< 0.001", "−3.0", "–"]
    assert column(table, 1) == down and turned(table) == [None, "descending", None]
    header.click()
    assert column(table, 1) == [*down[-2::-1], "–"] and turned(table) == [None, "ascending", None]
    assert column(table, 0, "tfoot") == ["Mean of all"]
    header.click()
    assert column(table, 1) == as_it_came and turned(table) == [None] * 3


def test_words_sort_by_their_letters_with_nothing_last(page):
    table = page.locator("table").first
    header = table.get_by_role("button", name="Word")
    header.click()
    up = ["apple", "Éclair", "seed 1", "seed 9", "seed 10", "Zebra"]
    assert column(table, 2) == [*up, "", "–"] and turned(table) == [None, None, "ascending"]
    header.click()
    assert column(table, 2) == [*up[::-1], "", "–"]
    table.get_by_role("button", name="Name").click()  # another column starts from its own beginning
    assert column(table, 0)[:3] == ["Alpha", "bravo", "Charlie"] and turned(table) == ["ascending", None, None]


def test_a_header_is_reached_by_tab_and_pressed_by_enter_and_space(page):
    table = page.locator("table").first
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Value points"
    page.keyboard.press("Enter")
    assert turned(table)[1] == "descending" and column(table, 1)[0] == "1,200.5"
    page.keyboard.press("Space")
    assert turned(table)[1] == "ascending" and column(table, 1)[0] == "−3.0"
    assert page.evaluate("document.activeElement.textContent") == "Value points"


def test_a_value_is_sorted_by_itself_and_not_by_its_interval(page):
    table = page.locator("table").nth(2)
    header = table.get_by_role("button", name="Value points")
    header.click()
    values = [float(text.split(" ")[0]) for text in column(table, 1)]
    assert values == sorted(values, reverse=True) and values[0] == 60.0


def test_short_tables_have_no_controls(page):
    figures = page.locator("figure")
    assert [figures.nth(n).locator("button").count() for n in range(3)] == [3, 0, 3]
    assert [figures.nth(n).locator("input").count() for n in range(3)] == [0, 0, 1]


def test_the_filter_keeps_rows_with_all_its_words_and_escape_clears_it(page):
    figure = page.locator("figure").nth(2)
    table, field, count = figure.locator("table"), figure.get_by_label("Filter rows"), figure.get_by_role("status")
    widths = "() => [...document.querySelectorAll('figure:nth-of-type(3) thead th')].map((one) => one.offsetWidth)"
    before = page.evaluate(widths)
    assert count.inner_text() == "13 of 13 rows"
    line, below = figure.locator("p").bounding_box(), table.bounding_box()
    assert line["y"] + line["height"] <= below["y"]
    field.fill("number2")
    assert column(table, 0) == ["TaskNumber2"] and page.evaluate(widths) == before  # the longest word is not shown
    field.fill("tasknumber1 XXX")
    assert column(table, 0) == ["TaskNumber10", "TaskNumber11", "TaskNumber12"]  # of TaskNumber1 the word has one x
    assert count.inner_text() == "3 of 13 rows" and column(table, 0, "tfoot") == ["Mean of all"]
    table.get_by_role("button", name="Value points").click()
    assert column(table, 0) == ["TaskNumber12", "TaskNumber11", "TaskNumber10"]
    field.fill("nowhere")
    assert column(table, 0) == [] and count.inner_text() == "0 of 13 rows"
    field.press("Escape")
    assert field.input_value() == "" and count.inner_text() == "13 of 13 rows" and len(column(table, 0)) == 13


def test_the_page_does_not_move_when_the_controls_come(browser, tables_address):
    every = "[...document.querySelectorAll('table, figcaption, td, tbody th')]"
    places = f"() => {every}.map((one) => one.getBoundingClientRect().toJSON())"
    with_script = Visitor(browser, tables_address).open("index.html")
    places_with_script = with_script.evaluate(places)
    with_script.route("**/medte.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    with_script.reload()
    assert with_script.locator("button").count() == 0 and with_script.evaluate(places) == places_with_script
    with_script.context.close()


def test_without_scripts_everything_is_there_and_no_room_is_kept(browser, tables_address):
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(tables_address + "index.html")
    assert page.locator("tbody tr:visible").count() == 8 + 3 + 13 and page.locator("button, input").count() == 0
    figures, shown = page.locator("figure"), page.locator("table")
    assert figures.nth(2).bounding_box()["y"] == shown.nth(2).bounding_box()["y"]
    context.close()


def test_paper_shows_no_controls_but_how_many_rows_a_filter_left(page):
    filtered = page.locator("figure").nth(2)
    page.emulate_media(media="print")
    assert not filtered.get_by_role("status").is_visible()
    page.emulate_media(media="screen")
    filtered.get_by_label("Filter rows").fill("number12")
    page.emulate_media(media="print")
    assert filtered.get_by_role("status").is_visible() and not filtered.locator("input").is_visible()
    assert page.locator("thead").first.inner_text().split("\t")[0].strip() == "Name"
