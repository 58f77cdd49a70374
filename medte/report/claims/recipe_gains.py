"""What the recipe gains on another base than the paper's, and on tasks that were added to test a claim; all recorded."""

from collections.abc import Mapping, Sequence
from typing import Any

from medte.evaluation.statistics import Estimate, Scores
from medte.models.registry import entry_of_result
from medte.report import experiments, probes, recordings, tables
from medte.report.recordings import provenance
from medte.report.reproduced import MEDTE_BASE


def recipe_gain(about: Mapping[str, Any], scores: Scores) -> Estimate:
    """What the model that the run trained gains over its base, over the tasks that count in the means."""
    return scores.difference(about["trained"], about["compared_with"], scores.tasks)


def recipe_table(about: Mapping[str, Any], scores: Scores) -> str:
    """What the recipe gains: over all tasks, by family, on sources trained on and sources left out; as HTML."""
    model, base = about["trained"], about["compared_with"]
    rows = [
        [tables.FAMILY_TITLE.get(group, "All tasks"), str(len(tasks)), tables.cell(gap, sign=True)]
        for group, tasks in scores.groups().items()
        if (gap := scores.difference(model, base, tasks))
    ]
    sweep = experiments.sweep(about["profile"])
    if sweep is not None and sweep.left_out():
        with_, without = experiments.generalisation(sweep)
        rows.append(["Short trainings, source in the mix", str(with_.tasks), tables.cell(with_, sign=True)])
        rows.append(["Short trainings, source left out", str(without.tasks), tables.cell(without, sign=True)])
        other = f" Short trainings, {sweep.plan.steps} steps: {provenance(sweep.about, '-experiments')}"
    else:
        other = ""
        rows.append(["Short trainings, source in the mix and left out", tables.MISSING, "not recorded"])
    caption = (
        f"Recorded: {tables.title(model)} minus {tables.title(base)}, in points, each row judged alone. "
        f"{base_note(base)} {provenance(about)}{other}"
    )
    return tables.html(["Over", "Tasks", "Gain"], rows, caption)


def base_note(base: str) -> str:
    """What a gain over that base can show, as a sentence."""
    if entry_of_result(base).hub == MEDTE_BASE:
        return "It is the paper's base, trained anew: this can show a direction, and not what the released weights do."
    return "It is another base than the paper's: this can show a direction and reproduces no number."


def against_sham(profile: str) -> experiments.AgainstSham | None:
    """Recorded short trainings by the profile's recipe beside the same on sham pairs; None where there are none."""
    sweep = experiments.sweep(profile)
    return sweep and sweep.against_sham()


def added() -> dict[str, Estimate] | None:
    """What the recorded model gains over its base on each probe that the claim names; None where none is recorded."""
    found = recordings.recorded_probes("open")
    if found is None:
        return None
    about, groups = found
    gains = {
        task: gap
        for scores in groups.values()
        for task in scores.tasks
        if task in probes.CLAIMED and (gap := scores.difference(about["trained"], about["compared_with"], [task]))
    }
    return gains or None


def share_of_pairs(pairs: Mapping[str, int], curated: Sequence[str]) -> float:
    """The share of training pairs that are of the `curated` sources."""
    return sum(count for source, count in pairs.items() if source in curated) / sum(pairs.values())
