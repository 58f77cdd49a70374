"""Keeps the results of a run in the repository: scores and scores per item, with the machine named, and no text."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from medte import paths
from medte.bench import bench
from medte.contribute import frozen_list
from medte.curation.frozen import Frozen
from medte.edition import FROZEN
from medte.engine import Engine
from medte.evaluation.groups import in_means
from medte.evaluation.items import PROTOCOLS
from medte.evaluation.statistics import Scores
from medte.evaluation.store import Result, read_head, write_recorded
from medte.machine import machine
from medte.manifest import verify, write_bytes, write_json
from medte.report.contributions import contributed
from medte.report.pages import trained_model, variant_model
from medte.run import Run


def _where_and_when(run: Run) -> dict:
    return {"profile": run.profile.name, "date": date.today().isoformat(), "machine": machine()}


def record(run: Run) -> Path:
    """Write the results of a run to `recorded/<profile>.jsonl.xz`, carrying it out where need be, and return the path."""
    profile, manifest = run.profile, run.edition.manifest
    results = run.results()
    about = _where_and_when(run) | {
        "profile_hash": profile.hash,
        "trained": trained_model(profile),
        "benchmark": profile.benchmark,
        "compared_with": profile.compared_with,
        "bootstrap": profile.bootstrap,
        "seed": profile.data.seed,
        "training": {key: run.training[key] for key in ("pairs", "held_out", "curve", "presentations", "measured")},
        "edition": {
            key: manifest[key]
            for key in (
                "edition",
                "hash",
                "sources",
                "absent",
                "tasks",
                "missing",
                "unwritten",
                "pairs",
                "leaks_dropped",
                "leaks_by_task",
            )
        },
        "cards": run.edition.cards(),
    }
    path = paths.recorded_results(profile.name)
    write_recorded(path, about, results)
    frozen = verify(run.edition.folder, FROZEN)
    write_bytes(frozen_list(profile.name), frozen.read_bytes())
    return path


def record_probes(run: Run) -> Path:
    """Keep the results of the run's models on its probes in `recorded/<profile>-probes.jsonl.xz`: scores and items, no text."""
    profile, probes = run.profile, run.probe_set
    about = _where_and_when(run) | {
        "profile_hash": profile.hash,
        "trained": trained_model(profile),
        "compared_with": profile.compared_with,
        "bootstrap": profile.bootstrap,
        "seed": profile.data.seed,
        "data": run.edition.manifest["hash"],
        "probes": probes.manifest["hash"],
        "cards": [card | {"example": None} for card in probes.cards().values()],
        "missing": probes.missing,
    }
    path = paths.recorded_results(f"{profile.name}-probes")
    write_recorded(path, about, run.probe_results())
    return path


def rebuild(run: Run, engine: Engine) -> str:
    """Make the data behind the recorded results again, from the shipped list of records; returns what differs, in words.

    They go into a folder of their own. MedteError where nothing is recorded of the profile, nor contributed.
    """
    name = run.profile.name
    about = _recorded_or_contributed(name)
    frozen = Frozen(frozen_list(name))
    edition = run.build(engine, frozen)
    differences = frozen.differences()
    path = edition.folder / "differences.csv"
    differences.to_csv(path, index=False)
    then, now = about["edition"], edition.manifest
    other = sorted(task for task in then["tasks"] | now["tasks"] if _hash(then, task) != _hash(now, task))
    counts = differences["difference"].value_counts()
    lines = [
        f"edition: {edition.folder}",
        f"data {now['hash']}, recorded {then['hash']}" + (": the same" if now["hash"] == then["hash"] else ""),
        f"records changed: {counts.get('changed', 0):,}, gone: {counts.get('gone', 0):,}; which: {path}",
        f"tasks whose data are not as recorded: {', '.join(other) or 'none'}",
        *(f"{source}: {n:,} records {reason}" for (source, reason), n in sorted(frozen.left_out.items())),
    ]
    if about["profile_hash"] != run.profile.hash:
        lines.append(f"profiles/{name}.yaml is not as it was: tasks and pairs may differ for that alone")
    return "\n".join(lines)


def _recorded_or_contributed(profile: str) -> dict:
    """What is known of the data behind a profile's recorded results, or the first contributed ones."""
    if not paths.recorded_results(profile).exists():
        for name in contributed.names():
            if (one := contributed.contributed(name)).profile.name == profile:
                return one.about.model_dump()
    return read_head(paths.recorded_results(profile))


def _hash(edition: dict, task: str) -> str | None:
    return edition["tasks"].get(task, {}).get("hash")


def record_variant(run: Run, variant: str) -> Path:
    """Keep the results of a variant of the trained model, beside the trained model's own, in `recorded/<profile>-<variant>.jsonl.xz`."""
    models = [trained_model(run.profile), variant_model(run.profile, variant)]
    about = _where_and_when(run) | {
        "data": run.edition.manifest["hash"],
        "models": models,
        "pairs": run.train(variant)["pairs"],
        "bootstrap": run.profile.bootstrap,
        "seed": run.profile.data.seed,
    }
    path = paths.recorded_results(f"{run.profile.name}-{variant}")
    write_recorded(path, about, [result for model in models for result in _in_means(run, model)])
    return path


def record_seeds(profile: str, seeds: Sequence[int], say: Callable[[str], None]) -> Path:
    """Train and score the profile's model once a training seed; keep its differences to the base, by family.

    What is done is kept, so that an interrupted call goes on where it was.
    """
    main = Run(profile, say)
    base = _in_means(main, main.profile.compared_with)
    model, settings, rows = trained_model(main.profile), main.profile.to_train(), []
    for seed in seeds:
        if seed == settings.seed:
            trained, own = main.training, _in_means(main, model)
        else:
            folder, trained = main.trial(f"seed-{seed}", settings.model_copy(update={"seed": seed}))
            counted = {result["task"] for result in base}
            own = [result | {"model": model} for result in main.trial_results(str(folder), counted)]
        scores = {protocol: Scores([*base, *own], draws=2, protocol=protocol) for protocol in PROTOCOLS}
        gaps = {
            name: scores["published"].difference(model, main.profile.compared_with, tasks).value
            for name, tasks in scores["published"].groups().items()
        }
        values = {
            protocol: {task: round(found.mean(model, [task]).value, 6) for task in found.tasks}
            for protocol, found in scores.items()
        }
        rows.append({"seed": seed, "held_out": trained["held_out"], "difference": gaps, "values": values})
    path = paths.recorded() / f"{profile}-seeds.json"
    facts = {
        "model": model,
        "compared_with": main.profile.compared_with,
        "data": main.edition.manifest["hash"],
        "recipe": main.profile.to_train().recipe,
        "seeds": rows,
    }
    write_json(path, _where_and_when(main) | facts)
    return path


def record_bench(run: Run, model: str, tasks: Sequence[str] | None, say: Callable[[str], None]) -> dict:
    """Measure encoding against plain mteb; what was measured on all tasks is kept in `recorded/<profile>-bench.json`."""
    found = bench(run.profile, run.edition, model, say, trained=run.folder_of, tasks=tasks)
    if not tasks:
        write_json(paths.recorded() / f"{run.profile.name}-bench.json", {"date": date.today().isoformat()} | found)
    return found


def record_padding(run: Run) -> dict:
    """Measure training without padding against training padded to the maximum; kept in `recorded/<profile>-padding.json`."""
    from medte.bench_training import bench as measure

    found = {"date": date.today().isoformat()} | measure(run)
    write_json(paths.recorded() / f"{run.profile.name}-padding.json", found)
    return found


def _in_means(run: Run, model: str) -> list[Result]:
    counted = set(in_means(run.edition.tasks, run.profile.benchmark, run.edition.manifest))
    return [result for result in run.results(models=[model]) if result["task"] in counted]
