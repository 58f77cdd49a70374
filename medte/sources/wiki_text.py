"""The plain text of a wiki page, cut at its headings."""

import re

LEAD = "Lead"
HEADING = re.compile(r"^(={2,6})[ \t]*(\S.*?)[ \t]*\1[ \t]*$", re.MULTILINE)
OMITTED = {
    "bibliography",
    "citations",
    "external links",
    "footnotes",
    "further reading",
    "further references",
    "notes",
    "notes and references",
    "references",
    "references and notes",
    "see also",
    "sources",
}  # headings, case-folded, of what is no text of the page (recipe §5, point 12)


def sections(extract: str) -> dict[str, str]:
    """The text of each top-level section by its heading, "Lead" first; subsections are in it, without their headings.

    Left out: sections at any level that are no text of the page (references, notes, links …), and those without text.
    """
    pieces = HEADING.split(extract)  # a text, then marks, heading and text of each section
    found: dict[str, list[str]] = {LEAD: [pieces[0]]}
    section, omitted = LEAD, None  # `omitted` is the level of the omitted section that the text is in
    for marks, heading, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        level = len(marks)
        if omitted and level > omitted:
            continue
        omitted = level if heading.casefold() in OMITTED else None
        if omitted:
            continue
        if level == 2:
            section = heading
        found.setdefault(section, []).append(text)
    joined = {heading: "\n".join(filter(None, map(str.strip, texts))) for heading, texts in found.items()}
    return {heading: text for heading, text in joined.items() if text}
