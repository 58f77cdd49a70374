"""The reasons why scores differ: each has a size or says why not, and the commands and settings that it names exist."""

import re

from followed import COMMANDS, read_page

from medte.profile import Encoding, Profile
from medte.report.differences.effects import NOT_RECORDED
from medte.report.differences.why_scores_differ import reasons, table

PAGE = read_page("why_scores_differ")


def test_every_reason_has_a_size_or_says_why_not():
    names = [reason.title for reason in reasons()]
    assert len(set(names)) == len(names)
    page = table()
    assert page.count("<tr>") == 1 + len(names)
    for reason, row in zip(reasons(), page.split("<tr>")[2:], strict=True):
        size = re.split("<td[^>]*>", row)[2]
        assert reason.measure or size.startswith("<small>Not measured: ")
        assert not reason.measure or "<code>" in size or NOT_RECORDED in size, reason.title


def test_the_commands_and_settings_that_are_named_exist():
    said = PAGE + " ".join(f"{reason.what} {reason.check}" for reason in reasons())
    assert (named := set(re.findall(r"`medte (\w+)", said))) and named <= COMMANDS
    places = re.findall(r"`(encoding\.\w+)`", said)
    assert places
    for place in places:
        assert place.partition(".")[0] in Profile.model_fields and place.partition(".")[2] in Encoding.model_fields
    assert "dtype" in Encoding.model_fields
