"""Choosing training settings on held-out training pairs: never on a task."""

import itertools
from datetime import date
from pathlib import Path

from medte import paths
from medte.errors import MedteError, require_known
from medte.machine import machine
from medte.manifest import digest, write_json
from medte.profile import Training
from medte.run import Run


def choose(run: Run) -> Path:
    """Train once for each combination of the profile's candidates and write what each reaches on the validation pairs.

    The file, `recorded/<profile>-choice.json`, is sorted by mean reciprocal rank, which unlike the loss can be compared
    across temperatures. The profile is left as it is: whoever reads the file sets it.
    """
    own = run.profile.to_train()
    candidates = own.candidates
    if not candidates:
        raise MedteError(
            f"the profile {run.profile.name!r} lists no candidates; see training.candidates in profiles/mini.yaml"
        )
    require_known("setting", candidates, Training.model_fields)
    rows = []
    for values in itertools.product(*candidates.values()):
        settings = dict(zip(candidates, values, strict=True))
        name = "-".join(f"{key}-{value}" for key, value in settings.items())
        training = Training.model_validate(own.model_dump() | {"steps": own.candidate_steps or own.steps} | settings)
        _, trained = run.trial(f"choose-{name}", training)
        rows.append({"settings": settings, "steps": training.steps, **trained["held_out"]})
    rows.sort(key=lambda row: -row["after"]["mrr"])
    path = paths.recorded() / f"{run.profile.name}-choice.json"
    data = digest(run.edition.pairs(own.split, own.leaks).values.tolist())
    about = {"profile": run.profile.name, "pairs": data, "date": date.today().isoformat(), "machine": machine()}
    write_json(path, about | {"candidates": rows})
    return path
