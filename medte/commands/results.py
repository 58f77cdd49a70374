"""`medte results …`: results of others."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="""Results of others: write yours as a file, check such a file and take it in, show what was contributed.

The published numbers are tested by whoever has a network and an accelerator: notebooks/50_test_the_paper.ipynb does all of it
in Colab, and so do, on any machine:

medte data fetch -p test-the-paper · medte evaluate -p test-the-paper · medte results write -p test-the-paper
""",
)


@app.command("write")
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


@app.command("add")
def add_results(file: Annotated[Path, typer.Argument(help="A file that `medte results write` made.")]) -> None:
    """Check a file of results, show the published numbers that it tests with the verdicts, and take it into the repository.

    Checked: that every field is a name, a hash or a number and none is text; tasks, models with their revisions and the
    profile are known; machine and versions are named; all models have all tasks; each value follows from its items. In an
    installed package, which has no repository, it says where to send the file.
    """
    from medte.contribute import add

    print(add(file))


@app.command("show")
def show_results(
    name: Annotated[
        str | None, typer.Argument(help="One contributed result, or a file; without it, list them.")
    ] = None,
) -> None:
    """List the contributed results, or show one: machine, revisions, the published numbers that it tests, the verdicts."""
    from medte.report.contributions.contributed import contributed, listing, screen

    print(screen(contributed(name)) if name else listing())
