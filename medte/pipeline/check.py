"""What must hold of a built site and of the results behind it; each finding is one line."""

from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
}
PASSIVE_LINKS = {"canonical", "next", "prev", "search", "index", "author", "license", "help", "alternate", "edit"}


class _Page(HTMLParser):
    """Collects what a page loads, what it links to, and the anchors it offers."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.loads, self.links, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.anchors.update(filter(None, (attributes.get("id"), attributes.get("name"))))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag in LOADING and (address := attributes.get(LOADING[tag])):
            if tag != "link" or not PASSIVE_LINKS & set((attributes.get("rel") or "").split()):
                self.loads.append(address)


def check_site(site: Path) -> list[str]:
    """Problems of the pages in `site`: no front page, a broken internal link or anchor, an asset of another host."""
    if not (site / "index.html").exists():
        return [f"{site} has no index.html"]
    paths = [
        path for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts
    ]  # no templates
    pages = {path.resolve(): _Page(path.read_text(encoding="utf-8")) for path in paths}
    problems = []
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        for address in page.loads:
            if urlsplit(address).netloc:
                problems.append(f"{name} loads {address} from another host")
        for address in [*page.links, *page.loads]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                problems.append(f"{name} links to {address}, which does not exist")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                problems.append(f"{name} links to {address}, which has no such anchor")
    return problems


def check_results(
    found: Iterable[dict], wanted: Iterable[tuple[str, str]], why_stale: Callable[[dict], str | None]
) -> list[str]:
    """What lacks a result of today; `wanted` is (model, task), `why_stale` says of a result why it does not hold, or None."""
    there = {(result["model"], result["task"]): result for result in found}
    problems = []
    for model, task in wanted:
        if (model, task) not in there:
            problems.append(f"no result of {model} on {task}")
        elif why := why_stale(there[model, task]):
            problems.append(f"the result of {model} on {task} is stale, {why}")
    return problems
