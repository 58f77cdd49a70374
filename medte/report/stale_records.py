"""What is recorded of another profile, of other text or of another training than today's."""

from collections.abc import Iterator

from medte.experiments import plan
from medte.profile import load_profile
from medte.report import mini_card, recordings


def stale_records() -> list[str]:
    """A line for each file of `recorded/` that is stale, with the command that makes it anew."""
    return [f"recorded/{file} is of another {what}; run `{command}`" for file, what, command in _stale()]


def _stale() -> Iterator[tuple[str, str, str]]:
    """(file, of another what, command) of each."""
    of_profile = "profile than profiles/open.yaml"
    about = recordings.head("open")
    if about["profile_hash"] != load_profile("open").hash:
        yield "open.jsonl.xz", of_profile, "medte record -p open"
    probed = recordings.is_recorded("open-probes")
    if probed and recordings.head("open-probes")["profile_hash"] != load_profile("open").hash:
        yield "open-probes.jsonl.xz", of_profile, "medte record -p open --probes"
    own = recordings.measurement("open-seeds.json")
    recipe = load_profile("open").to_train().recipe
    if own and (own["data"], own["recipe"]) != (about["edition"]["hash"], recipe):
        yield "open-seeds.json", "training or other data than open.jsonl.xz", "medte record -p open --seeds 1,2,3"
    if recordings.is_recorded("open-experiments"):
        swept = recordings.head("open-experiments")
        of_today = {"data": about["edition"]["hash"], "recipe": recipe, "plan": plan().model_dump()}
        if any(swept[what] != today for what, today in of_today.items()):
            yield "open-experiments.jsonl.xz", "plan, recipe or other data than today's", "medte sweep -p open"
    seeds, agreement = recordings.measurement("mini-seeds.json"), mini_card.agreement()
    if agreement and agreement["real"]["data"] != about["edition"]["hash"]:
        yield "agreement.json", "real text than open.jsonl.xz", "medte record -p open --agreement"
    data = mini_card.versions()[-1]["hash"] if mini_card.versions() else None
    of_mini = {
        "mini-plain.jsonl.xz": (
            recordings.head("mini-plain")["data"] if recordings.is_recorded("mini-plain") else None,
            "medte record -p mini --variant plain",
        ),
        "mini-seeds.json": (seeds and seeds["data"], "medte record -p mini --seeds 1,2,3"),
        "agreement.json": (agreement and agreement["mini"], "medte record -p open --agreement"),
    }
    for file, (own, command) in of_mini.items():
        if None not in (own, data) and own != data:
            yield file, "version of the mini edition than the last", command
    if seeds and seeds["recipe"] != load_profile("mini").to_train().recipe:
        yield "mini-seeds.json", "training than profiles/mini.yaml", "medte record -p mini --seeds 1,2,3"
