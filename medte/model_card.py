"""What is said of a published model: its card, with what it has seen, what leaked and what it scores; and mteb's `ModelMeta`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from medte.evaluation.statistics import Scores
from medte.models.folder import own_length, parameters
from medte.models.registry import Entry
from medte.profile import Profile
from medte.report.tables import FAMILY_TITLE, MISSING, percent, title
from medte.run import Run

OF_MTEB = {  # test sets of mteb whose texts are of our sources
    "cure": ["CUREv1"],
    "medqa": ["R2MEDMedQADiagRetrieval"],
    "medquad": ["MedicalQARetrieval"],
    "biorxiv": ["BiorxivClusteringP2P", "BiorxivClusteringP2P.v2", "BiorxivClusteringS2S", "BiorxivClusteringS2S.v2"],
    "medrxiv": ["MedrxivClusteringP2P", "MedrxivClusteringP2P.v2", "MedrxivClusteringS2S", "MedrxivClusteringS2S.v2"],
}
LEAKS = {  # by (split, leaks) of the training
    (
        "subjects",
        "drop",
    ): "Pairs about subjects or documents that the evaluation holds were left out beforehand; of the others these "
    "touch an evaluation text, and were left out too:",
    (
        "documents",
        "drop",
    ): "Pairs of documents that the evaluation holds were left out beforehand, but not other documents of its "
    "subjects; of these the following touch an evaluation text, and were left out too:",
    ("subjects", "keep"): "Pairs that touch evaluation texts were KEPT; scores on these tasks are not to be trusted:",
    (
        "documents",
        "keep",
    ): "Pairs that touch evaluation texts were KEPT, as in the paper; scores on these tasks are not to be trusted:",
}


def card(run: Run, name: str, trained: Entry, base: Entry, training: dict[str, Any], folder: Path) -> str:
    """The model card, as Markdown: what it is, how to use it, what it was trained on, what leaked, what it scores."""
    manifest, settings = run.edition.manifest, training["settings"]
    prefix = (
        "Fictional and machine-written text: a demonstration, not a model for use.\n\n"
        if manifest["edition"] == "mini"
        else ""
    )
    licences = sorted({licence for source in training["pairs"] for licence in manifest["sources"][source]["licences"]})
    return f"""---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
base_model: {base.hub or base.name}
license: {base.licence or "other"}
language: en
tags: [sentence-transformers, feature-extraction, sentence-similarity, medical]
---

# {name.partition("/")[2]}

{prefix}A sentence encoder: {title(base.name)}, fine-tuned on pairs of medical texts with the recipe of
*Towards Domain Specification of Embedding Models in Medicine* (arXiv 2507.19407). Trained, measured and written by `medte`,
profile `{run.profile.name}`; not the authors' model. Not for decisions about patients.

## Use

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("{name}")
vectors = model.encode(["gout in the big toe", "podagra"])
```

{_plainly(name, folder)}

No prompts were used in training; put none before a text. Texts are cut at {own_length(folder)} tokens; it was trained on
{settings["max_length"]}. The weights are under the licence of the base ({base.licence or "not declared"}); the training texts under
{", ".join(licences)}.

## Training data

{_table(["Source", "Pairs", "Passes", "Licence"], _sources(training, manifest))}

{LEAKS[settings["split"], settings["leaks"]]} {_leaks(run.edition.leaks(settings["split"], settings["leaks"]))}
{_leaks_by_task(manifest)}

Held-out pairs of documents that training did not see: loss {training["held_out"]["before"]["loss"]:.3f} before,
{training["held_out"]["after"]["loss"]:.3f} after; mean reciprocal rank of the right partner
{training["held_out"]["before"]["mrr"]:.3f} before, {training["held_out"]["after"]["mrr"]:.3f} after.

{_table(["Setting", "Value"], [[key.replace("_", " "), str(value)] for key, value in settings.items() if key != "sources"])}

## Scores

{_scores(run.kept(), run.profile, trained)}

Data {manifest["hash"]} of the edition `{manifest["edition"]}`; training {training["key"]}.
"""


def _sources(training: dict[str, Any], manifest: dict[str, Any]) -> list[list[str]]:
    return [
        [
            source,
            f"{number:,}",
            f"{training['passes'][source]:.2f}",
            ", ".join(sorted(manifest["sources"][source]["licences"])),
        ]
        for source, number in training["pairs"].items()
    ]


def _leaks(found: dict[str, dict[str, int]]) -> str:
    said = [f"{number:,} ({source}: {reason})" for source, own in found.items() for reason, number in own.items()]
    return (", ".join(said) or "none") + "."


def _leaks_by_task(manifest: dict[str, Any]) -> str:
    """Which tasks the pairs of all documents touch, as a table; nothing where none does."""
    counts: dict[str, int] = {}
    for _, _, task, _, number in manifest["leaks_by_task"]:
        counts[task] = counts.get(task, 0) + number
    if not counts:
        return ""
    rows = [[task, f"{number:,}"] for task, number in sorted(counts.items())]
    return "\nTasks that pairs of the sources touch, those of evaluated documents among them:\n\n" + _table(
        ["Task", "Pairs"], rows
    )


def _plainly(name: str, folder: Path) -> str:
    """How to load the model without sentence-transformers, where that is no more than a mean or the first token, at length one."""
    modules = [module["type"].rpartition(".")[2] for module in _json(folder / "modules.json")]
    pooling = _json(folder / "1_Pooling" / "config.json").get("pooling_mode")
    vectors = {
        "mean": """mask = inputs["attention_mask"].unsqueeze(-1)
vectors = torch.nn.functional.normalize((tokens * mask).sum(1) / mask.sum(1), dim=1)""",
        "cls": "vectors = torch.nn.functional.normalize(tokens[:, 0], dim=1)",
    }
    if pooling not in vectors or not {*modules} <= {"Transformer", "Pooling", "Normalize"}:
        return "It has more than an encoder and a pooling: load it with sentence-transformers alone."
    return f"""Without sentence-transformers:

```python
import torch
from transformers import AutoModel, AutoTokenizer

tokenizer, model = AutoTokenizer.from_pretrained("{name}"), AutoModel.from_pretrained("{name}").eval()
inputs = tokenizer(["gout in the big toe", "podagra"], padding=True, truncation=True, max_length={own_length(folder)}, return_tensors="pt")
with torch.no_grad():
    tokens = model(**inputs).last_hidden_state
{vectors[pooling]}
```"""


def _scores(scores: Scores, profile: Profile, trained: Entry) -> str:
    """Means by family beside the base's, with intervals; says so where the model was not scored."""
    wanted = [model for model in (trained.name, profile.compared_with) if model in scores.models]
    if trained.name not in wanted:
        return f"Not scored yet: `medte evaluate --profile {profile.name}` scores it."
    rows = []
    for family, tasks in scores.groups().items():
        cells = []
        for model in wanted:
            mean = scores.mean(model, tasks)
            cells.append(
                MISSING if mean is None else f"{percent(mean.value)} [{percent(mean.low)}, {percent(mean.high)}]"
            )
        rows.append([FAMILY_TITLE.get(family, "All tasks"), str(len(tasks)), *cells])
    head = ["Family", "Tasks", *map(title, wanted)]
    return (
        _table(head, rows)
        + f"\n\nMeans in percent on {profile.benchmark}, protocol {profile.protocol}, with 95 % intervals over documents and draws."
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def mteb_meta(name: str, base: Entry, sources: Iterable[str], folder: Path) -> str:
    """What mteb wants to know of the model, as a Python file that defines `meta`; of mteb's test sets it has seen those of the
    `sources`, and what mteb knows its base to have seen."""
    declared = sorted(name for source in sources for name in OF_MTEB.get(source, []))
    size = (folder / "model.safetensors").stat().st_size / 2**20
    return f'''"""What mteb wants to know of {name}: `mteb.evaluate(meta, tasks)`."""

from mteb.models import ModelMeta, SentenceTransformerEncoderWrapper

meta = ModelMeta(
    loader=SentenceTransformerEncoderWrapper,
    name="{name}",
    revision=None,  # of whatever stands there
    release_date=None,
    languages=["eng-Latn"],
    n_parameters={parameters(folder)},
    memory_usage_mb={size:.0f},
    max_tokens={own_length(folder)},
    embed_dim={_dimensions(folder)},
    license={(base.licence or "not specified").lower()!r},
    open_weights=True,
    public_training_code=None,
    public_training_data=None,
    framework=["Sentence Transformers", "PyTorch"],
    similarity_fn_name="cosine",
    use_instructions=False,
    training_datasets=set({declared}),
    adapted_from={base.hub!r},
)
'''


def _dimensions(folder: Path) -> int:
    return _json(folder / "config.json")["hidden_size"]


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
