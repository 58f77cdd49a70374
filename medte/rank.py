"""Encoders ranked on a hospital's own notes: scores, then a report of a page. The report holds numbers and no text."""

from collections.abc import Sequence

from medte import guard
from medte.errors import MedteError
from medte.evaluation.groups import BENCHMARK, grouped
from medte.evaluation.statistics import Scores
from medte.manifest import write_text
from medte.models.registry import entry
from medte.report.notes_report import EncodingFacts, page
from medte.run import Run
from medte.tasks.catalogue import task as find_task

REPORT = "report.md"


def rank(run: Run, models: Sequence[str] = (), family: str | None = None) -> str:
    """The report (Markdown) on the run's models, and `models` beside them; also written to `report.md` where its results lie.

    A model with its prompts or cut at a length (`NAME+prompts`, `NAME@128`) stands in it as a model of its own.
    MedteError where the run reads no notes, and where no task can be built from them.
    """
    if guard.credentialed(run.profile) is None:
        raise MedteError(
            f"the profile {run.profile.name} was given no notes; name their folder: `medte evaluate --notes FOLDER`"
        )
    asked = list(dict.fromkeys([*run.profile.models, *models]))
    entries = {found.name: found for found in map(entry, asked)}
    if not run.tasks(family):
        missing, read = run.edition.missing, run.edition.manifest["sources"]
        reasons = sorted({why for name, why in missing.items() if find_task(name).source in read})
        raise MedteError(f"no task can be built from these notes: {'; '.join(reasons[:5])}; give more of them")
    scores = _scores(run, asked, family)
    encoded = {name: _encoded(run, name) for name in scores.models}
    text = page(scores, run.profile, run.edition.manifest, entries, encoded)
    write_text(run.folders.root / REPORT, text)
    return text


def _scores(run: Run, models: Sequence[str], family: str | None) -> Scores:
    """The scores of the models, under whatever condition they were asked for, on the benchmark's tasks."""
    results = grouped(run.results(family, models), run.profile.benchmark, run.edition.manifest)
    return Scores(results.get(BENCHMARK, []), run.profile.bootstrap, run.profile.data.seed)


def _encoded(run: Run, model: str) -> EncodingFacts | None:
    """How the model's vectors were made; None where they are not stored, as TF-IDF's."""
    facts = run.took(model)
    if not facts["texts"]:
        return None
    speed = facts["timed"] / facts["seconds"] if facts["timed"] and facts["seconds"] else None
    return EncodingFacts(int(facts["texts"]), int(facts["truncated"]), speed, facts["max_length"])
