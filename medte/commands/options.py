"""The options that several commands have."""

import os
from pathlib import Path
from typing import Annotated

import typer

from medte.errors import MedteError

ProfileOption = Annotated[str, typer.Option("--profile", "-p", help="mini, open or paper.")]
EditionOption = Annotated[str, typer.Option("--edition", "--profile", "-p", help="A profile: mini, open or paper.")]
WorkersOption = Annotated[int, typer.Option(help="Processes that share the work; 0 is this one alone.", min=0)]
SchedulerOption = Annotated[str | None, typer.Option(help="A Dask scheduler to use instead, such as tcp://host:8786.")]
NotesOption = Annotated[
    Path | None, typer.Option(help="A folder with a hospital's own notes, for edition full; as MEDTE_NOTES.")
]
SourceOption = Annotated[list[str] | None, typer.Option(help="One source, such as pubmed; may be repeated.")]


def read_notes(profile: str, folder: Path) -> None:
    """Let the run read a hospital's own notes from `folder`. MedteError where the profile reads none."""
    from medte.run import checked_profile

    if checked_profile(profile).data.edition != "full":
        raise MedteError(f"the profile {profile} reads no notes; name one of the edition full, such as -p notes")
    os.environ["MEDTE_NOTES"] = str(folder.expanduser().resolve())
