"""The notebook that tests the paper, from its first cell to its last, against a small wiki and a small hub on loopback."""

import ast
import json
import lzma
import re
import threading
from functools import partial

import jupytext
import pytest
from hub_server import NEW, loopback_hub, models_hub  # noqa: F401
from tiny_bert import files, plain_bert

from medte import cli, paths
from medte.contribute import frozen_list
from medte.engine import Engine
from medte.errors import MedteError
from medte.evaluation.store import as_line, read_recorded
from medte.fetch import classes_of, fetch
from medte.models.registry import registry
from medte.pipeline.notebooks import sources
from medte.profile import load_profile
from medte.record import rebuild
from medte.report.contributions import contributed
from medte.report.contributions.contribution import Contribution
from medte.run import Run
from medte.sources import wikipedia
from tests.test_wikipedia import QUICK, Wiki

PROFILE = "test-the-paper"
PAGES, SECTIONS = 6, 10  # of each category: texts enough for a task
VERDICT = "<td>(not reproduced|not contradicted)</td>"  # of models at random either may come out
CATEGORIES = classes_of("wikipedia", load_profile(PROFILE))
NOTEBOOK = next(source for source in sources() if source.stem.startswith("50"))


class TinyWiki(Wiki):
    """A category has half of its pages itself, the others are in a subcategory. `gone` and `other` change it later."""

    gone, other = frozenset(), frozenset()

    def reply(self, query):
        if "pageids" in query:
            return {"query": {"pages": {query["pageids"]: self.page(int(query["pageids"]))}}}
        name = query["cmtitle"].removeprefix("Category:")
        place = CATEGORIES.index(name.removesuffix(" in detail"))
        numbers = [PAGES * place + number for number in range(1, PAGES + 1)]
        own = numbers[PAGES // 2 :] if name.endswith(" in detail") else numbers[: PAGES // 2]
        members = [{"pageid": number, "ns": 0, "title": f"Page {number}"} for number in own if number not in self.gone]
        if not name.endswith(" in detail"):
            members.append({"pageid": 9000 + place, "ns": 14, "title": f"Category:{name} in detail"})
        return {"query": {"categorymembers": members}}

    def page(self, number):
        name, more = CATEGORIES[(number - 1) // PAGES], " Revised." if number in self.other else ""
        parts = [
            f"== Part {part} ==\nPart {part} of page {number} speaks of {name.lower()}, of gout and of the lung.{more}"
            for part in range(1, SECTIONS)
        ]
        text = "\n\n\n".join([f"Page {number} is about {name.lower()} and begins with a few plain words.", *parts])
        revision = {"revid": 100 + number, "timestamp": "2026-02-01T10:00:00Z"}
        return {"pageid": number, "ns": 0, "title": f"Page {number}", "extract": text, "revisions": [revision]}


@pytest.fixture
def world(models_hub, tmp_path, monkeypatch):  # noqa: F811
    """The wiki; the hub holds tiny models under the names and at the revisions of the registry's."""
    known = registry()
    minilm = known["all-MiniLM-L6-v2"].model_copy(update={"kind": "hub", "package": None, "sha256": None})
    monkeypatch.setitem(known, "all-MiniLM-L6-v2", minilm)
    for seed, revision in enumerate((NEW, known["gte-base"].revision, minilm.revision)):
        models_hub.commits[revision] = files(plain_bert(tmp_path / "models" / revision, seed, length=32))
    models_hub.newest = NEW  # the released MEDTE's revision is not known beforehand
    monkeypatch.setattr(paths, "recorded", lambda: tmp_path / "recorded")
    (tmp_path / "recorded").mkdir()
    monkeypatch.setenv("MEDTE_EMAIL", "")  # the notebook sets it
    monkeypatch.setattr(wikipedia, "MANNERS", QUICK)
    with TinyWiki() as wiki:
        for name in ("plan", "fetch"):
            monkeypatch.setattr(wikipedia, name, partial(getattr(wikipedia, name), url=wiki.url))
        thread = threading.Thread(target=wiki.serve_forever, args=(0.01,))
        thread.start()
        yield wiki
        wiki.shutdown()
        thread.join()


def cells():
    """The code of the notebook's cells, but for the one that installs the package."""
    notebook = jupytext.read(NOTEBOOK, fmt="py:percent")
    return [cell for cell in notebook.cells if cell.cell_type == "code" and "%pip" not in cell.source]


def shown(source, names):
    """Run a cell among `names` and give what it would display."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, NOTEBOOK.name, "exec"), names)
    return eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names) if last else None


def changed(path, folder, change):
    """A copy of a result file with its head and first row changed."""
    head, row, *rows = lzma.decompress(path.read_bytes()).decode().splitlines()
    head, row = json.loads(head), json.loads(row)
    change(head, row)
    copy = folder / "changed.jsonl.xz"
    copy.write_bytes(lzma.compress("".join(f"{line}\n" for line in (as_line(head), as_line(row), *rows)).encode()))
    return copy


def test_what_a_build_of_the_site_leaves_out_is_what_needs_a_network():
    skipped = ["skip-execution" in cell.metadata.get("tags", []) for cell in cells()]
    assert skipped == sorted(skipped) and True in skipped and False in skipped
    first = next(cell for cell in jupytext.read(NOTEBOOK, fmt="py:percent").cells)
    assert f"each of {len(CATEGORIES)} categories" in " ".join(first.source.split())
    assert "2,000 pages" in first.source and wikipedia.Crawl("").pages == 2000 and wikipedia.MANNERS.per_second == 2


@pytest.mark.slow
def test_from_the_first_cell_to_a_verdict_that_is_handed_on(world, tmp_path, monkeypatch, capsys):
    names, outputs = {}, []
    for cell in cells():
        outputs.append(shown(cell.source, names))
        if "parameters" in cell.metadata.get("tags", []):
            names["email"] = "somebody@example.org"
    assert outputs[0].data == f"<p>{contributed.NOTHING}</p>"
    assert (
        f"{PAGES * len(CATEGORIES) - 1} requests" in outputs[2]["wikipedia"]
    )  # one was asked for, to see how big a page is
    assert outputs[3]["wikipedia"]["records"] == PAGES * len(CATEGORIES)
    live, contribution = outputs[-2].data, outputs[-1].data
    verdicts = re.findall(VERDICT, contribution)
    assert len(verdicts) == 3 and verdicts == re.findall(VERDICT, live)
    assert "Wikipedia, 10 of 11 tasks" in live and "Wikipedia, 10 of 11 tasks" in contribution
    about, results = read_recorded(names["file"])
    assert len(results) == 50 and {result["source"] for result in results} == {"wikipedia"}
    assert about["models"]["MEDTE"]["revision"] == NEW
    assert "gout" not in lzma.decompress(names["file"].read_bytes()).decode()  # no word of the texts

    monkeypatch.setattr("sys.argv", ["medte", "results", "add", str(names["file"])])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0 and "Taken in: " in capsys.readouterr().out
    assert re.findall(VERDICT, contributed.table()) == verdicts and f"MEDTE {verdicts[-1]}" in contributed.listing()

    row_of = {
        "its items give": lambda head, row: row.update(value=row["value"] + 0.01),
        "made from other data": lambda head, row: row.update(data="0" * 16),
        "unknown task": lambda head, row: row.update(task="WikipediaSindromesClassification"),
        "no text": lambda head, row: row.update(note="Part 1 of page 1 speaks of gout."),
    }
    for message, change in row_of.items():
        with pytest.raises(MedteError, match=message):
            Contribution(changed(names["file"], tmp_path, change))

    # somebody else, later: the wiki lost a page, changed one, and has its own home
    world.gone, world.other, said = {1}, {2, 3}, []
    monkeypatch.setenv("MEDTE_HOME", str(tmp_path / "another"))
    fetch(load_profile(PROFILE), [], said.append)
    run = Run(PROFILE, said.append, frozen_list(PROFILE))
    records = run.edition.manifest["sources"]["wikipedia"]["records"]
    assert said[-1] == "of the records listed 2 changed since, 1 are gone"
    assert "records changed: 2, gone: 1" in rebuild(Run(PROFILE), Engine())
    assert len(run.tasks()) == 10 and records == PAGES * len(CATEGORIES) - 1
