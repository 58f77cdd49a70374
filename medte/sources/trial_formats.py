"""The forms in which ClinicalTrials.gov gives a study, and the record that each becomes."""

import re
from collections.abc import Iterable, Sequence

from lxml import etree

from medte.records import Record
from medte.sources.identities import identities
from medte.sources.xml_files import iso_date, text

LICENCE = "public domain"
SITE_COLUMNS = {"NCT Number", "Study Title", "Conditions"}  # in every export; outcomes and first posting only in some
SMALL_TABLE_COLUMNS = {"nct_id", "title", "disease", "outcome_measure"}
SMALL_TABLE_LICENCE = "MIT"


def from_json(study: dict) -> Record:
    """A study as the API and the JSON exports give it."""
    modules = study.get("protocolSection", {})
    identification = modules.get("identificationModule", {})
    outcomes = modules.get("outcomesModule", {}).get("primaryOutcomes", [])
    return _record(
        identification.get("nctId", ""),
        official=identification.get("officialTitle", ""),
        brief=identification.get("briefTitle", ""),
        description=modules.get("descriptionModule", {}).get("detailedDescription", ""),
        outcomes=[_outcome(outcome.get("measure", ""), outcome.get("description", "")) for outcome in outcomes],
        conditions=modules.get("conditionsModule", {}).get("conditions", []),
        date=modules.get("statusModule", {}).get("studyFirstPostDateStruct", {}).get("date"),
    )


def from_xml(study: etree._Element) -> Record:
    """A study as the older registry's XML gives it: a `clinical_study`."""
    outcomes = study.findall("primary_outcome")
    posted = re.fullmatch(r"(\w+) (?:(\d+), )?(\d{4})", text(study.find("study_first_posted")))
    return _record(
        text(study.find("id_info/nct_id")),
        official=text(study.find("official_title")),
        brief=text(study.find("brief_title")),
        description=text(study.find("detailed_description/textblock")),
        outcomes=[_outcome(text(outcome.find("measure")), text(outcome.find("description"))) for outcome in outcomes],
        conditions=map(text, study.findall("condition")),
        date=iso_date(posted[3], posted[1], posted[2] or "") if posted else None,
    )


def from_site(row: dict[str, str]) -> Record:
    """A row of the site's CSV export, where an outcome's measure, description and time frame are one text."""
    return _record(
        row["NCT Number"],
        brief=row["Study Title"],
        outcomes=row.get("Primary Outcome Measures", "").split("|"),
        conditions=row["Conditions"].split("|"),
        date=row.get("First Posted") or None,
    )


def from_small_table(row: dict[str, str]) -> Record:
    """A row of the small trial table, where outcomes and conditions are joined by commas, which they contain too."""
    return _record(
        row["nct_id"],
        brief=row["title"],
        joined_outcomes=row["outcome_measure"],
        conditions=[row["disease"]],
        licence=SMALL_TABLE_LICENCE,
    )


def _outcome(measure: str, description: str) -> str:
    """What is measured, and how: two sentences."""
    return ". ".join(filter(None, (measure.strip().rstrip("."), description.strip())))


def _record(
    number: str,
    *,
    official: str = "",
    brief: str,
    description: str = "",
    outcomes: Sequence[str] = (),
    joined_outcomes: str = "",
    conditions: Iterable[str],
    date: str | None = None,
    licence: str = LICENCE,
) -> Record:
    """The record of a study: texts without Markdown's backslashes, empty ones left out.

    The brief title stands in for an official one that is not known, and `title_kind` says so.
    """
    identity = f"clinicaltrials:{number}"
    conditions = [condition.strip() for condition in conditions if condition.strip()]
    subject = conditions[0].lower() if conditions else None
    texts = {
        "official_title": official or brief,
        "detailed_description": description,
        "primary_outcomes": joined_outcomes or " ".join(outcomes),
        "first_primary_outcome": next(iter(outcomes), ""),
    }
    plain = {name: re.sub(r"\\([^\w\s]|_)", r"\1", said.strip()) for name, said in texts.items()}
    facts = {
        "conditions": conditions,
        "subject": subject,
        "group": subject,
        "title_kind": "official" if official else "brief",
        "identities": identities(nct=number),
    }
    present = {name: said for name, said in plain.items() if said}
    return Record(identity, "clinicaltrials", identity, present, licence, date, facts=facts)
