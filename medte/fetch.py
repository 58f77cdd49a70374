"""Fetching: the sources of an edition from their publishers into `sources/`, one after another."""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

from medte import paths
from medte.errors import MedteError, require_known
from medte.manifest import verify_all
from medte.profile import Profile
from medte.sources.registry import SOURCES, sources
from medte.tasks.catalogue import benchmark_tasks, catalogue

Say = Callable[[str], None]


def classes_of(source: str, profile: Profile | None = None) -> list[str]:
    """The classes of a source's tasks: the search terms or categories that it is asked for.

    Those of the benchmark's tasks come first, so that what a run of them fetched is the beginning of what another asks
    for; for a `profile` that scores them alone, and trains on nothing, they are all.
    """
    first = [entry for entry in benchmark_tasks("MedEval") if entry.source == source]
    entries = [*first, *(entry for entry in catalogue().values() if entry.source == source)]
    if profile and profile.training is None and profile.scored == "benchmark" and profile.benchmark == "MedEval":
        entries = first
    asked = [[*entry.build.get("classes", ()), *filter(None, [entry.build.get("term")])] for entry in entries]
    return list(dict.fromkeys(chain.from_iterable(asked)))


def fetchable(profile: Profile, names: Sequence[str]) -> list[str]:
    """The sources to fetch: `names`, or where there are none all that the edition reads and that can be fetched."""
    require_known("source", names, SOURCES)
    if profile.data.edition == "mini":
        raise MedteError("the mini edition's text is bundled; there is nothing to fetch: name --edition open or paper")
    for name in names:
        if SOURCES[name].fetch is None:
            raise MedteError(f"{name} cannot be fetched: {SOURCES[name].licence}")
    read = profile.data.sources or sources(profile.training_sources)
    found = [name for name in (names or SOURCES) if SOURCES[name].fetch and (names or name in read)]
    if not found:
        raise MedteError(
            f"the profile {profile.name} reads {', '.join(read)} alone, which cannot be fetched; name another"
        )
    return found


def fetch(profile: Profile, names: Sequence[str], say: Say) -> dict[str, dict]:
    """Fetch sources; returns each one's manifest. What is there is not asked for again, and an interrupted call goes on."""
    manifests = {}
    for name in fetchable(profile, names):
        source = SOURCES[name]
        say(f"{name}: {source.licence}")
        manifests[name] = source.fetch(paths.fetched() / source.place, classes_of(name, profile), say)
        say(f"{name}: {manifests[name]['records']:,} records")
    return manifests


def plan(profile: Profile, names: Sequence[str], say: Say) -> dict[str, str]:
    """What fetching each source would cost, in words; searches and lists are made for it and kept, and one page of text."""
    return {
        name: SOURCES[name].plan(paths.fetched() / SOURCES[name].place, classes_of(name, profile), say)
        for name in fetchable(profile, names)
    }


def verify_fetched(names: Sequence[str]) -> dict[str, int]:
    """How many files of each fetched source are as they came. MedteError where one is not, or the source was never fetched."""
    require_known("source", names, SOURCES)
    return {name: verify_all(_finished(name)) for name in names}


def _finished(name: str) -> Path:
    """The folder with a source's manifest: its place, or where sources share one its own folder there."""
    place = paths.fetched() / SOURCES[name].place
    return place / name if (place / name / "manifest.json").exists() else place
