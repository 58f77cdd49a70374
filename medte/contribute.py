"""Contributing: the results of a run as one file to hand on, and taking such a file into the repository."""

import re
from datetime import date
from pathlib import Path

import pandas as pd

from medte import __version__, paths
from medte.curation.frozen import COLUMNS, read
from medte.edition import FROZEN
from medte.errors import MedteError
from medte.evaluation.groups import in_means
from medte.evaluation.store import Result, write_recorded
from medte.machine import machine
from medte.manifest import digest, file_sha256, verify, write_bytes
from medte.models.load import folder_of
from medte.models.registry import WITHOUT_WEIGHTS, entry
from medte.report.contributions.contributed import folder, screen
from medte.report.contributions.contribution import Contribution
from medte.report.contributions.form import Row
from medte.run import Run

COMMIT = re.compile(r"[0-9a-f]{40}")


def write(run: Run) -> Path:
    """Write the results of a run on public text as a file that can be contributed, carrying the run out where need be.

    All models of the profile on all tasks that count, with their items, the data's hashes, the models' revisions, machine
    and versions, and the list of the records behind them; no text. MedteError where `medte results add` would refuse it.
    """
    profile = run.profile
    if profile.training or profile.data.edition != "open":
        raise MedteError(
            f"the profile {profile.name} trains a model or reads other than public text, and no published number could be "
            "tested with its results; name test-the-paper"
        )
    manifest = run.edition.manifest
    counted = in_means(manifest["tasks"], profile.benchmark, manifest)
    results = [_slim(result) for result in run.results(models=list(profile.models)) if result["task"] in counted]
    encoders = [name for name in profile.models if entry(name).kind not in WITHOUT_WEIGHTS]
    cards = run.edition.cards()
    about = {
        "medte": __version__,
        "profile": profile.name,
        "profile_hash": profile.hash,
        "date": date.today().isoformat(),
        "machine": machine(),
        "models": {name: _weights(run, name) for name in encoders},
        "took": {name: _took(run, name) for name in encoders},
        "edition": {
            "edition": manifest["edition"],
            "hash": manifest["hash"],
            "tasks": {
                name: {key: task[key] for key in ("hash", "rows", "written_by")}
                | {"latest": cards[name]["dates"]["latest"]}
                for name, task in manifest["tasks"].items()
            },
            "sources": {
                name: {
                    "records": source["records"],
                    "licences": list(source["licences"]),
                    "stand_in": source["stand_in"],
                }
                for name, source in manifest["sources"].items()
            },
        },
        "records": read(verify(run.edition.folder, FROZEN)).values.tolist(),
    }
    path = run.folders.root / f"{profile.name}-{about['date']}.jsonl.xz"
    write_recorded(path, about, results)
    Contribution(path)
    return path


def _slim(result: Result) -> Result:
    """A result without what its items give, or nobody checks."""
    return {key: value for key, value in result.items() if key in {*Row.model_fields, "units"}}


def _took(run: Run, name: str) -> dict[str, float]:
    """How many texts were encoded while the clock ran, and its seconds: after an interruption these are not all texts."""
    found = run.took(name)
    return {"texts": found["timed"], "seconds": found["seconds"]}


def _weights(run: Run, name: str) -> dict[str, str]:
    """Where the weights of a model came from. MedteError where that is not known to the commit."""
    model = entry(name)
    place, sha256 = folder_of(model, run.folder_of)
    revision = place.name if COMMIT.fullmatch(place.name) else model.revision
    if not COMMIT.fullmatch(revision or ""):
        raise MedteError(
            f"of which commit of {model.hub} the weights in {place} are is not known; unset MEDTE_MIRROR, so that they come "
            "from the hub, and run again"
        )
    return {"hub": model.hub, "revision": revision, "sha256": sha256}


def add(path: Path) -> str:
    """Check a file of results and put it into the repository; what it says and what to do next, in words.

    The first that is taken in for a profile also gives the frozen list by which others build the same data. Outside a
    checkout nothing is written. MedteError says what is wrong with the file.
    """
    found = Contribution(path)
    name = f"{found.profile.name}-{found.about.date}-{digest(file_sha256(path))[:8]}"
    place = folder() / f"{name}.jsonl.xz"
    said = screen(found)
    if paths.CHECKOUT is None:
        return (
            f"{said}\n\nThe file is as it should be. This is an installed package and no clone of the repository: open a "
            "pull request in the repository that this copy came from, with the file as "
            f"medte/report/recorded/contributed/{place.name}"
        )
    if place.exists():
        return f"{said}\n\nIt is there already: {place}"
    write_bytes(place, path.read_bytes())
    listed = frozen_list(found.profile.name)
    if not listed.exists():
        rows = pd.DataFrame(found.about.records, columns=["id", "source", "part", "hash"], dtype=str)[COLUMNS]
        rows.sort_values(["source", "id"]).to_parquet(listed, index=False, compression="zstd", compression_level=19)
    return (
        f"{said}\n\nTaken in: {place}\nCommit it, with {listed.name} where that is new, and open a pull request in the "
        "repository that this copy came from."
    )


def frozen_list(profile: str) -> Path:
    """Where the list of the records behind a profile's recorded or first contributed results lies, once there is one."""
    return paths.recorded() / f"{profile}-frozen.parquet"
