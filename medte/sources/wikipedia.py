"""Wikipedia (CC BY-SA 4.0): pages found by walking categories, their plain text by section, from the MediaWiki API.

    crawls = [Crawl("Pain"), Crawl("Fever", depth=1, pages=1000)]
    with Getter(folder, contact(), MANNERS, say=print) as getter:
        print(plan(getter, crawls))  # what the pages will cost
        fetch(getter, crawls)
    for record in read(folder): …

Which categories to crawl comes from the tasks' classes and is handed in. `read` takes the mirror's archive as well:
replies of the same API, missing pages among them, which do not say in which categories a page is.
"""

import re
from collections import Counter, deque
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from medte.errors import MedteError
from medte.manifest import unseal
from medte.records import Record
from medte.sources.archive import members, the_file
from medte.sources.getting import (
    Getter,
    Manners,
    Plan,
    Request,
    Unusable,
    Walk,
    contact,
    json_value,
    stored_pages,
)
from medte.sources.identities import identities
from medte.sources.source import Say, Source
from medte.sources.wiki_text import sections

URL = "https://en.wikipedia.org/w/api.php"
LICENCE = "CC-BY-SA-4.0"
MANNERS = Manners(per_second=2)  # one after another; the wiki grants 200 a minute to clients that name whom to write to
QUERY = {"action": "query", "format": "json", "formatversion": 1, "maxlag": 5}  # lag in seconds above which it is busy
BUSY = ("maxlag", "ratelimited", "readonly", "internal_api_error")  # how error codes begin that pass by waiting
ARTICLE, CATEGORY = 0, 14  # namespaces


@dataclass(frozen=True)
class Crawl:
    """A category to take pages from.

    Its own pages come first (depth 0), then those of its subcategories down to `depth`, level by level in the wiki's
    order, until there are `pages` distinct ones. The defaults are the paper's for classification; for clustering it took
    1000 pages a category.
    """

    category: str  # without "Category:"
    depth: int = 1
    pages: int = 2000


def fetch(getter: Getter, crawls: Sequence[Crawl], url: str = URL) -> dict[str, Any]:
    """Fetch the pages of all crawls and return the manifest; one that was interrupted goes on where it stopped.

    The manifest says how many pages each category gave (0: the wiki has no such category, or moved its pages) and how
    many were left out: missing (deleted since they were listed), redirects, pages without text.
    """
    found = _listed(getter, crawls, url)
    outcomes = Counter(_left_out(page) for body in getter.pages("pages", _texts(found, url)) for page in _pages(body))
    facts = {
        "source": "wikipedia",
        "query": {"address": url, "crawls": [asdict(crawl) for crawl in crawls]},
        "licence": LICENCE,
        "records": outcomes.pop(None, 0),
        "left_out": dict(outcomes),
        "categories": {crawl.category: sum(crawl.category in c for c in found.values()) for crawl in crawls},
    }
    return getter.finish(facts)


def plan(getter: Getter, crawls: Sequence[Crawl], url: str = URL) -> Plan:
    """What fetching the pages will cost, one request each.

    The categories are listed for it (one request for each of them, and for every 500 members), since only their lists
    tell how many pages there are; the lists are kept, and so is one page.
    """
    return getter.dry_run("pages", _texts(_listed(getter, crawls, url), url))


def read(folder: Path, dropped: Counter | None = None) -> Iterator[Record]:
    """One record a page with text, from a folder that `fetch` filled or from the mirror's archive (no categories).

    `facts["categories"]` are the crawled categories that hold the page, all of them; its `subject` is the title without
    what tells it from its namesakes. `dropped` counts by reason what is left out. MedteError where the folder is unfinished
    or damaged.
    """
    dropped, seen = Counter() if dropped is None else dropped, set()
    fetched = not any(folder.glob("*.tar.xz"))
    found = _found_before(folder) if fetched else {}
    for body in stored_pages(folder, "pages") if fetched else _archived(folder):
        for page in _pages(body):
            if reason := _left_out(page):
                dropped[reason] += 1
            elif page["pageid"] in seen:
                dropped["page that is there already"] += 1
            else:
                seen.add(page["pageid"])
                yield _record(page, sorted(found.get(page["pageid"], ())))


def _record(page: dict, categories: list[str]) -> Record:
    identity = f"wikipedia:{page['pageid']}"
    revision = page.get("revisions", [{}])[0]
    facts = {
        "title": page["title"],
        "subject": re.sub(r" \([^()]*\)$", "", page["title"]).lower(),
        "subject_stratum": categories[0] if categories else None,
        "categories": categories,
        "revision": revision.get("revid"),
        "identities": identities(wikipedia=page["pageid"]),
    }
    texts = {f"section:{heading}": text for heading, text in sections(page["extract"]).items()}
    day = revision.get("timestamp", "")[:10] or None
    return Record(identity, "wikipedia", identity, texts, LICENCE, day, facts=facts)


def _left_out(page: dict) -> str | None:
    """Why a page gives no record; None where it gives one."""
    if "missing" in page or "invalid" in page:
        return "page missing"
    if "redirect" in page:
        return "redirect"
    return None if sections(page.get("extract", "")) else "page without text"


def _reply(body: bytes, part: str) -> dict:
    """A reply that holds `part`. Unusable where the wiki is busy or sends something else, MedteError where it refuses."""
    reply = json_value(body)
    said = reply if isinstance(reply, dict) else {}
    error = said.get("error")
    if isinstance(error, dict) and not error.get("code", "").startswith(BUSY):
        raise MedteError(f"the wiki refuses: {error.get('info')} ({error.get('code')}); check the categories' names")
    if part not in said.get("query", {}):
        raise Unusable(f"a reply without {part}: {body[:100]!r}")
    return reply


def _pages(body: bytes) -> Iterable[dict]:
    """The pages of a reply, missing ones among them; errors as those of `_reply`."""
    return _reply(body, "pages")["query"]["pages"].values()


def _members(category: str, url: str) -> Generator[Request, bytes, list[dict]]:
    """Pages and subcategories of "Category:…", in the wiki's order; a list may be empty and yet go on."""
    asked = {**QUERY, "list": "categorymembers", "cmtitle": category, "cmtype": "page|subcat", "cmlimit": 500}
    found, more = [], {}
    while more is not None:
        body = yield Request(url, asked | more, check=partial(_reply, part="categorymembers"))
        reply = _reply(body, "categorymembers")
        found += reply["query"]["categorymembers"]
        more = reply.get("continue")
    return found


def _listing(crawls: Iterable[Crawl], found: dict[int, set[str]], url: str) -> Walk:
    """The walk through the categories, each listed once; `found` gets the crawled categories of every page id."""
    listed: dict[str, list[dict]] = {}
    for crawl in crawls:
        root = f"Category:{crawl.category}"
        held, entered, waiting = set(), {root}, deque([(root, 0)])
        while waiting and len(held) < crawl.pages:
            category, depth = waiting.popleft()
            if category not in listed:
                listed[category] = yield from _members(category, url)
            for member in listed[category]:
                if member["ns"] == ARTICLE and len(held) < crawl.pages:
                    held.add(member["pageid"])
                    found.setdefault(member["pageid"], set()).add(crawl.category)
                elif member["ns"] == CATEGORY and depth < crawl.depth and member["title"] not in entered:
                    entered.add(member["title"])
                    waiting.append((member["title"], depth + 1))


def _texts(found: Collection[int], url: str) -> Walk:
    """The walk through the pages: the API gives the whole text of one page at a time."""
    prop = {"prop": "extracts|info|revisions", "explaintext": 1, "exsectionformat": "wiki", "rvprop": "ids|timestamp"}
    for number, page in enumerate(found, start=1):
        yield Request(url, QUERY | prop | {"pageids": page}, check=_pages, left=len(found) - number)


def _listed(getter: Getter, crawls: Sequence[Crawl], url: str) -> dict[int, set[str]]:
    """The crawled categories of every page id that the crawls find, in the order of finding."""
    if not crawls:
        raise MedteError("no category of Wikipedia to crawl; hand in the classes of its tasks")
    found: dict[int, set[str]] = {}
    for _ in getter.pages("categories", _listing(crawls, found, url)):
        pass
    return found


def _found_before(folder: Path) -> dict[int, set[str]]:
    """What a finished fetch found: its walk through the categories once more, on the stored lists."""
    bodies = list(stored_pages(folder, "categories"))
    query, found = unseal(folder)["query"], {}
    walk = _listing([Crawl(**crawl) for crawl in query["crawls"]], found, query["address"])
    with suppress(StopIteration):
        walk.send(None)
        for body in bodies:
            walk.send(body)
    return found


def _archived(folder: Path) -> Iterator[bytes]:
    """The replies in the mirror's archive. MedteError where one is none."""
    archive = the_file(folder, "*.tar.xz")
    for name, body in members(archive, ".txt"):
        try:
            _pages(body)
        except Unusable as error:
            raise MedteError(f"{name} in {archive} is damaged ({error}); fetch the archive again") from error
        yield body


def _fetch(folder: Path, classes: Sequence[str], say: Say) -> dict[str, Any]:
    """A crawl for each class, which is a category."""
    with Getter(folder, contact(), MANNERS, say) as getter:
        return fetch(getter, [Crawl(category) for category in classes])


def _plan(folder: Path, classes: Sequence[str], say: Say) -> str:
    with Getter(folder, contact(), MANNERS, say) as getter:
        cost = plan(getter, [Crawl(category) for category in classes])
    return f"Wikipedia, {len(classes)} categories: {cost}"


SOURCE = Source("wikipedia", read, LICENCE, fetch=_fetch, plan=_plan)
