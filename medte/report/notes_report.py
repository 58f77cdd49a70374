"""A page on the encoders that were judged on a hospital's notes, as Markdown: ranks, means, speed, what could not be built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medte.evaluation.comparisons import POWER
from medte.evaluation.groups import encoders
from medte.evaluation.statistics import Estimate, Scores
from medte.models.registry import Entry
from medte.profile import Profile
from medte.report.tables import FAMILY_TITLE, MISSING, outside_means, percent, title
from medte.tasks.catalogue import benchmark_tasks


@dataclass(frozen=True)
class EncodingFacts:
    """How a model's vectors were made: texts, how many were cut at its maximum length, and texts a second, if measured.

    Maximum length (tokens) and parameters, where the encoder told them, stand for what the model's entry does not say.
    """

    texts: int
    truncated: int
    speed: float | None
    max_length: int | None = None
    parameters: int | None = None


def page(
    scores: Scores,
    profile: Profile,
    manifest: Mapping,
    entries: Mapping[str, Entry],
    encoded: Mapping[str, EncodingFacts | None],
) -> str:
    """The page. `manifest` is the edition's; `entries` says what each model is, `encoded` how its texts were encoded.

    A model that makes no vectors (BM25) is named below the ranking, and is in no table.
    """
    note, scores = outside_means(scores), encoders(scores)
    parts = [
        "# Encoders on these notes",
        _about(scores, manifest, profile),
        _ranking(scores, profile, entries),
        "Means in percent with their 95 % intervals over patients and draws. Encoders of one rank cannot be told apart on these "
        "notes: rank 1 is the best and all that cannot be told from it, corrected for the number of comparisons."
        f"{_about_last_row(scores, profile, entries)}{note}",
        "## Speed and size",
        _table(
            ["Model", "Texts/s", "Cut", "Tokens", "Parameters", "Licence"],
            _properties(scores, profile, entries, encoded),
        ),
        "Texts/s is the speed on this machine when the texts were encoded; Cut the share of texts longer than the model "
        f"reads, which is Tokens. {MISSING} is not measured or not declared.",
        "## Tasks that could not be built",
        _missing(profile, manifest),
    ]
    return "\n\n".join(parts) + "\n"


def _about(scores: Scores, manifest: Mapping, profile: Profile) -> str:
    wanted = _wanted(profile, manifest)
    lines = [
        f"{about['records']:,} notes ({source}): {about['repeated']:,} that repeat another and "
        f"{sum(about['left_out'].values()):,} without a section that is used are left out."
        for source, about in manifest["sources"].items()
    ]
    lines.append(
        f"{len(scores.tasks)} tasks are scored, of {len(wanted)} of the benchmark {profile.benchmark} that such notes can "
        f"give. Data {manifest['hash']}, protocol {profile.protocol}, {profile.bootstrap:,} draws behind each interval."
    )
    return " ".join(lines)


def _wanted(profile: Profile, manifest: Mapping) -> list[str]:
    """The benchmark's tasks of the sources that were read."""
    return [task.name for task in benchmark_tasks(profile.benchmark) if task.source in manifest["sources"]]


def _ranking(scores: Scores, profile: Profile, entries: Mapping[str, Entry]) -> str:
    families = {name: tasks for name, tasks in scores.groups().items() if name != "all"}
    header = [f"{FAMILY_TITLE[family]} ({len(tasks)})" for family, tasks in families.items()]
    ranks = scores.rank_groups(scores.tasks)
    rows = [
        [
            str(ranks.get(model, MISSING)),
            entries[model].title,
            _cell(scores.mean(model, scores.tasks)),
            *(_cell(scores.mean(model, tasks)) for tasks in families.values()),
        ]
        for model in _best_first(scores, ranks)
    ]
    if other := _best_other(scores, profile):
        columns = [scores.tasks, *families.values()]
        seen = [percent(scores.detectable(other, profile.compared_with, tasks)) for tasks in columns]
        rows.append(["", "Smallest difference that could have been seen", *seen])
    return _table(["Rank", "Model", f"All tasks ({len(scores.tasks)})", *header], rows)


def _best_other(scores: Scores, profile: Profile) -> str | None:
    """The best model beside the one that every other is compared with; None where there is no other."""
    ranked = _best_first(scores, scores.rank_groups(scores.tasks))
    return next((model for model in ranked if model != profile.compared_with), None)


def _about_last_row(scores: Scores, profile: Profile, entries: Mapping[str, Entry]) -> str:
    """What the ranking's last row says, as a sentence that follows others; empty where there is none."""
    other = _best_other(scores, profile)
    if other is None:
        return ""
    return (
        f" The last row is how large a difference of {entries[other].title} from {title(profile.compared_with)} would have had to "
        f"be to be seen in {percent(POWER, 0)} % of cases."
    )


def _best_first(scores: Scores, ranks: Mapping[str, int]) -> list[str]:
    """The models by rank, then by mean; those without a mean last."""
    ranked = sorted(ranks, key=lambda model: (ranks[model], -scores.mean(model, scores.tasks).value))
    return [*ranked, *(model for model in scores.models if model not in ranks)]


def _cell(mean: Estimate | None) -> str:
    return f"{percent(mean.value)} ({percent(mean.low)} to {percent(mean.high)})" if mean else MISSING


def _properties(
    scores: Scores, profile: Profile, entries: Mapping[str, Entry], encoded: Mapping[str, EncodingFacts | None]
) -> list[list[str]]:
    rows = []
    for model in _best_first(scores, scores.rank_groups(scores.tasks)):
        entry, facts = entries[model], encoded[model]
        parameters = entry.parameters or (facts and facts.parameters)
        rows.append(
            [
                entry.title,
                f"{facts.speed:,.0f}" if facts and facts.speed else MISSING,
                f"{percent(facts.truncated / facts.texts)} %" if facts else MISSING,
                _tokens(entry, facts, profile),
                f"{parameters / 1e6:,.0f} million" if parameters else MISSING,
                entry.licence or MISSING,
            ]
        )
    return rows


def _tokens(entry: Entry, facts: EncodingFacts | None, profile: Profile) -> str:
    """How many tokens the model reads here: its own length, up to its cut and the profile's cap."""
    own = entry.max_length or (facts and facts.max_length)
    return f"{min(filter(None, [own, entry.cut, profile.encoding.max_length])):,}" if own else MISSING


def _missing(profile: Profile, manifest: Mapping) -> str:
    wanted = set(_wanted(profile, manifest))
    rows = [[name, reason] for name, reason in manifest["missing"].items() if name in wanted]
    return _table(["Task", "Why"], rows) if rows else "None."


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
