"""Tables of systematic reviews: title and abstract of the articles that a review screened, mostly from PubMed."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from medte.errors import MedteError
from medte.records import Record
from medte.sources.identities import identities

LICENCES = {
    "review_Bannach-Brown_2019": "CC-BY-4.0",
    "review_Nagtegaal_2019": "CC0-1.0",
    "review_van_de_Schoot_2017": "CC-BY-4.0",
}  # of the tables, which the tables themselves do not say


def rows(path: Path, dropped: Counter, licence: str) -> Iterator[Record]:
    """A record for each row of a table with the columns title and abstract; a row of another length is dropped.

    The PMID is the accession number of rows that come from the NLM. A row that its table calls a duplicate belongs to
    the document of the row that it repeats. `licence` is that of a table whose own is not known. Title or abstract may
    be empty. MedteError where the file is no such table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream, strict=True)
            if not {"title", "abstract"} <= set(table.fieldnames or []):
                raise MedteError(f"{path} has the columns {table.fieldnames}; title and abstract are needed")
            for number, row in enumerate(table, start=1):
                if None in row or None in row.values():
                    dropped["row of another length"] += 1
                else:
                    yield _record(path.stem, str(number), row, LICENCES.get(path.stem, licence))
    except (csv.Error, UnicodeDecodeError) as error:
        raise MedteError(f"{path} is no table in UTF-8 ({error}); fetch it again") from error


def _record(table: str, number: str, row: dict[str, str], licence: str) -> Record:
    pmid = row["accession_number"] if row.get("database_provider") == "NLM" else ""
    own = row.get("record_id") or row.get("id") or number
    identity = f"pubmed:{pmid}" if pmid.isdigit() else f"pubmed:{table}/{own}"
    repeated = row.get("duplicate_record_id")
    document = f"pubmed:{table}/{repeated}" if repeated else identity
    year = row.get("year", "")
    texts = {name: " ".join(row[name].split()) for name in ("title", "abstract")}
    return Record(
        id=identity,
        source="pubmed",
        document=document,
        texts=texts,
        licence=licence,
        date=year if re.fullmatch(r"[12]\d{3}", year) else None,
        facts={"identities": identities(pmid=pmid, doi=row.get("doi"))},
    )
