"""A large source: bounded memory, time that grows with the records, and the same output from several processes."""

import pytest
from conftest import in_a_process_of_its_own

BUILD = """
import json, random, resource, sys, time
from collections import Counter
from pathlib import Path

from medte import edition as editions
from medte.engine import Engine
from medte.profile import load_profile
from medte.records import Record
from medte.sources import registry

WORDS = [f"word{n}" for n in range(20_000)]


def records(count):
    '''Abstracts of 150 words; of a hundred one nearly repeats the last, and one has its abstract under a long title.'''
    draw, before = random.Random(1), None
    for number in range(count):
        title, words = " ".join(draw.choices(WORDS, k=12)), draw.choices(WORDS, k=150)
        if number % 100 == 50:
            title, words = before[0], [*before[1][:-1], "changed"]
        if number % 100 == 60:
            title, words = " ".join(draw.choices(WORDS, k=60)), before[1]
        before = title, words
        texts = {"title": title, "abstract": " ".join(words)}
        facts = {"terms": ["treatment", "prevention"][number % 2 :][:1]}
        yield Record(f"pubmed:{number}", "pubmed", f"pubmed:{number}", texts, "CC0-1.0", facts=facts)


def main(count, workers, folder):
    registry.sources = lambda named: ["pubmed"]
    registry.folder_of = lambda edition, source: Path(folder)
    registry.inputs_digest = lambda edition, source: str(count)
    registry.read = lambda edition, source, dropped=None: records(count)
    profile = load_profile("open")
    data = profile.data.model_copy(update={"max_evaluation": 5000, "writer": None, "variants": False})
    training = profile.training.model_copy(update={"sources": ["pubmed"]})
    start = time.monotonic()
    engine = Engine(workers=workers, scratch=Path(folder)) if workers else None
    built = editions.build(profile.model_copy(update={"data": data, "training": training}), Path(folder) / "edition", engine=engine)
    facts = {
        "seconds": time.monotonic() - start,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "files": {name: sha for name, sha in built.manifest["files"].items()},
        "source": built.manifest["sources"]["pubmed"],
        "pairs": built.manifest["pairs"],
        "leaks": built.manifest["leaks_dropped"],
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
"""


def built(folder, count, workers=0):
    """What a process of its own says of building an edition from `count` records."""
    folder.mkdir()
    return in_a_process_of_its_own(folder / "build.py", BUILD, count, workers, folder)


@pytest.mark.slow
def test_two_workers_give_the_same_files_to_the_byte(tmp_path):
    alone, together = built(tmp_path / "alone", 12_000), built(tmp_path / "together", 12_000, workers=2)
    assert alone["files"] == together["files"]
    assert {"pairs.parquet", "frozen.parquet", "cards.json"} < set(alone["files"])
    assert alone["source"]["repeated_by_reason"] == {"near-duplicate": 120}
    assert list(alone["leaks"]) == ["pubmed: near-duplicate"] and alone["pairs"]["pubmed"] > 5000


@pytest.mark.full
def test_a_million_records_take_bounded_memory_and_time_that_grows_with_them(tmp_path):
    small, middle, large = (built(tmp_path / str(n), n) for n in (10_000, 100_000, 1_000_000))
    for count, run in ((10_000, small), (100_000, middle), (1_000_000, large)):
        print(
            f"{count:,} records: {run['seconds']:.0f} s, {count / run['seconds']:,.0f} a second, {run['gigabytes']:.2f} GB"
        )
    assert large["gigabytes"] < 2
    assert large["seconds"] < 15 * middle["seconds"] and middle["seconds"] < 15 * small["seconds"]
    (found,) = large["source"]["repeated_by_reason"].values()
    assert 10_000 <= found < 10_100  # similarities are estimated: one in ten thousand at .67 may pass for .8
