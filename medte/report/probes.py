"""Probes as tables and a figure: what each asks and is made of, scores, and what another style of query costs."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.figure import Figure

from medte.evaluation.groups import encoders
from medte.evaluation.statistics import Scores
from medte.models.registry import entry_of_result
from medte.report import condition_tables, pages, recordings, tables
from medte.report.marks import MARKERS, nothing
from medte.report.prose import cell

Cards = Mapping[str, Mapping[str, Any]]

TITLES = {
    "terms": "Names of diseases.",
    "records": "Records of fictional patients.",
    "styles": "Styles of query, on encyclopedia pages.",
}  # group -> what its table begins with
TEXT = {
    "real": "real text",
    "bundled": "bundled, machine-written",
    "fictional": "fictional patients, machine-written",
}  # whose text, as a card says it -> in words
SCORED = (
    "Percent: average precision of pairs, nDCG@10 of retrieval, where every document that answers is right; with the "
    "95 % interval over the diseases, diagnoses or patients asked about. Random vectors are the floor, TF-IDF and BM25 "
    "how far the words alone go. Bold: best. •: not distinguishable from the best. In no mean of the benchmark."
)
LIVE = "Scored in this run."
REFERENCE = "QueryTwoWords"
NOTHING = "<p>No probe could be made of this edition.</p>"
NOT_RECORDED = (
    "<p>Not measured on real text yet: <code>medte record -p open --probes</code> makes it. On the bundled text the "
    'probes are scored live in <a href="../notebooks/34_probes.html">the notebook on probes</a>.</p>'
)
CLAIMED = {
    "TermSimilarity": "clinical term similarity",
    "RecordRetrieval": "electronic health record retrieval",
    "StructuredToNarrative": "cross-modal alignment, as far as text has modes",
    "NarrativeToStructured": "the same, the other way round",
}  # probe -> what the second-hand claim calls it


def table(groups: Mapping[str, Scores], cards: Cards, origin: str = LIVE) -> str:
    """Probes × models with intervals, a table for each group, as HTML; for pairs the F1 beside."""
    parts = []
    for group, scores in groups.items():
        parts.append(tables.tasks(scores, scores.tasks, None, f"{_kind(scores.tasks, cards, group)} {SCORED} {origin}"))
        if pairs := scores.of_family("pair_classification"):
            caption = f"The pairs by other metrics. {pages.PAIRS} {origin}"
            parts.append(condition_tables.pair_metrics(_only(scores, pairs), caption))
        if blind := [name for name in scores.tasks if cards[name]["blind"]]:
            (level,) = {cards[name]["blind"] for name in blind}
            parts.append(
                f"<p>{', '.join(blind)}: who always has both sentences of the right disease first, and cannot tell "
                f"reporting from denying, reaches {tables.percent(level)}.</p>"
            )
    return "\n".join(parts) or NOTHING


def _kind(names: Sequence[str], cards: Cards, group: str) -> str:
    """Whose text the probes of a group are made of, as words that begin a caption."""
    kinds = ", ".join(dict.fromkeys(TEXT[cards[name]["text"]] for name in names))
    return f"{TITLES[group]} {kinds[0].upper()}{kinds[1:]}."


def _only(scores: Scores, tasks: Sequence[str]) -> Scores:
    """The scores of the models that have a result for all these tasks: BM25 has none for pairs."""
    return scores.only(scores.complete(tasks))


def describe(cards: Cards, missing: Mapping[str, str]) -> str:
    """What each probe asks and how large it is; what it is made of and what was left out; an example of each. As HTML."""
    rows, origins, examples = [], [], []
    for name, card in cards.items():
        left_out = "; ".join(f"{reason}: {count:,}" for reason, count in card["dropped"].items()) or tables.MISSING
        sizes = [tables.MISSING if card[key] is None else f"{card[key]:,}" for key in ("items", "documents", "right")]
        rows.append(
            [
                tables.breakable(name),
                cell(escape(card["asks"])),
                cell(f"{TEXT[card['text']]}, {escape(card['licence'])}"),
                *sizes,
            ]
        )
        origins.append([tables.breakable(name), cell(escape(card["made_of"])), cell(escape(left_out))])
        if example := card["example"]:
            texts = [
                escape(example.get(kind, tables.MISSING)).replace("\n", "<br>") for kind in ("query", "right", "wrong")
            ]
            examples.append([tables.breakable(name), *texts])
    rows += [
        [tables.breakable(name), cell(f"missing: {escape(why)}"), *[tables.MISSING] * 4]
        for name, why in missing.items()
    ]
    header = ["Probe", "Asks", "Text", "Queries or pairs", "Documents", "Right each"]
    parts = [tables.html(header, rows, "The probes of this edition; right: documents that answer a query, on average.")]
    if origins:
        caption = "What the probes are made of, and how much was left out for which reason."
        parts.append(tables.html(["Probe", "Made of", "Left out"], origins, caption))
    if examples:
        caption = "The first item of each probe whose text is bundled; long texts are cut."
        parts.append(tables.html(["Probe", "Query or name", "Right", "Wrong"], examples, caption))
    return "\n".join(parts)


def paired(scores: Scores, cards: Cards) -> list[str]:
    """The styles that ask for the same diseases, with the same documents and right answers."""
    return [name for name in scores.tasks if cards[name]["paired"]]


def by_style(scores: Scores | None, cards: Cards) -> Figure:
    """The score of each style of query, one line a model; same diseases, same documents, same right answers."""
    names = paired(scores, cards) if scores else []
    if not names:
        return nothing("no style of query in this edition")
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    colours = sns.color_palette("colorblind", len(scores.models)).as_hex()
    for number, model in enumerate(scores.models):
        found = [scores.mean(model, [name]) for name in names]
        places = [place + 0.05 * (number - (len(scores.models) - 1) / 2) for place in range(len(names))]
        axes.vlines(
            places, [100 * e.low for e in found], [100 * e.high for e in found], color=colours[number], alpha=0.5
        )
        axes.plot(
            places, [100 * e.value for e in found], f"-{MARKERS[number % len(MARKERS)]}",
            color=colours[number], ms=5, lw=1, label=entry_of_result(model).title,
        )  # fmt: skip
    axes.set(
        xticks=range(len(names)), xticklabels=[_words(name) for name in names], ylabel="nDCG@10 (%)", ylim=(0, None)
    )
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def _words(name: str) -> str:
    """ "QueryLayWords" as it stands at an axis: "lay words"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removeprefix("Query")).lower()


def style_differences(scores: Scores | None, cards: Cards, origin: str = LIVE) -> str:
    """Models × styles: what each style gains or loses against the name with one word, paired, as HTML, in points."""
    names = paired(scores, cards) if scores else []
    if REFERENCE not in names:
        return "<p>No style of query in this edition.</p>"
    others = [name for name in names if name != REFERENCE]
    rows = [
        [tables.title(model), *(tables.cell(scores.between(model, name, REFERENCE), sign=True) for name in others)]
        for model in scores.models
    ]
    caption = (
        f"Each style minus {_words(REFERENCE)} (name and aspect), in points, with the 95 % interval over diseases; "
        f"each judged alone. {origin}"
    )
    return tables.html(["Model", *map(_words, others)], rows, caption)


def recorded_table(profile: str = "open") -> str:
    """The probes of a recorded run as HTML; says so where none are recorded."""
    found = recordings.recorded_probes(profile)
    if found is None:
        return NOT_RECORDED
    about, groups = found
    return table(groups, _cards(about), f"Recorded. {recordings.provenance(about, '-probes')}")


def added_tasks_table(profile: str = "open") -> str:
    """What the second-hand claim names and the 51 tasks lack, as recorded probes: the trained model against its base.

    As HTML; says of each whether its text is real or fictional, and of what is not measured why.
    """
    found = recordings.recorded_probes(profile)
    if found is None:
        return NOT_RECORDED
    about, groups = found
    cards, (model, base) = _cards(about), (about["trained"], about["compared_with"])
    rows = []
    for name, claimed in CLAIMED.items():
        if name not in cards:
            why = about["missing"].get(name, "not recorded")
            rows.append([claimed, tables.breakable(name), f"not measured: {escape(why)}", *[tables.MISSING] * 4])
            continue
        card = cards[name]
        scores = encoders(groups[card["group"]])
        means = [tables.cell(scores.mean(one, [name])) for one in (base, model)]
        gap = tables.cell(scores.difference(model, base, [name]), sign=True)
        rows.append([claimed, tables.breakable(name), TEXT[card["text"]], f"{card['items']:,}", *means, gap])
    header = ["Claimed for", "Probe", "Text", "Queries or pairs", tables.title(base), tables.title(model), "Difference"]
    caption = (
        "Recorded: our own probes of what the claim names; the paper names no data set for it. Percent: average "
        "precision of pairs, nDCG@10 of retrieval; the difference is paired, in points, each row judged alone. "
        f"{recordings.provenance(about, '-probes')}"
    )
    return tables.html(header, rows, caption)


def _cards(about: Mapping[str, Any]) -> Cards:
    return {card["name"]: card for card in about["cards"]}
