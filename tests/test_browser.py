"""Every page of the small site as a reader meets it: light and dark, wide and narrow, by mouse and keyboard."""

import pytest
from browser import DESKTOP, PHONE, Visitor, column, executable, served, turned

pytestmark = pytest.mark.site
KINDS = ["console", "other hosts", "sideways", "axe", "paper", "modes"]


def test_no_browser_is_a_failure_that_names_the_package_or_a_loud_skip(monkeypatch, tmp_path):
    monkeypatch.delenv("MEDTE_NO_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match="apt install chromium"):
        executable()
    monkeypatch.setenv("MEDTE_NO_BROWSER", "1")
    with pytest.warns(UserWarning, match="MEDTE_NO_BROWSER"), pytest.raises(pytest.skip.Exception):
        executable()


def test_each_fault_of_a_page_is_found(browser, tmp_path):
    (tmp_path / "index.html").write_text(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Faults</title><link rel="icon" href="data:,">'
        "<style>button:focus { outline: none }</style></head><body><main><h1>Faults</h1>"
        '<img src="http://elsewhere.example/a.png" alt="A"><p style="color: #ccc; background: #fff">Pale</p>'
        '<button tabindex="0">Press</button>'
        '<table style="width: 900px"><tbody><tr><td>Wide</td></tr></tbody></table></main>'
        '<script>console.error("an error"); nowhere();</script></body></html>',
        encoding="utf-8",
    )
    with served(tmp_path) as address:
        visitor = Visitor(browser, address)
        visitor.open("index.html", PHONE)
        visitor.measure()
        visitor.judge()
        visitor.tab_through()
        visitor.print()
        visitor.open("gone.html")
        visitor.context.close()
    found = {kind: "\n".join(lines) for kind, lines in visitor.found.items()}
    assert "an error" in found["console"] and "nowhere" in found["console"] and "gone.html" in found["console"]
    assert found["other hosts"] == "index.html: http://elsewhere.example/a.png"
    assert "in a window of 400" in found["sideways"] and "color-contrast" in found["axe"]
    assert "focus not seen: <button" in found["keyboard"] and "shown: <button" in found["paper"]
    assert "cut off: Wide" in found["paper"]


# Every page of the site.


@pytest.fixture(scope="module")
def address(built):
    with served(built / "site") as served_at:
        yield served_at


def names_of_pages(site):
    """The pages by their names; of those that show source code, all of one make, the longest and that of the longest name."""
    found = [path.relative_to(site) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    code = [path for path in found if path.parts[0] == "_modules"]
    shown = {max(code, key=lambda path: (site / path).stat().st_size), max(code, key=lambda path: len(path.stem))}
    return [str(path) for path in found if path not in code or path in shown]


@pytest.fixture(scope="module")
def names(built):
    return names_of_pages(built / "site")


@pytest.fixture(scope="module")
def walked(names, browser, address):
    """What went wrong on the way, by kind: light on a desktop and on paper, dark on a phone and a desktop."""
    day, night = Visitor(browser, address), Visitor(browser, address, "dark")
    for name in names:
        day.open(name)
        day.judge()
        day.print()
        page = night.open(name, PHONE)
        night.measure()
        night.judge("scrollable-region-focusable")
        page.set_viewport_size(DESKTOP)
        night.judge("color-contrast")
        if page.evaluate("document.documentElement.dataset.theme") != "dark":
            night.note("modes", "is not dark")
    return {kind: day.found.get(kind, []) + night.found.get(kind, []) for kind in {*day.found, *night.found}}


@pytest.mark.parametrize("kind", KINDS)
def test_on_no_page_anything_goes_wrong(walked, kind):
    assert walked.get(kind, []) == []


def test_the_walk_saw_every_kind_of_page_and_fault(names, walked):
    assert {"index.html", "real_text.html", "search.html", "notebooks/21_experiments.html"} <= set(names)
    assert set(walked) <= set(KINDS)


@pytest.mark.parametrize("name", ["index.html", "real_text.html", "notebooks/21_experiments.html", "search.html"])
def test_everything_that_can_be_clicked_is_reached_by_tab_and_seen_to_be(browser, address, name):
    visitor = Visitor(browser, address)
    visitor.open(name)
    visitor.tab_through()
    visitor.context.close()
    assert visitor.found == {}


def test_a_table_of_the_site_sorts_by_mouse_and_keyboard(browser, address):
    visitor = Visitor(browser, address)
    page = visitor.open("real_text.html")
    table = page.locator("#open-sources table")
    as_it_came = column(table, 1)
    counts = [int(text.replace(",", "")) for text in as_it_came]
    assert counts != sorted(counts, reverse=True)
    header = table.get_by_role("button", name="Records")
    header.click()
    assert [int(text.replace(",", "")) for text in column(table, 1)] == sorted(counts, reverse=True)
    header.press("Enter")
    assert [int(text.replace(",", "")) for text in column(table, 1)] == sorted(counts)
    assert turned(table)[1] == "ascending"
    header.press("Space")
    assert column(table, 1) == as_it_came and turned(table)[1] is None
    visitor.context.close()
    assert visitor.found == {}


def test_the_published_table_filters(browser, address):
    visitor = Visitor(browser, address)
    page = visitor.open("published.html")
    page.get_by_label("Filter rows").first.fill("gte")
    assert 1 <= page.locator("#published tbody tr:visible").count() < page.locator("#published tbody tr").count()
    visitor.context.close()


def test_a_table_of_prose_is_read_on_a_phone_without_scrolling_sideways(browser, address):
    visitor = Visitor(browser, address)
    for size, shown in ((DESKTOP, "table-cell"), (PHONE, "block")):
        page = visitor.open("claims.html", size)
        table, cell = page.locator("#claims table"), page.locator("#claims tbody td").nth(1)
        assert cell.evaluate("(one) => getComputedStyle(one).display") == shown
        named = cell.evaluate("(one) => getComputedStyle(one, '::before').content")
        assert (named == '"Evidence"') == (shown == "block")
        assert table.evaluate("(one) => one.parentElement.scrollWidth <= one.parentElement.clientWidth")
    visitor.context.close()


def test_the_name_of_a_module_breaks_after_a_dot(browser, address):
    visitor = Visitor(browser, address)
    page = visitor.open("api_paper.html")
    for place in (".bd-article h2", ".bd-sidebar-secondary a"):
        names = page.locator(place).evaluate_all("(all) => all.map((one) => one.innerHTML)")
        assert any("medte.<wbr>report.<wbr>differences.<wbr>effects_of_training" in name for name in names), names
    visitor.context.close()
    assert visitor.found == {}


def test_the_search_finds_a_task(browser, address):
    visitor = Visitor(browser, address)
    page = visitor.open("search.html?q=MedQuADRetrieval")
    page.locator("#search-results li a").first.wait_for()
    hits = page.locator("#search-results li a").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert any(hit.startswith("real_text.html") for hit in hits), hits
    visitor.context.close()
    assert visitor.found == {}
