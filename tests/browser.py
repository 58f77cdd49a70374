"""A real browser for tests: chromium, driven by Playwright over pages served here, and what is wrong with them."""

import functools
import os
import shutil
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
DESKTOP, PHONE, PAPER = (  # paper: A4 with margins of a centimetre
    {"width": width, "height": height} for width, height in ((1280, 800), (400, 800), (718, 1047))
)

# In long tables every row is made as the first ones are: the rest is not judged, which would take most of the time.
SERIOUS = """async (rules) => {
    const where = { include: [["html"]], exclude: [["tbody tr:nth-child(n+6)"]] };
    const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
    const { violations } = await axe.run(where, { preload: false, resultTypes: ["violations"], ...only });
    return violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target} ${node.html.slice(0, 160)}`));
}"""

# What is shown on paper and should not be: something to click, a sidebar, a table that is cut off.
ON_PAPER = """() => {
    const all = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
    const sidebars = all(".bd-sidebar-primary, .bd-sidebar-secondary, nav, dialog");
    const controls = all("input, button:not(.medte-sort), .medte-links");
    const wide = all("table").filter((table) =>
        table.getBoundingClientRect().right > innerWidth + 1 || table.scrollWidth > table.parentElement.clientWidth + 1);
    return [
        ...[...sidebars, ...controls].map((one) => `shown: ${one.outerHTML.slice(0, 120)}`),
        ...wide.map((one) => `cut off: ${one.innerText.slice(0, 80)}`),
    ];
}"""

LOOK = "outline boxShadow borderColor backgroundColor color textDecorationLine opacity visibility".split()
WATCH = """(look) => {
    const styles = (one, part) => look.map((name) => getComputedStyle(one, part)[name]);
    window.styleOf = (one) => [...styles(one), ...styles(one, "::after")].join();
    window.reached = new Map();
    addEventListener("focusin", (event) => reached.set(event.target, styleOf(event.target)));
    const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
    const shown = (one) => one.checkVisibility({ visibilityProperty: true });
    window.wanted = [...all].filter((one) => one.tabIndex >= 0 && !one.disabled && shown(one));
    return wanted.length;
}"""
UNSEEN = """() => {
    document.activeElement.blur();
    const tell = (what, one) => `${what}: ${one.outerHTML.slice(0, 160)}`;
    return wanted.flatMap((one) => !reached.has(one) ? tell("not reached", one)
        : reached.get(one) === styleOf(one) ? tell("focus not seen", one) : []);
}"""


def executable() -> str:
    """The path of chromium. Where there is none the test fails; with `MEDTE_NO_BROWSER=1` it is skipped and warns."""
    if os.environ.get("MEDTE_NO_BROWSER") == "1":
        warnings.warn("MEDTE_NO_BROWSER=1: no page is looked at in a browser", stacklevel=2)
        pytest.skip("MEDTE_NO_BROWSER=1: no page is looked at in a browser")
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.fail(
        f"none of {', '.join(NAMES)} is on PATH: install the Debian package chromium (apt install chromium), "
        "or set MEDTE_NO_BROWSER=1 to leave out the tests that need it",
        pytrace=False,
    )


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Chromium without a window; it finds no host but this machine."""
    from playwright.sync_api import sync_playwright

    path = executable()
    with sync_playwright() as playwright:
        rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=path, args=[rules])
        yield browser
        browser.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address under which the files of `folder` are served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


class Visitor:
    """Opens pages under one address and keeps, by kind, what went wrong meanwhile, a line each with the page's name."""

    def __init__(self, browser: "Browser", address: str, mode: str = "light"):
        self.address, self.name, self.found = address, "", {}
        self.context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce", color_scheme=mode)
        self.context.add_init_script(f'localStorage.setItem("mode", "{mode}"); localStorage.setItem("theme", "{mode}")')
        self.context.set_default_timeout(120_000)  # milliseconds; on a busy machine a page takes its time
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self._is_ours(request.url) or self.note("other hosts", request.url))
        self.page.on("console", lambda message: message.type == "error" and self.note("console", message.text))
        self.page.on("pageerror", lambda error: self.note("console", str(error)))
        self.page.on("response", lambda answer: answer.status >= 400 and self.note("console", answer.url))

    def note(self, kind: str, what: str) -> None:
        self.found.setdefault(kind, []).append(f"{self.name}: {what}")

    def _is_ours(self, url: str) -> bool:
        return url.startswith((self.address, "data:"))

    def open(self, name: str, size: dict[str, int] = DESKTOP) -> "Page":
        """The page, loaded at that size, its formulas set."""
        self.name = name
        self.page.set_viewport_size(size)
        self.page.goto(self.address + name)
        self.page.evaluate("window.MathJax?.startup?.promise")
        return self.page

    def judge(self, *rules: str) -> None:
        """Note what axe-core finds serious or critical, by these of its rules or by all."""
        from axe_playwright_python.base import AXE_SCRIPT

        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        for line in self.page.evaluate(SERIOUS, list(rules)):
            self.note("axe", line)

    def measure(self) -> None:
        """Note a page that is wider than the window."""
        wide, window = self.page.evaluate("(one => [one.scrollWidth, one.clientWidth])(document.scrollingElement)")
        if wide > window:
            self.note("sideways", f"{wide} pixels in a window of {window}")

    def print(self) -> None:
        """Note what is wrong with the page on paper."""
        self.page.emulate_media(media="print")
        self.page.set_viewport_size(PAPER)
        for line in self.page.evaluate(ON_PAPER):
            self.note("paper", line)
        self.page.emulate_media(media="screen")

    def tab_through(self) -> None:
        """Note what can be clicked and is not reached with the Tab key, or does not look different then."""
        for _ in range(self.page.evaluate(WATCH, LOOK) + 2):
            self.page.keyboard.press("Tab")
        for line in self.page.evaluate(UNSEEN):
            self.note("keyboard", line)


def column(table, number, part="tbody"):
    """What stands in a column's cells that are shown, from top to bottom."""
    return table.locator(f"{part} tr:visible").evaluate_all(
        "(rows, number) => rows.map((row) => row.cells[number].textContent)", number
    )


def turned(table):
    return table.locator("thead th").evaluate_all("(all) => all.map((one) => one.getAttribute('aria-sort'))")
