"""The names under which one document is known in several sources: what the leakage audit compares across them."""

import re

FORMS = {
    "pmid": (r"(\d+)", "pmid:{}"),
    "pmc": (r"(?:pmc)?(\d+)", "pmc:pmc{}"),
    "doi": (r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\S+/\S+)", "doi:{}"),
    "nct": (r"(nct\d{8})", "nct:{}"),
    "wikipedia": (r"(\d+)", "wikipedia:{}"),
}  # kind → how a source writes it, in lower case; how an identity is written


def identities(**known: str | int | None) -> list[str]:
    """The identities of a document, such as "pmid:7" and "doi:10.1/x", from what its source gives by kind.

    The same document has the same identity whatever the source: lower case, a PMC number with or without "PMC", a DOI
    with or without its address. What has not the form of its kind (a gap, "NA") is no identity.
    """
    found = []
    for kind, value in known.items():
        written, identity = FORMS[kind]
        if match := re.fullmatch(written, str(value or "").strip().lower()):
            found.append(identity.format(match[1]))
    return found
