"""The Human Disease Ontology's terms with their exact synonyms, from the OBO files of `MEDTE_MIRROR`/ontology."""

import lzma
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

Tags = dict[str, list[str]]

LICENCE = "CC0-1.0 (older releases: CC BY 3.0)"
EXACT = re.compile(r'"((?:[^"\\]|\\.)*)" EXACT')
QUALIFIER = re.compile(r"\s*\((?:disorder|morphologic abnormality|finding|qualifier value|category|morphology)\)$")


@dataclass(frozen=True)
class Term:
    """One disease: its id, its preferred name, its exact synonyms, the ids of its parents."""

    id: str
    name: str
    synonyms: tuple[str, ...]
    parents: frozenset[str]


def files(folder: Path) -> list[Path]:
    """The OBO files of a folder (*.obo, *.obo.xz), in the order of names."""
    return sorted([*folder.glob("*.obo"), *folder.glob("*.obo.xz")])


def read(folder: Path, dropped: Counter) -> dict[str, Term]:
    """The diseases of all OBO files by id, each as the newest release that has it says; obsolete ones are counted."""
    terms: dict[str, Term] = {}
    seen: set[str] = set()
    for _, stanzas in sorted((_release(path) for path in files(folder)), key=lambda one: one[0], reverse=True):
        now = set()
        for tags in stanzas:
            identity = tags["id"][0]
            if identity in seen:
                continue
            now.update([identity, *tags["alt_id"]])
            if "true" in tags["is_obsolete"]:
                dropped["obsolete term"] += 1
            else:
                terms[identity] = _term(identity, tags)
        seen |= now
    return terms


def _release(path: Path) -> tuple[str, list[Tags]]:
    """The date of a release ("" where it does not say) and the tags of each of its terms."""
    opened = lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")
    date, stanzas, current = "", [], None
    header = True
    with opened as stream:
        for line in map(str.rstrip, stream):
            key, _, value = line.partition(": ")
            if line.startswith("["):
                header, current = False, None
                if line == "[Term]":
                    current = defaultdict(list)
                    stanzas.append(current)
            elif current is not None:
                current[key].append(value)
            elif header and key == "data-version" and (found := re.search(r"\d{4}-\d\d-\d\d", value)):
                date = found[0]
    return date, stanzas


def _term(identity: str, tags: Tags) -> Term:
    synonyms = [found[1].replace('\\"', '"') for value in tags["synonym"] if (found := EXACT.match(value))]
    parents = frozenset(value.split(" ")[0] for value in tags["is_a"])
    return Term(identity, _plain(tags["name"][0]), tuple(dict.fromkeys(map(_plain, synonyms))), parents)


def _plain(name: str) -> str:
    """A name without the kind that a terminology puts behind it: "sepsis (disorder)"."""
    return QUALIFIER.sub("", " ".join(name.split()))
