"""What the differences in training change: leaks, splits, budgets, batches, seeds."""

from medte.experiments import LEAKED
from medte.report import experiments, tables
from medte.report.differences.effects import NOT_RECORDED, Record, count, in_results, kept_in, of_training, points


def shared_rows(found: Record) -> str:
    """How many pairs still touch a task after the split, and what it gains to train on those that do."""
    edition = found.about["edition"]
    dropped, kept = sum(edition["leaks_dropped"].values()), sum(edition["pairs"].values())
    touched = (
        f"Of {dropped + kept:,} pairs of the subjects and documents for training {dropped:,} still touched a task, and "
        "were dropped"
    )
    return f"{touched}{in_results(found)}. {of_training(found, LEAKED)}"


def split_by_document(found: Record) -> str:
    """What a model gains that was trained on other texts about the evaluated subjects."""
    if found.plain is None:
        return f"{NOT_RECORDED}<code>medte record -p mini --variant plain</code> measures it."
    about, scores = found.plain
    model, other = about["models"]
    gap = scores.difference(other, model, scores.tasks)
    where = kept_in("mini-plain.jsonl.xz", about)
    return (
        f"On machine-written text, split by document and not by subject: {points(gap)} over {count(gap.tasks)}{where}."
    )


def training_seeds(found: Record) -> str:
    """How far the gain over the base moves with the training seed."""
    if not (kept := found.measured("mini-seeds.json")):
        return f"{NOT_RECORDED}<code>medte record -p mini --seeds 1,2,3</code> measures it."
    gains = [row["difference"]["all"] for row in kept["seeds"]]
    low, high = (tables.percent(gain, sign=True) for gain in (min(gains), max(gains)))
    return (
        f"{tables.title(kept['model'])} over {tables.title(kept['compared_with'])} on machine-written text, "
        f"{len(gains)} training seeds: {low} to {high} points{kept_in('mini-seeds.json', kept)}."
    )


def padding(found: Record) -> str:
    """What padding costs in training."""
    if not (kept := found.measured("open-padding.json")):
        return f"{NOT_RECORDED}<code>medte bench -p open --training</code> measures it."
    shares = {name: tables.percent(way["padded_share"], 0) for name, way in kept["ways"].items()}
    return (
        f"{kept['faster']:.1f} times as fast as padded to {kept['max_length']} tokens; padding is {shares['ours']} % "
        f"of the tokens and not {shares['padded']} %{kept_in('open-padding.json', kept)}."
    )


def budget(found: Record) -> str:
    """How much the recorded model was trained on, and how long."""
    training = found.about["training"]
    pairs = sum(training["pairs"].values())
    return (
        f"{tables.title(found.trained)}: {pairs:,} pairs, {training['presentations']:,} presentations in "
        f"{training['measured']['seconds'] / 60:.0f} minutes{in_results(found)}. At the paper's size: not measured, it "
        "needs accelerators."
    )


def published_recipe(found: Record) -> str:
    """What the published settings lose or gain against the chosen ones."""
    return of_training(found, "published")


def mixed_batches(found: Record) -> str:
    """What batches of any source lose or gain against batches of one."""
    return of_training(found, "mixed")


def clustered_batches(found: Record) -> str:
    """What batches of one cluster lose or gain."""
    return of_training(found, "clusters")


def false_negatives(found: Record) -> str:
    """What it loses or gains to count texts that are known to be right as wrong."""
    return of_training(found, "unmasked")


def unseen_sources(found: Record) -> str:
    """What the recipe gains on sources that it was trained on, and on sources that it was not."""
    if not (found.sweep and found.sweep.left_out()):
        return f"{NOT_RECORDED}<code>medte sweep -p open</code> measures it."
    seen, unseen = experiments.generalisation(found.sweep)
    about = found.sweep.about
    where = kept_in(f"{about['profile']}-experiments.jsonl.xz", about)
    return f"With a source in the mix {points(seen)} on its tasks, with it left out {points(unseen)}{where}."
