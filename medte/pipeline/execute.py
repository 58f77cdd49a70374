"""Runs the notebooks in sequence with papermill; one whose code, parameters and inputs are unchanged is not run again."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from medte import guard, paths
from medte.errors import MedteError, require_known
from medte.machine import machine
from medte.manifest import code_digest, digest, write_json, write_text
from medte.pipeline.notebooks import sources, to_ipynb

Say = Callable[[str], None]

OWN = "50"  # from this number on a notebook names its own profile; what needs a network is tagged skip-execution


def key(source: Path, parameters: Mapping[str, str], inputs: str) -> str:
    """A digest of all that decides what a notebook shows: its source, its parameters, the library, the run's `inputs`."""
    return digest([source.read_text(encoding="utf-8"), dict(parameters), code_digest(paths.PACKAGE), inputs])


def execute(parameters: Mapping[str, str], target: Path, inputs: str, say: Say) -> list[Path]:
    """The executed notebooks in `target`, run where they are stale. MedteError names the first that failed.

    A notebook is run beside its place and renamed when it is done, so that a failed or interrupted one is never in
    `target`; notebooks that have no source any more are removed from it.
    """
    target.mkdir(parents=True, exist_ok=True)
    done = []
    for source in sources():
        path = target / f"{source.stem}.ipynb"
        own = {} if source.stem >= OWN else parameters
        wanted = key(source, own, inputs)
        if path.exists() and _about(path).exists() and ran([path])[0]["key"] == wanted:
            say(f"{source.stem}: unchanged")
        else:
            path.unlink(missing_ok=True)
            _about(path).unlink(missing_ok=True)
            start = time.monotonic()
            text = _run(source, own)
            seconds = time.monotonic() - start
            about = {"name": source.stem, "key": wanted, "seconds": round(seconds, 1), "machine": machine()}
            write_json(_about(path), about | {"date": date.today().isoformat()})
            write_text(path, text)
            say(f"{source.stem}: run in {seconds:.0f} s")
        done.append(path)
    for stray in set(target.glob("*.ipynb")) - set(done):
        stray.unlink()
        _about(stray).unlink(missing_ok=True)
    return done


def _about(notebook: Path) -> Path:
    return notebook.with_suffix(".json")


def ran(notebooks: list[Path]) -> list[dict[str, Any]]:
    """When and where executed notebooks were run: name, key, seconds, machine, date."""
    return [json.loads(_about(path).read_text(encoding="utf-8")) for path in notebooks]


def _run(source: Path, parameters: Mapping[str, str]) -> str:
    """The executed notebook as JSON text, without time stamps."""
    import nbformat
    import papermill

    with tempfile.TemporaryDirectory() as folder:
        unrun, done = Path(folder) / "unrun.ipynb", Path(folder) / "done.ipynb"
        unrun.write_text(to_ipynb(source, None), encoding="utf-8")
        require_known(f"parameter of {source.stem}", parameters, papermill.inspect_notebook(str(unrun)))
        os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        try:
            papermill.execute_notebook(
                str(unrun),
                str(done),
                parameters=dict(parameters),
                kernel_name="python3",
                progress_bar=False,
                cwd=str(source.parent),
                extra_arguments=["--log-level=50"],  # what a kernel says of itself; a cell that fails is raised
            )
        except papermill.PapermillExecutionError as error:
            raise MedteError(
                f"{source.name} failed: {error.ename}: {guard.withheld(error.evalue)} (cell {error.exec_count})"
            ) from error
        notebook = nbformat.read(done, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise MedteError(
                    f"{source.name} prints a warning, which would stand on the page: {guard.withheld(output['text'][:200])}"
                )
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata.tags.append("remove-cell")
    return nbformat.writes(notebook) + "\n"
