"""A set of probes on disk: made of an edition in seconds, reused as long as edition, code and ontology are the same."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medte import paths
from medte.finished import Edition
from medte.manifest import code_digest, digest, file_sha256, seal, unseal, verify, write_json
from medte.probes import ontology, records, styles, terms
from medte.probes.probe import Made, Material, Probe, ProbeData, ProbeMissing, of
from medte.profile import Data
from medte.tasks.build_all import data_hash
from medte.tasks.card import COLUMNS
from medte.tasks.catalogue import Task

PROBES = (
    Probe("TermSimilarity", "terms", "pair_classification", "ontology",
          "Is an exact synonym nearer to a disease's name than the name of a near other disease?", terms.similarity),
    Probe("TermRetrieval", "terms", "retrieval", "ontology",
          "Does a synonym find the disease's name?", terms.retrieval),
    Probe("RecordRetrieval", "records", "retrieval", "mimic_iv",
          "Does a clinician's question find the notes that answer it?", records.retrieval),
    Probe("StructuredToNarrative", "records", "retrieval", "mimic_iv",
          "Does the structured record of a stay find its narrative?", records.to_narrative),
    Probe("NarrativeToStructured", "records", "retrieval", "mimic_iv",
          "Does the narrative of a stay find its structured record?", records.to_record),
    *(Probe(name, "styles", "retrieval", "wikipedia", f"Does this find the page: {how}?", styles.of(name))
      for name, (_, how) in styles.STYLES.items()),
    Probe("QueryTwoConcepts", "styles", "retrieval", "wikipedia",
          "Do two diseases find what is on both?", styles.two_concepts),
    Probe("QueryNegation", "styles", "retrieval", "wikipedia",
          "Is a symptom that is denied told from one that is reported?", styles.negation),
)  # fmt: skip
BLIND = float(
    (1 + 1 / np.log2(3)) / 2
)  # nDCG@10 of always having the right one of two among the first two, by chance first
EXAMPLE = 400  # characters of a text in an example


class Probes(Edition):
    """The probes made of an edition, on disk: an edition of tasks of its own."""

    @cached_property
    def own_tasks(self) -> tuple[Task, ...]:
        """The probes that could be made, as tasks."""
        return tuple(probe.task for probe in PROBES if probe.name in self.tasks)

    def task_data(self, name: str) -> ProbeData:
        """The rows of one probe. MedteError if its file is damaged."""
        entry = next(task for task in self.own_tasks if task.name == name)
        rows = pd.read_parquet(verify(self.folder, f"tasks/{name}.parquet"))
        return ProbeData(entry, rows, self.tasks[name]["dropped"])

    def cards(self) -> dict[str, dict[str, Any]]:
        """What each probe asks and is made of, with counts, and an example where its text is bundled."""
        found = json.loads(verify(self.folder, "cards.json").read_text(encoding="utf-8"))
        return {card["name"]: card for card in found}


def inputs_digest(material: Material) -> str:
    """A digest of all that decides what the probes hold: the edition, the code, the ontology's files."""
    manifest = material.edition.manifest
    files = [file_sha256(path) for path in ontology.files(material.ontology)] if material.ontology else []
    return digest([manifest["inputs"], manifest["hash"], code_digest(paths.PACKAGE / "probes"), files])


def ontology_folder() -> Path | None:
    """Where the ontology is held (`MEDTE_MIRROR`/ontology), or None."""
    mirror = paths.mirror()
    folder = mirror and mirror / "ontology"
    return folder if folder and ontology.files(folder) else None


def build(edition: Edition, data: Data, folder: Path, say: Callable[[str], None] = lambda line: None) -> Probes:
    """The probes of an edition, which was built with the settings `data`, in `folder`; made if they are not there."""
    material = Material(edition, data, ontology_folder())
    key = inputs_digest(material)
    if (finished := unseal(folder)) and finished["inputs"] == key:
        return Probes(folder)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tasks").mkdir(parents=True)
    tasks, cards, missing = {}, {}, {}
    for probe in PROBES:
        dropped: Counter = Counter()
        try:
            made = probe.make(material, dropped)
        except ProbeMissing as reason:
            missing[probe.name] = str(reason)
            continue
        probed = of(probe, made, dropped)
        if reason := probed.missing():
            missing[probe.name] = reason
            continue
        probed.rows.to_parquet(folder / "tasks" / f"{probe.name}.parquet", index=False)
        about = {"made_of": made.made_of, "text": made.text, "licence": made.licence, "dropped": probed.dropped}
        tasks[probe.name] = about | {"hash": data_hash(probed), "rows": len(probed.rows)}
        cards[probe.name] = about | card(probe, made, probed)
    names = [path.name for path in ontology.files(material.ontology)] if material.ontology else []
    say(f"{len(tasks)} probes made, {len(missing)} missing")
    write_json(folder / "cards.json", list(cards.values()))  # a list, since their order is that of tables
    facts = {
        "edition": f"{edition.name}-probes",
        "inputs": key,
        "hash": digest({name: about["hash"] for name, about in tasks.items()}),
        "made_from": {"edition": edition.manifest["hash"], "ontology": names},
        "tasks": tasks,
        "missing": missing,
    }
    seal(folder, facts, [folder / "cards.json", *(folder / "tasks").glob("*.parquet")])
    return Probes(folder)


def card(probe: Probe, made: Made, data: ProbeData) -> dict[str, Any]:
    """What the probe asks, how large it is, and for bundled text the first item as an example.

    `items`: queries or pairs; `right`: right documents of a query, on average; `words`: median length of the first and
    the second text; `paired`: it asks for the same as other styles of query; `blind`: what a model reaches that does
    not see the negation.
    """
    rows, retrieval = data.rows, probe.family == "retrieval"
    about = {"name": probe.name, "group": probe.group, "family": probe.family, "asks": probe.asks}
    about["paired"] = probe.name in styles.STYLES
    if retrieval:
        judged = data.judgements()
        counts = {
            "items": len(judged.queries),
            "documents": len(judged.documents),
            "right": round(float(np.mean([len(right) for right in judged.right])), 2),
        }
        texts = {"query": judged.queries, "document": judged.documents}
        example = {"query": judged.queries[0], "right": judged.documents[judged.right[0][0]]}
    else:
        counts = {"items": len(rows), "documents": None, "right": None}
        texts = {column: rows[column] for column in COLUMNS[probe.family]}
        first, second = rows.iloc[0], rows.iloc[1]
        example = {"query": first["sentence1"], "right": first["sentence2"], "wrong": second["sentence2"]}
    lengths = {column: float(np.median([len(text.split()) for text in own])) for column, own in texts.items()}
    shown: Mapping[str, str] | None = None
    if made.text != "real":
        shown = {kind: text[:EXAMPLE] for kind, text in example.items()}
    return about | counts | {
        "words": lengths,
        "units": int(rows.loc[rows["unit"] != "", "unit"].nunique()),
        "blind": BLIND if probe.name == "QueryNegation" else None,
        "example": shown,
    }  # fmt: skip
