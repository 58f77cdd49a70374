"""The commands that keep what they measured in the repository, for the book: `medte record`, `bench` and `sweep`."""

import json
from typing import Annotated

import typer

from medte.commands.options import ProfileOption
from medte.errors import MedteError


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

    asked = {"seeds": seeds, "variant": variant, "version": version, "agreement": agreement, "probes": probes}
    if len(named := [f"--{name}" for name, value in asked.items() if value]) > 1:
        raise MedteError(f"got {' and '.join(named)}, and one thing is recorded at a time; name one of them")
    numbers = _numbers(seeds)
    run = Run(profile, stamped)
    if agreement:
        print(agreements.record(Run("mini", stamped), run, stamped))
    elif variant:
        print(record_variant(run, variant))
    elif probes:
        print(record_probes(run))
    elif version:
        print(freeze.record_scores(run)["scores"])
    elif numbers:
        print(record_seeds(profile, numbers, stamped))
    else:
        print(keep(run))


def _numbers(seeds: str) -> list[int]:
    try:
        return [int(seed) for seed in seeds.split(",") if seed]
    except ValueError as error:
        raise MedteError(f"--seeds is {seeds!r}; expected whole numbers with commas, such as 1,2,3") from error


def bench(
    profile: ProfileOption = "mini",
    model: Annotated[str, typer.Option(help="A sentence-transformers model of `medte models`.")] = "all-MiniLM-L6-v2",
    task: Annotated[list[str] | None, typer.Option(help="One task; may be repeated. All if none is named.")] = None,
    training: Annotated[
        bool, typer.Option("--training", help="Measure training instead: without padding, and padded to 256 tokens.")
    ] = False,
) -> None:
    """Measure encoding and scoring on this machine against plain mteb, paired in one run, and compare the scores.

    About a quarter of an hour for mini on two cores. The figures of all tasks are kept under recorded/ for the book.
    """
    from medte.bench import lines
    from medte.record import record_bench, record_padding
    from medte.run import Run, stamped

    if training:
        print(json.dumps(record_padding(Run(profile, stamped)), indent=1))
        return
    print("\n".join(lines(record_bench(Run(profile, stamped), model, task, stamped))))


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
