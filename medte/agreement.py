"""Does the mini edition predict anything? Whether it orders encoders of graded quality as real text orders them."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from medte import paths
from medte.evaluation.estimates import LEVELS
from medte.evaluation.groups import in_means
from medte.evaluation.statistics import Scores
from medte.machine import machine
from medte.manifest import write_json
from medte.run import Run, Say
from medte.tasks.catalogue import FAMILIES

ENCODERS = (
    "random", "tfidf", "potion-base-4M",
    "MiniLM-1-layer", "MiniLM-2-layers", "MiniLM-3-layers", "MiniLM-4-layers", "MiniLM-5-layers", "all-MiniLM-L6-v2",
    "MEDTE-mini-10-steps", "MEDTE-mini-20-steps", "MEDTE-mini", "MEDTE-mini-sham", "MEDTE-mini-plain", "MEDTE-open",
)  # fmt: skip
PATH = paths.recorded() / "agreement.json"


def record(mini: Run, real: Run, say: Say) -> Path:
    """Score all of `ENCODERS` on both runs' tasks and write means and agreement to `recorded/agreement.json`."""
    scores = {}
    for name, run in (("mini", mini), ("real", real)):
        say(f"{len(ENCODERS)} encoders on the {run.edition.name} edition")
        run.edition = run.edition.only(in_means(run.edition.tasks, run.profile.benchmark, run.edition.manifest))
        results = run.results(models=list(ENCODERS))
        scores[name] = Scores(results, mini.profile.bootstrap, seed=len(scores))
    facts = {
        "date": date.today().isoformat(),
        "machine": machine(),
        "mini": mini.edition.manifest["hash"],
        "real": {"profile": real.profile.name, "data": real.edition.manifest["hash"]},
        "families": {name: about for name in (*FAMILIES, "all") if (about := _agreement(scores, name))},
    }
    write_json(PATH, facts)
    return PATH


def _agreement(scores: dict[str, Scores], family: str) -> dict[str, Any] | None:
    """Kendall's tau between the two orders of the encoders by mean over a family's tasks; None where real text has no such task.

    The interval comes from a bootstrap over the documents of both sides, the encoders fixed.
    """
    tasks = {name: own.groups().get(family, []) for name, own in scores.items()}
    if not all(tasks.values()):
        return None
    means, drawn = {}, {}
    for name, own in scores.items():
        means[name] = [own.mean(model, tasks[name]).value for model in ENCODERS]
        drawn[name] = np.array([own.replicates_of_mean(model, tasks[name]) for model in ENCODERS])  # (models, draws)
    taus = [kendalltau(one, two).statistic for one, two in zip(drawn["mini"].T, drawn["real"].T, strict=True)]
    low, high = np.percentile(taus, LEVELS)
    return {
        "tau": round(float(kendalltau(means["mini"], means["real"]).statistic), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "tasks": {name: len(names) for name, names in tasks.items()},
        "means": {model: [round(means[name][i], 4) for name in means] for i, model in enumerate(ENCODERS)},
    }
