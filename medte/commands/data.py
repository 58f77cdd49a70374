"""`medte data …`: the texts of an edition."""

from pathlib import Path
from typing import Annotated

import typer

from medte.commands.options import (
    EditionOption,
    NotesOption,
    ProfileOption,
    SchedulerOption,
    SourceOption,
    WorkersOption,
    read_notes,
)

app = typer.Typer(
    no_args_is_help=True, help="The texts of an edition: fetch them, build them, report on them, verify them."
)


@app.command()
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


@app.command()
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
        read_notes(edition, notes)
    run = Run(edition, stamped)
    engine = Engine(workers or None, scheduler)
    print(rebuild(run, engine) if frozen else f"edition: {run.build(engine).folder}")


@app.command()
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


@app.command()
def freeze(
    change: Annotated[str, typer.Option(help="What is new in this version, in a sentence.")],
    profile: ProfileOption = "mini",
) -> None:
    """Make the mini edition as it is now a version: hash and difficulty, before any encoder that it judges is scored on it."""
    from medte.freeze import freeze as make_version
    from medte.run import Run, stamped

    version = make_version(Run(profile, stamped), change, stamped)
    print(f"version {version['version']}, data {version['hash']}")


@app.command()
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


@app.command("check")
def check_knowledge(
    files: Annotated[list[Path], typer.Argument(help="knowledge/<kind>/<area>.yaml", exists=True)],
) -> None:
    """Check knowledge files of the mini edition against their schema, while one writes them."""
    from medte.sources.mini.knowledge import check

    problems = [problem for file in files for problem in check(file)]
    print("\n".join(problems) or "nothing wrong")
    raise typer.Exit(1 if problems else 0)
