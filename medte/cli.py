"""The command line: `medte …` parses, calls one function, prints."""

import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from medte.commands import data, recordings, results
from medte.commands.options import (
    NotesOption,
    ProfileOption,
    SchedulerOption,
    WorkersOption,
    read_notes,
)
from medte.errors import MedteError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="""Reproduce "Towards Domain Specification of Embedding Models in Medicine", or use its benchmark on models of your own.

A profile is one whole run as a file: mini (bundled text, a quarter of an hour on two cores), open (real text, fetched or from
the folder that MEDTE_MIRROR names), paper (the paper's own run). Everything a run makes is kept under runs/<profile>/ (or
MEDTE_HOME) and reused; an interrupted command goes on where it was.

Try: medte tasks · medte evaluate --profile mini --family retrieval · medte run
""",
)
app.add_typer(data.app, name="data")
app.add_typer(results.app, name="results")


@app.command()
def run(profile: ProfileOption = "mini") -> None:
    """Do everything and build the site: data, training, evaluation, notebooks, book."""
    from medte.book import make
    from medte.run import stamped

    make(profile, stamped)


@app.command()
def train(
    profile: ProfileOption = "mini",
    choose: Annotated[
        bool, typer.Option(help="Compare the profile's candidates on the validation pairs instead.")
    ] = False,
    variant: Annotated[str | None, typer.Option(help="A variant that the profile names, such as sham.")] = None,
) -> None:
    """Fine-tune the profile's base encoder on its training pairs; prints held-out figures and where the model is."""
    from medte.run import Run, stamped

    chosen = Run(profile, stamped)
    if choose:
        from medte.choose import choose as compare

        print(compare(chosen))
        return
    print(f"held out: {chosen.train(variant)['held_out']}\nmodel: {chosen.folders.model(variant)}")


@app.command()
def evaluate(
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="mini (the default), open or paper; with --notes: notes.")
    ] = None,
    family: Annotated[
        str | None, typer.Option(help="classification, clustering, pair_classification or retrieval.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A model of `medte models`, also NAME+prompts or NAME@128 (tokens), or the folder of your own; may be repeated."
        ),
    ] = None,
    workers: WorkersOption = 0,
    scheduler: SchedulerOption = None,
    notes: NotesOption = None,
) -> None:
    """Score the profile's models on its tasks; prints one line a result, then the means with their rank groups.

    A model that --model names stands in the tables from then on; `medte models --forget NAME` takes it out.
    """
    from medte.engine import Engine
    from medte.errors import require_known
    from medte.report.text_table import means
    from medte.run import Run, stamped
    from medte.tasks.catalogue import FAMILIES

    require_known("family", [family] if family else [], FAMILIES)
    if notes:
        if workers or scheduler:
            raise MedteError("clinical notes stay in this process alone; leave out --workers and --scheduler")
        from medte.rank import REPORT, rank
        from medte.run import stamped_to_stderr

        read_notes(profile or "notes", notes)
        run = Run(profile or "notes", stamped_to_stderr)
        print(rank(run, model or [], family))
        print(f"report: {run.folders.root / REPORT}")
        return
    run = Run(profile or "mini", stamped)
    for name in model or []:
        run.added.add(name)
    with Engine(workers or None, scheduler) as engine:
        for result in run.results(family, model, engine):
            print(f"{result['model']:20} {result['task']:70} {result['metric']:14} {result['value']:.4f}")
    print(means(run.kept(family), run.profile.compared_with))


@app.command()
def probes(profile: ProfileOption = "mini") -> None:
    """Score the profile's models on the probes, small tasks outside the benchmark that ask one thing each.

    The run's own results come first, where they are not there; after them about a minute for mini on two cores.
    """
    from medte.report.text_table import tasks as lines
    from medte.run import Run, stamped

    run = Run(profile, stamped)
    for group, scores in run.probes().items():
        print(f"\n{group}\n{lines(scores)}")
    for name, reason in run.probe_set.missing.items():
        print(f"{name} is missing: {reason}")


@app.command()
def trace(
    model: Annotated[str, typer.Argument(help="A model of `medte models`.")],
    task: Annotated[str, typer.Argument(help="A task of `medte tasks`.")],
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="mini (the default), open or paper; with --notes: notes.")
    ] = None,
    worst: Annotated[int, typer.Option(help="Items to show.", min=0)] = 10,
    notes: NotesOption = None,
) -> None:
    """Walk from a number of a table back to its texts: its result file, its worst items, where their texts come from.

    Nothing is computed. Of clinical notes no text is shown, only where it lies.
    """
    from medte.run import Run
    from medte.trace import screen
    from medte.trace import trace as walk

    if notes:
        read_notes(profile or "notes", notes)
    print(screen(walk(Run(profile or ("notes" if notes else "mini")), model, task, worst)))


@app.command()
def tasks(
    benchmark: Annotated[
        str, typer.Option(help="MedEval (51 tasks), MedEval-all (77) or MedEval-corrected (51).")
    ] = "MedEval",
    task: Annotated[str | None, typer.Argument(help="One task, whole.")] = None,
) -> None:
    """List the tasks, or show how one is defined."""
    from medte.tasks.catalogue import benchmark_tasks
    from medte.tasks.catalogue import task as find

    if task:
        for key, value in find(task).model_dump().items():
            print(f"{key}: {value}")
        return
    for entry in benchmark_tasks(benchmark):
        print(f"{entry.name:75} {entry.family:20} {entry.source}")


@app.command()
def models(
    profile: ProfileOption = "mini",
    forget: Annotated[str | None, typer.Option(help="Take a model that was added out of the run's tables.")] = None,
) -> None:
    """List the models that a profile may name, and those that were added to a run."""
    from medte.models.registry import registry
    from medte.run import Run

    run = Run(profile)
    if forget:
        run.added.forget(forget)
    for entry in registry().values():
        print(f"{entry.name:26} {entry.kind:8} {entry.group:28} {entry.hub or ''}")
    for name, place in run.added.places().items():
        print(f"{name:26} added    {place}")


@app.command()
def table(
    name: Annotated[str | None, typer.Argument(help="One of those that `medte table` lists.")] = None,
    profile: ProfileOption = "mini",
) -> None:
    """Make one table of the book alone, as HTML, CSV and LaTeX; without a name, list them."""
    _exhibit(name, profile, figure=False)


@app.command()
def figure(
    name: Annotated[str | None, typer.Argument(help="One of those that `medte figure` lists.")] = None,
    profile: ProfileOption = "mini",
) -> None:
    """Make one figure of the book alone, as SVG; without a name, list them."""
    _exhibit(name, profile, figure=True)


@app.command()
def publish(
    folder: Annotated[
        Path, typer.Argument(help="Where to write the model; a new folder, or one that was written before.")
    ],
    name: Annotated[str, typer.Option(help="What it is to be called: organisation/name.")],
    profile: ProfileOption = "mini",
    variant: Annotated[str | None, typer.Option(help="A variant that the profile names.")] = None,
    upload: Annotated[bool, typer.Option("--upload", help="Put it onto the hub too, as a private repository.")] = False,
) -> None:
    """Write a trained model as a folder that pools rightly everywhere, with a card that says what it was trained on.

    For sentence-transformers, plain transformers and mteb. Look at the card before you make the repository public.
    """
    from medte.publish import publish as write
    from medte.publish import upload as put
    from medte.run import Run, stamped

    print(write(Run(profile, stamped), folder, name, variant))
    if upload:
        print(put(folder, stamped))


@app.command()
def notebooks() -> None:
    """Make the .ipynb files from their percent scripts."""
    from medte.pipeline.notebooks import generate

    for path in generate():
        print(path)


@app.command()
def check(profile: ProfileOption = "mini") -> None:
    """Check a finished run: results complete, links whole, nothing from another host, notebooks in step."""
    from medte.book import check as find_problems

    problems = find_problems(profile)
    print("\n".join(problems) or "nothing wrong")
    raise typer.Exit(1 if problems else 0)


for command in (recordings.record, recordings.bench, recordings.sweep):
    app.command()(command)


def main() -> None:
    """Run the command line; a user's mistake is one line and exit code 2, Ctrl-C a line and 130."""
    # notebooks run in a folder of their own
    for setting in ("MEDTE_HOME", "MEDTE_MIRROR", "MEDTE_NOTES", "MIMIC_FOLDER"):
        if os.environ.get(setting):
            os.environ[setting] = str(Path(os.environ[setting]).expanduser().resolve())
    try:
        app()
    except MedteError as error:
        _complain(str(error))
        sys.exit(2)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _complain("the disk is full; free some space or set MEDTE_HOME, then run again: it goes on")
        sys.exit(2)
    except KeyboardInterrupt:
        _complain("interrupted; what is finished is kept, the next run goes on from there")
        sys.exit(130)


def _exhibit(name: str | None, profile: str, figure: bool) -> None:
    from medte.manifest import write_text
    from medte.report.exhibits import EXHIBITS, exhibit
    from medte.run import Run, stamped_to_stderr

    if name is None:
        for known, one in EXHIBITS.items():
            if one.is_figure == figure:
                print(f"{known:28} {one.about}")
        return
    found, run = exhibit(name, figure), Run(profile, stamped_to_stderr)
    for file, text in found.files(name, run).items():
        write_text(run.folders.exhibits / file, text)
        print(run.folders.exhibits / file)


def _complain(line: str) -> None:
    from medte.guard import terminal

    print(f"medte: {line}", file=terminal())


if __name__ == "__main__":
    main()
