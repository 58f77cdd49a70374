"""The whole line, from data to site: what `make book` does, in stages that each reuse what is unchanged."""

import resource
from functools import partial
from pathlib import Path

from medte.edition import Edition
from medte.errors import MedteError
from medte.evaluation.evaluate import tasks_of
from medte.evaluation.stale import why_stale
from medte.evaluation.store import Store
from medte.manifest import digest
from medte.models.registry import entry
from medte.pipeline.check import check_results, check_site
from medte.pipeline.execute import execute, ran
from medte.pipeline.notebooks import out_of_step
from medte.pipeline.stage import build, stage
from medte.run import Run, Say


def make(profile: str, say: Say) -> Path:
    """The front page of the built site of a profile. MedteError names the stage's problem; what is done stays done."""
    run = Run(profile, say)
    run.profile.to_train()
    say(f"1/5 data: {run.profile.data.edition} edition")
    edition = run.edition
    say(
        f"    {len(edition.tasks)} tasks, {edition.manifest['evaluation_texts']:,} texts, {sum(edition.manifest['pairs'].values()):,} pairs"
    )
    say("2/5 training")
    held = run.training["held_out"]
    say(f"    held-out loss {held['before']['loss']:.3f} before, {held['after']['loss']:.3f} after")
    for variant in run.variants():
        run.train(variant)
    say("3/5 evaluation")
    results = run.results()
    say(f"    {len(results)} results")
    say("4/5 notebooks")
    import matplotlib.font_manager  # noqa: F401 - at its first import on a machine it builds a cache and says so; not on a page

    made_of = [run.profile.hash, edition.manifest["inputs"], run.probe_set.manifest["inputs"]]
    inputs = digest([*made_of, [result["key"] for result in results]])
    notebooks = execute({"profile": profile}, run.folders.notebooks, inputs, say)
    say("5/5 site")
    from medte.report.generated import generated

    hashes = {"profile": run.profile.hash, "data": edition.manifest["hash"], "results": inputs}
    stage(run.folders.stage, notebooks, generated(ran(notebooks), hashes))
    front = build(run.folders.stage, run.folders.site, say)
    if problems := check_site(run.folders.site):
        raise MedteError("the site has problems:\n" + "\n".join(problems[:20]))
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20
    say(f"done; at most {peak:.1f} GiB of memory in one process. The site: {front.resolve()}")
    return front


def check(profile: str) -> list[str]:
    """What is wrong with the finished run of a profile: its results and its site; nothing is computed."""
    from medte.report.mini_card import versions
    from medte.report.stale_records import stale_records

    run = Run(profile)
    edition = Edition(run.folders.edition)
    wanted = [
        (model.name, task.name)
        for model in map(entry, run.models)
        for task in tasks_of(run.profile, edition)
        if model.does(task.family)
    ]
    problems = check_results(Store(run.folders.results).all(), wanted, partial(why_stale, edition=edition))
    if edition.name == "mini" and edition.manifest["hash"] != versions()[-1]["hash"]:
        problems.append("the mini edition's data are no frozen version; run `medte data freeze`")
    problems += [f"{name} is not what its source gives; run `make notebooks`" for name in out_of_step()]
    return problems + stale_records() + check_site(run.folders.site)
