"""What an edition's text is worth: is it right, varied, useful and separated? The report of `medte data report`."""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from medte import paths
from medte.curation.clean import clean
from medte.curation.variety import near_duplicates, shared_sequences
from medte.edition import build
from medte.evaluation.evaluate import tasks_of
from medte.evaluation.items import value
from medte.evaluation.store import Result
from medte.models.load import SentenceEncoder, folder_of
from medte.models.registry import entry
from medte.report.mini_card import BOUNDS
from medte.run import Run
from medte.sources import registry
from medte.sources.mini import notes, ontology
from medte.sources.mini.knowledge import FOLDER, load, shared_words
from medte.sources.mini.subjects import share_naming
from medte.tasks.catalogue import catalogue

JUDGES = ("tfidf", "potion-base-4M")  # set the difficulty; neither is what the edition is there to judge
WRITTEN = {"pubmed", "biorxiv", "medrxiv", "wikipedia", "medquad", "medmcqa"}  # whose queries were written


def assess(run: Run, say=lambda line: None) -> dict[str, Any]:
    """Every figure of the report, for the mini edition of a run; what judges it here is scored where it is not yet.

    `right` is None where no ontology lies in the mirror, and so is the score of a judge that is not here.
    """
    edition, manifest = run.edition, run.edition.manifest
    benchmark = [task.name for task in tasks_of(run.profile, edition)]
    say("building it once more")
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        same = build(run.profile, Path(folder) / "edition").manifest == manifest
    seconds = round(time.monotonic() - start, 1)
    records = {source: [clean(r) for r in registry.read(edition.name, source)] for source in manifest["sources"]}
    say("comparing documents")
    documents = {source: [" ".join(r.texts.values()) for r in own] for source, own in records.items()}
    sources = {source: _variety(texts) for source, texts in documents.items()}
    evaluated = sorted({text for name in edition.tasks for text in edition.task_data(name).texts()})
    pairs = edition.pairs()
    trained_on = sorted({*pairs["sentence1"], *pairs["sentence2"]})
    long_enough = [text for text in trained_on if len(text.split()) >= 8]
    results = {name: _judged(run, name, say) for name in JUDGES}
    floor = {result["task"]: result for result in run.results(models=["random"])}
    return {
        "hash": manifest["hash"],
        "sources": sources,
        "sizes": _sizes(run, benchmark) | {"seconds": seconds, "same": same, "megabytes": _megabytes()},
        "right": _right(),
        "overlap": {name: _overlap(edition.task_data(name).rows) for name in _written(edition.tasks)},
        "useful": {
            name: {
                "high": sorted(r["task"] for r in own if _score(r) > BOUNDS["ceiling"]),
                "low": sorted(r["task"] for r in own if _score(r) < _floor(r, floor) + BOUNDS["margin"]),
            }
            for name, own in results.items()
            if own is not None
        },
        "separated": {
            "texts": len(set(evaluated) & set(trained_on)),
            "near_duplicates": int(near_duplicates(long_enough, evaluated).sum()),
            "subjects": len(set(manifest["subjects"]["training"]) & set(manifest["subjects"]["evaluation"])),
            "naming": round(share_naming(trained_on, set(manifest["subjects"]["evaluation"])), 3),
        },
        "ceilings": {str(days): round(notes.ceiling(days), 3) for days in (3, 7, 30)},
    }


def _variety(texts: Sequence[str]) -> dict[str, Any]:
    words = [len(text.split()) for text in texts]
    return {
        "documents": len(texts),
        "shared": round(float(np.median(shared_sequences(texts))), 3),
        "near_duplicates": round(float(near_duplicates(texts).mean()), 4),
        "words": [int(n) for n in np.percentile(words, (5, 50, 95))],
    }


def _sizes(run: Run, benchmark: Sequence[str]) -> dict[str, Any]:
    edition, sizes = run.edition, {"tasks": len(run.edition.tasks), "rows": [], "class_texts": [], "test_texts": []}
    for name in edition.tasks:
        rows = edition.task_data(name).rows
        if "text" not in rows:
            sizes["rows"].append(len(rows))
            continue
        sizes["class_texts"].append(int(rows["label"].value_counts().min()))
        if "split" in rows:
            sizes["test_texts"].append(int(rows.loc[rows["split"] == "test", "label"].value_counts().min()))
    texts = sorted({text for name in benchmark for text in edition.task_data(name).texts()})
    base = entry(run.profile.base)
    encoder = SentenceEncoder(*folder_of(base, lambda model: None), run.profile.encoding, base)
    smallest = {key: min(found) for key, found in sizes.items() if isinstance(found, list)}
    return {"tasks": sizes["tasks"], "texts": len(texts), "tokens": sum(encoder.token_counts(texts))} | smallest


def _megabytes() -> float:
    return round(sum(path.stat().st_size for path in FOLDER.rglob("*.yaml")) / 1e6, 1)


def _right() -> dict[str, dict[str, int]] | None:
    mirror = paths.mirror()
    if mirror is None or not (mirror / "ontology").is_dir():
        return None
    outcome = ontology.compare(ontology.read(mirror / "ontology"), load("conditions"))
    return {what: {name: len(found) for name, found in sorted(found_by.items())} for what, found_by in outcome.items()}


def _written(tasks: Sequence[str]) -> list[str]:
    return [name for name in tasks if catalogue()[name].family == "retrieval" and catalogue()[name].source in WRITTEN]


def _overlap(rows) -> float:
    shares = [shared_words(query, document) for query, document in zip(rows["query"], rows["document"], strict=True)]
    return round(statistics.mean(shares), 3)


def _judged(run: Run, name: str, say) -> list[Result] | None:
    mirror = paths.mirror()
    if entry(name).mirror and not (mirror and (mirror / entry(name).mirror).is_dir()):
        say(f"{name}: not here (MEDTE_MIRROR holds no {entry(name).mirror})")
        return None
    return run.results(models=[name])


def _score(result: Result) -> float:
    """The main score; for pairs the average precision, which has a floor that does not depend on a threshold."""
    metric = "similarity_ap" if result["family"] == "pair_classification" else None
    return value(result["family"], result["items"], metric)


def _floor(result: Result, random: dict[str, Result]) -> float:
    """What needs no understanding: guessing among the classes, the share of positives, documents in any order, random vectors."""
    if result["family"] == "classification":
        return 1 / result["counts"]["classes"]
    if result["family"] == "pair_classification":
        return statistics.mean(result["items"]["labels"])
    if result["family"] == "retrieval":  # the expected nDCG@10 of one right document among all, in random order
        return sum(1 / np.log2(rank + 1) for rank in range(1, 11)) / result["counts"]["rows"]
    return random[result["task"]]["value"]
