"""A contributed result: a run of somebody else's as one file of numbers, read only if everything in it is as it should be.

The file's form leaves no place for text (`form`). What can be computed again is: each value from its items,
the edition's hash from its tasks'. What can be looked up is: tasks, models with their revisions, the profile. This finds
mistakes, mixtures and careless changes; who makes up items with care is found only by whoever runs it again.
"""

import lzma
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from medte.errors import MedteError, require_known, unknown
from medte.evaluation.groups import in_means
from medte.evaluation.items import value
from medte.evaluation.score import AGREES, VERSIONS
from medte.evaluation.statistics import Scores
from medte.manifest import digest_of_rows
from medte.models.registry import WITHOUT_WEIGHTS, entry
from medte.profile import Profile, load_profile
from medte.report.contributions.form import About, EditionFacts, Head, Row, checked
from medte.report.reproduced import Cell, side_by_side
from medte.tasks.catalogue import MAIN_SCORE, all_tasks
from medte.tasks.catalogue import task as find_task

MOST = 2**28  # bytes of an unpacked file
UNRESOLVED = "unresolved"
ITEMS = {
    "classification": {"labels", "predictions"},
    "clustering": {"labels", "assignments"},
    "pair_classification": {"labels", "similarity"},
    "retrieval": {"ndcg", "ndcg_merged"},
}  # family -> what its items are


class Contribution:
    """A file of results that was read and checked; `name` is the file's. MedteError says what is wrong, and where."""

    def __init__(self, path: Path):
        self.name = path.name.removesuffix(".jsonl.xz")
        try:
            head, *rows = _lines(path)
            self._head = checked(Head, head, "line 1")
            self.rows = [checked(Row, line, f"line {number}") for number, line in enumerate(rows, start=2)]
            self.profile = _profile(self.about)
            _check_edition(self.about.edition)
            _check_models(self.about, self.profile)
            _check_rows(self.rows, self.about, self._head.units, self.profile)
        except MedteError as error:
            raise MedteError(f"{path.name} is not taken: {error}") from error

    @property
    def about(self) -> About:
        return self._head.about

    @cached_property
    def scores(self) -> Scores:
        """The scores, each value taken from its items."""
        found = []
        for row in self.rows:
            result = row.model_dump() | {"items": row.items.model_dump(exclude_none=True)}
            units = [str(unit) for unit in self._head.units[row.task]]
            found.append(result | {"units": units, "value": value(row.family, result["items"])})
        return Scores(found, self.profile.bootstrap, self.profile.data.seed)

    @cached_property
    def cells(self) -> list[Cell]:
        """The published numbers that it tests, with the verdicts."""
        edition = self.about.edition.model_dump()
        cards = {
            name: {
                "family": find_task(name).family,
                "written_by": task.written_by,
                "dates": {"latest": task.latest},
            }
            for name, task in self.about.edition.tasks.items()
        }
        return side_by_side(self.scores, self.profile, edition, cards)


def _lines(path: Path) -> list[str]:
    """The lines of a result file. MedteError where it is none."""
    if not path.is_file():
        raise MedteError("there is no such file; name one that `medte results write` made")
    unpacker = lzma.LZMADecompressor()
    try:
        text = unpacker.decompress(path.read_bytes(), MOST).decode("utf-8")
    except (lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise MedteError(
            f"it is no result file, or damaged ({error}); write it again with `medte results write`"
        ) from error
    if unpacker.unused_data:
        raise MedteError("something follows its results; write it again with `medte results write`")
    if not unpacker.eof or len(lines := text.splitlines()) < 2 or not text.endswith("\n"):
        raise MedteError("it is cut off, or holds no result; write it again with `medte results write`")
    return lines


def _profile(about: About) -> Profile:
    profile = load_profile(about.profile)
    if profile.hash != about.profile_hash:
        raise MedteError(
            f"it is of another profile {about.profile} (hash {about.profile_hash}) than this copy's ({profile.hash}); run "
            "it again with this copy"
        )
    if profile.training or profile.data.edition != "open":
        raise MedteError(f"the profile {profile.name} trains a model or reads no public text; name test-the-paper")
    return profile


def _check_edition(edition: EditionFacts) -> None:
    require_known("task", edition.tasks, [task.name for task in all_tasks()])
    require_known("source of its tasks", [find_task(name).source for name in edition.tasks], edition.sources)
    found = digest_of_rows({name: about.hash for name, about in edition.tasks.items()}, [])
    if found != edition.hash:
        raise MedteError(
            f"its tasks' data hashes give the edition {found}, the file says {edition.hash}: a task's data are of another "
            "edition"
        )


def _check_models(about: About, profile: Profile) -> None:
    wanted = [name for name in profile.models if entry(name).kind not in WITHOUT_WEIGHTS]
    require_known("model", about.models, wanted)
    require_known("model of its times", about.took, wanted)
    for name in wanted:
        model, found = entry(name), about.models.get(name)
        if found is None:
            raise MedteError(f"it does not say of which weights {name} is; write it again with `medte results write`")
        expected = {"hub": model.hub, "revision": model.revision, "sha256": model.sha256}
        for field, known in expected.items():
            if known not in (None, UNRESOLVED, getattr(found, field)):
                raise MedteError(
                    f"{name}: {field} {getattr(found, field)[:40]}, the registry's is {known[:40]}: these are other "
                    "weights"
                )
    for identifier, source, *_ in about.records:
        if source not in about.edition.sources:
            raise unknown(f"source of the record {identifier}", source, about.edition.sources)


def _check_rows(rows: list[Row], about: About, units: dict[str, list[int]], profile: Profile) -> None:
    counted = in_means(about.edition.tasks, profile.benchmark, about.edition.model_dump())
    wanted = [
        (model, task) for model in profile.models for task in counted if entry(model).does(find_task(task).family)
    ]
    found: set[tuple[str, str]] = set()
    labels: dict[str, list[int] | None] = {}
    for row in rows:
        require_known("model", [row.model], profile.models)
        require_known("task", [row.task], [task.name for task in all_tasks()])
        for problem in _problems(row, about, units, counted):
            raise MedteError(f"{row.model} on {row.task}: {problem}")
        if (row.model, row.task) in found:
            raise MedteError(f"{row.model} on {row.task} stands there twice")
        if labels.setdefault(row.task, row.items.labels) != row.items.labels:
            raise MedteError(f"{row.model} on {row.task}: other right answers than those of another model")
        found.add((row.model, row.task))
    for model, task in wanted:
        if (model, task) not in found:
            raise MedteError(
                f"no result of {model} on {task}; a file holds every model of {profile.name} on every task"
            )


def _problems(row: Row, about: About, units: dict[str, list[int]], counted: list[str]) -> Iterator[str]:
    """What is wrong with a result, the first first."""
    if row.task not in counted:
        yield "its data are not in the edition of this file"
    task, facts, items = find_task(row.task), about.edition.tasks[row.task], row.items.model_dump(exclude_none=True)
    named = {"family": task.family, "source": task.source, "metric": MAIN_SCORE[task.family]}
    for field, known in named.items():
        if getattr(row, field) != known:
            yield f"{field} {getattr(row, field)!r}, expected {known!r}"
    if row.data != facts.hash:
        yield f"made from other data ({row.data}) than the edition's ({facts.hash})"
    if row.counts.get("rows") != facts.rows:
        yield f"{row.counts.get('rows')} rows, the edition's task has {facts.rows}"
    if row.model in about.models and not row.model_revision.startswith(about.models[row.model].sha256[:16]):
        yield f"of other weights ({row.model_revision}) than the file names ({about.models[row.model].sha256[:16]}…)"
    if lacking := set(VERSIONS) - set(row.versions):
        yield f"it does not name the versions of {', '.join(sorted(lacking))}"
    if set(items) != ITEMS[task.family]:
        yield f"items {', '.join(sorted(items)) or 'none'}, expected {', '.join(sorted(ITEMS[task.family]))}"
    lengths = {
        len(row_) for part in items.values() for row_ in (part if part and isinstance(part[0], list) else [part])
    }
    if lengths != {len(units.get(row.task, ()))} or lengths == {0}:
        yield f"{sorted(lengths)} items of {len(units.get(row.task, ()))} documents' items"
    ours = value(task.family, items)
    if not abs(ours - row.value) <= AGREES:
        yield f"the file says {row.value:.4f}, its items give {ours:.4f}: one of them was changed"
