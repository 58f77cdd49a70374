"""What others contributed: their results as they lie in the repository, and the published numbers that these test."""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

from medte import paths
from medte.errors import MedteError, require_known
from medte.evaluation.score import code
from medte.report import tables
from medte.report.contributions.contribution import Contribution
from medte.report.pages import main_pair
from medte.report.published import CAVEATS, column_name, digits
from medte.report.reproduced import Cell
from medte.report.text_table import aligned

NOTHING = "Nothing has been contributed yet: the paper's Wikipedia column is untested."
CAPTION = (
    "Contributed: results of others, checked and taken from their scores per item, beside the published numbers, in "
    "percent, with the 95 % interval over documents and draws. A column of which a task is lacking is tested by where its "
    "mean can lie."
)


def folder() -> Path:
    """Where contributed results lie in the repository."""
    return paths.recorded() / "contributed"


def names() -> list[str]:
    """The names of the contributed results."""
    return sorted(path.name.removesuffix(".jsonl.xz") for path in folder().glob("*.jsonl.xz"))


def contributed(name: str) -> Contribution:
    """A contributed result by its name, or any file of results by its path. MedteError where it is unknown, or refused."""
    if Path(name).is_file():
        return Contribution(Path(name))
    if not names():
        raise MedteError(
            f"{name} is no file, and nothing has been contributed yet; name a file that `medte results write` made"
        )
    require_known("contributed result", [name], names())
    return _read(folder() / f"{name}.jsonl.xz")


@lru_cache
def _read(path: Path) -> Contribution:
    return Contribution(path)


def table(results: Sequence[str] | None = None) -> str:
    """The published numbers that contributed results test, with the verdicts, as HTML; says so where there are none.

    `results` are names or files; None is all that are in the repository.
    """
    found = [contributed(name) for name in (names() if results is None else results)]
    rows = [
        [
            f'{escape(one.name)}<br><span class="interval">{escape(one.about.machine)}</span>',
            tables.title(cell.model),
            _column(cell),
            tables.cell(cell.ours),
            tables.percent(cell.published, digits(cell.column)),
            cell.verdict,
            f"<small>{escape(cell.why)}</small>",
        ]
        for one in found
        for cell in one.cells
    ]
    said = "".join(f"<p>{escape(one.name)}: {escape(sentence(one))}</p>" for one in found)
    if not rows:
        return said or f"<p>{NOTHING}</p>"
    header = ["Result", "Model", "Mean", "Ours", "Published", "Verdict", "Why"]
    return tables.html(header, rows, f"{CAPTION} {CAVEATS}") + said


def sentence(one: Contribution) -> str:
    """What the comparison of its main pair of models says, how long encoding took, whether other code than ours scored."""
    took = ", ".join(
        f"{name} {about.seconds:,.0f} s for {about.texts:,} texts"
        for name, about in one.about.took.items()
        if about.texts
    )
    said = [tables.difference_sentence(one.scores, *main_pair(one.profile))]
    if took:
        said.append(f"Encoding took {took}.")
    if {row.code for row in one.rows} != {code()}:
        said.append("Scored by other code than this copy's.")
    return " ".join(said)


def listing() -> str:
    """The contributed results, a line each, as text; says what to do where there are none."""
    lines = [["result", "profile", "tasks", "models", "verdicts"]]
    for one in map(contributed, names()):
        verdicts = ", ".join(f"{cell.model} {cell.verdict}" for cell in one.cells)
        lines.append(
            [one.name, one.profile.name, str(len(one.scores.tasks)), str(len(one.scores.models)), verdicts or "none"]
        )
    if len(lines) == 1:
        return (
            f"{NOTHING}\nTo make one: notebooks/50_test_the_paper, or `medte results write --profile test-the-paper`."
        )
    return "\n".join(aligned(lines))


def screen(one: Contribution) -> str:
    """What a result is made of and what it says, as text for a screen."""
    about, versions = one.about, one.rows[0].versions
    rows = [["model", "mean of", "ours", "published", "verdict"]]
    for cell in one.cells:
        ours = f"{tables.percent(cell.ours.value)} [{tables.percent(cell.ours.low)}, {tables.percent(cell.ours.high)}]"
        known = tables.percent(cell.published, digits(cell.column))
        rows.append([cell.model, _column(cell), ours, known, cell.verdict])
    weights = [f"  {name}: {model.hub} at {model.revision}" for name, model in about.models.items()]
    return "\n".join(
        [
            f"{one.name}: profile {one.profile.name}, {about.date}, {about.machine}",
            f"{len(one.scores.tasks)} tasks × {len(one.scores.models)} models, data {about.edition.hash}, "
            f"{len(about.records):,} records listed",
            ", ".join(f"{name} {number}" for name, number in versions.items()),
            *weights,
            "",
            *(aligned(rows) if one.cells else ["It tests no published number."]),
            *dict.fromkeys(f"  {cell.model}: {cell.why}" for cell in one.cells),
            sentence(one),
        ]
    )


def _column(cell: Cell) -> str:
    return f"{column_name(cell.column)}, {cell.ours.tasks} of {cell.tasks} tasks"
