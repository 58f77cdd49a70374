"""The command line: `medte …` parses, calls one function, prints."""

import errno
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

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
data_app = typer.Typer(
    no_args_is_help=True, help="The texts of an edition: fetch them, build them, report on them, verify them."
)
app.add_typer(data_app, name="data")
results_app = typer.Typer(
    no_args_is_help=True,
    help="""Results of others: write yours as a file, check such a file and take it in, show what was contributed.

The published numbers are tested by whoever has a network and an accelerator: notebooks/50_test_the_paper.ipynb does all of it
in Colab, and so do, on any machine:

medte data fetch -p test-the-paper · medte evaluate -p test-the-paper · medte results write -p test-the-paper
""",
)
app.add_typer(results_app, name="results")

ProfileOption = Annotated[str, typer.Option("--profile", "-p", help="mini, open or paper.")]
EditionOption = Annotated[str, typer.Option("--edition", "--profile", "-p", help="A profile: mini, open or paper.")]
WorkersOption = Annotated[int, typer.Option(help="Processes that share the work; 0 is this one alone.", min=0)]
SchedulerOption = Annotated[str | None, typer.Option(help="A Dask scheduler to use instead, such as tcp://host:8786.")]
NotesOption = Annotated[
    Path | None, typer.Option(help="A folder with a hospital's own notes, for edition full; as MEDTE_NOTES.")
]
SourceOption = Annotated[list[str] | None, typer.Option(help="One source, such as pubmed; may be repeated.")]


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

        _read_notes(profile or "notes", notes)
        run = Run(profile or "notes", stamped_to_stderr)
        print(rank(run, model or [], family))
        print(f"report: {run.folders.root / REPORT}")
        return
    run = Run(profile or "mini", stamped)
    for name in model or []:
        run.add(name)
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
        _read_notes(profile or "notes", notes)
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
        run.forget(forget)
    for entry in registry().values():
        print(f"{entry.name:26} {entry.kind:8} {entry.group:28} {entry.hub or ''}")
    for name, place in run.added().items():
        print(f"{name:26} added    {place}")


@data_app.command()
def fetch(
    edition: EditionOption = "open",
    source: SourceOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would cost: make the searches, fetch one page of text.")
    ] = False,
) -> None:
    """Fetch the real sources from their publishers, politely; an interrupted call goes on where it stopped.

    MEDTE_EMAIL must name an address under which the publishers can reach you; NCBI_API_KEY, if you have one, makes PubMed and
    PMC faster. What lies in the folder that MEDTE_MIRROR names is read first and need not be fetched.
    """
    from medte.fetch import fetch as bring
    from medte.fetch import plan
    from medte.run import checked_profile, stamped, stamped_to_stderr

    if dry_run:
        for name, cost in plan(checked_profile(edition), source or [], stamped_to_stderr).items():
            print(f"{name}: {cost}")
        return
    for name, manifest in bring(checked_profile(edition), source or [], stamped).items():
        print(f"{name}: {manifest['records']:,} records, {manifest['bytes'] / 1e6:,.1f} MB")


@data_app.command()
def build(
    edition: EditionOption = "mini",
    workers: WorkersOption = 0,
    scheduler: SchedulerOption = None,
    frozen: Annotated[
        bool,
        typer.Option("--frozen", help="Exactly the records behind the recorded results, in a folder of their own."),
    ] = False,
    notes: NotesOption = None,
) -> None:
    """Build an edition: task data and training pairs, as Parquet.

    With --frozen it says which texts have changed or gone since the results were recorded. What is made of --notes stays in
    their folder.
    """
    from medte.engine import Engine
    from medte.record import rebuild
    from medte.run import Run, stamped

    if notes:
        _read_notes(edition, notes)
    run = Run(edition, stamped)
    engine = Engine(workers or None, scheduler)
    print(rebuild(run, engine) if frozen else f"edition: {run.build(engine).folder}")


@data_app.command()
def report(
    edition: EditionOption = "mini",
    source: SourceOption = None,
    task: Annotated[str | None, typer.Option(help="The data card of one task instead.")] = None,
) -> None:
    """Say what is in an edition: sources, pairs, leaks, tasks; of the mini edition whether its text is worth measuring on.

    The mini report scores TF-IDF and a static encoder (about two minutes the first time). The static encoder and the
    Disease Ontology are read from the folder that MEDTE_MIRROR names, and left out where it is not set.
    """
    from medte.run import Run, stamped_to_stderr

    run = Run(edition, stamped_to_stderr)
    if task:
        from medte.tasks.card import screen as card

        print(card(run.edition.card(task)))
        return
    if run.profile.data.edition != "mini":
        from medte.errors import require_known
        from medte.report.edition_screen import screen as describe
        from medte.sources.registry import SOURCES

        require_known("source", source or [], SOURCES)
        print(describe(run.edition.manifest, source or []))
        return
    from medte.quality import assess
    from medte.report.mini_card import heading, screen

    manifest = run.edition.manifest
    print(screen(assess(run, stamped_to_stderr), manifest, heading(manifest["hash"])))


@data_app.command()
def freeze(
    change: Annotated[str, typer.Option(help="What is new in this version, in a sentence.")],
    profile: ProfileOption = "mini",
) -> None:
    """Make the mini edition as it is now a version: hash and difficulty, before any encoder that it judges is scored on it."""
    from medte.freeze import freeze as make_version
    from medte.run import Run, stamped

    version = make_version(Run(profile, stamped), change, stamped)
    print(f"version {version['version']}, data {version['hash']}")


@data_app.command()
def verify(edition: EditionOption = "mini", source: SourceOption = None) -> None:
    """Compare every file of an edition, or of sources that were fetched, with its recorded hash."""
    from medte.fetch import verify_fetched
    from medte.guard import folders
    from medte.manifest import verify_all
    from medte.run import checked_profile

    if source:
        for name, count in verify_fetched(source).items():
            print(f"{name}: {count} files as recorded")
        return
    folder = folders(checked_profile(edition)).edition
    print(f"{verify_all(folder)} files as recorded in {folder}")


@data_app.command("check")
def check_knowledge(
    files: Annotated[list[Path], typer.Argument(help="knowledge/<kind>/<area>.yaml", exists=True)],
) -> None:
    """Check knowledge files of the mini edition against their schema, while one writes them."""
    from medte.sources.mini.knowledge import check

    problems = [problem for file in files for problem in check(file)]
    print("\n".join(problems) or "nothing wrong")
    raise typer.Exit(1 if problems else 0)


@app.command()
def record(
    profile: ProfileOption = "open",
    seeds: Annotated[str, typer.Option(help="Record the spread over these training seeds instead: 1,2,3.")] = "",
    variant: Annotated[
        str, typer.Option(help="Record a variant of the training beside the training itself instead: plain.")
    ] = "",
    version: Annotated[bool, typer.Option(help="Record the models' means with the frozen version instead.")] = False,
    agreement: Annotated[
        bool, typer.Option(help="Record whether the mini edition orders encoders as this profile's text does instead.")
    ] = False,
    probes: Annotated[bool, typer.Option("--probes", help="Record the results on the probes instead.")] = False,
) -> None:
    """Keep a run's results in the repository: scores and scores per item, no text."""
    from medte import agreement as agreements
    from medte import freeze
    from medte.record import record as keep
    from medte.record import record_probes, record_seeds, record_variant
    from medte.run import Run, stamped

    run = Run(profile, stamped)
    if agreement:
        print(agreements.record(Run("mini", stamped), run, stamped))
    elif variant:
        print(record_variant(run, variant))
    elif probes:
        print(record_probes(run))
    elif version:
        print(freeze.record_scores(run)["scores"])
    elif numbers := [int(seed) for seed in seeds.split(",") if seed]:
        print(record_seeds(profile, numbers, stamped))
    else:
        print(keep(run))


@results_app.command("write")
def write_results(
    profile: Annotated[
        str, typer.Option("--profile", "-p", help="test-the-paper, or test-the-paper-all for every public source.")
    ] = "test-the-paper",
    frozen: Annotated[
        bool, typer.Option("--frozen", help="From exactly the records that the first contributed result lists.")
    ] = False,
) -> None:
    """Write a run's results as a file to contribute: scores, scores per item, identifiers, revisions, machine; no text.

    What is not scored yet is scored first. `medte results add FILE` shows what the file says.
    """
    from medte.contribute import frozen_list, write
    from medte.run import Run, stamped_to_stderr

    print(write(Run(profile, stamped_to_stderr, frozen_list(profile) if frozen else None)))


@results_app.command("add")
def add_results(file: Annotated[Path, typer.Argument(help="A file that `medte results write` made.")]) -> None:
    """Check a file of results, show the published numbers that it tests with the verdicts, and take it into the repository.

    Checked: that every field is a name, a hash or a number and none is text; tasks, models with their revisions and the
    profile are known; machine and versions are named; all models have all tasks; each value follows from its items. In an
    installed package, which has no repository, it says where to send the file.
    """
    from medte.contribute import add

    print(add(file))


@results_app.command("show")
def show_results(
    name: Annotated[
        str | None, typer.Argument(help="One contributed result, or a file; without it, list them.")
    ] = None,
) -> None:
    """List the contributed results, or show one: machine, revisions, the published numbers that it tests, the verdicts."""
    from medte.report.contributed import contributed, listing, screen

    print(screen(contributed(name)) if name else listing())


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
def bench(
    profile: ProfileOption = "mini",
    model: Annotated[str, typer.Option(help="A sentence-transformers model of `medte models`.")] = "all-MiniLM-L6-v2",
    task: Annotated[list[str] | None, typer.Option(help="One task; may be repeated. All if none is named.")] = None,
    training: Annotated[
        bool, typer.Option("--training", help="Measure training instead: without padding, and padded to 256 tokens.")
    ] = False,
) -> None:
    """Measure encoding and scoring on this machine against plain mteb, paired in one run, and compare the scores.

    About a quarter of an hour for mini on two cores. The figures are kept under recorded/ for the book.
    """
    from medte.bench import lines
    from medte.record import record_bench, record_padding
    from medte.run import Run, stamped

    if training:
        print(json.dumps(record_padding(Run(profile, stamped)), indent=1))
        return
    print("\n".join(lines(record_bench(Run(profile, stamped), model, task, stamped))))


@app.command()
def sweep(
    profile: ProfileOption = "open",
    row: Annotated[
        list[str] | None,
        typer.Option(help="One row of experiments.yaml, or without-SOURCE; may be repeated. All if none is named."),
    ] = None,
) -> None:
    """Train and score many short variants of a profile's recipe, with several seeds, and keep what they reached.

    Hours for all; an interrupted sweep goes on where it was. The book shows what is kept.
    """
    from medte.experiments import sweep as do
    from medte.run import Run, stamped

    print(do(Run(profile, stamped), row))


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


def _read_notes(profile: str, folder: Path) -> None:
    from medte.run import checked_profile

    if checked_profile(profile).data.edition != "full":
        raise MedteError(f"the profile {profile} reads no notes; name one of the edition full, such as -p notes")
    os.environ["MEDTE_NOTES"] = str(folder.expanduser().resolve())


def _complain(line: str) -> None:
    from medte.guard import terminal

    print(f"medte: {line}", file=terminal())


if __name__ == "__main__":
    main()
