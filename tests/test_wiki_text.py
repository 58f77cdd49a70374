"""The sections of a page's plain text."""

from medte.sources.wiki_text import sections


def test_sections_hold_their_subsections_and_no_references():
    extract = (
        "First.\nMore of it.\n\n\n== Signs == \n\nSeen.\n=== In A = B ===\nDeeper.\n==== Notes ====\nA note.\n"
        "=== Felt ===\nSore.\n== See also ==\nB.\n=== Elsewhere ===\nC.\n== Outlook ==\n\n\n== Causes ==\nx == y\n"
        "== Signs ==\nSigns again.\n== REFERENCES ==\nA book."
    )
    assert list(sections(extract).items()) == [
        ("Lead", "First.\nMore of it."),
        ("Signs", "Seen.\nDeeper.\nSore.\nSigns again."),
        ("Causes", "x == y"),
    ]


def test_a_page_without_text_has_no_sections():
    assert sections("\n\n== Gallery ==\n\n== External links ==\nhere") == {}
