import pytest

from medte.errors import MedteError, require_known, unknown


def test_an_unknown_name_gets_the_nearest_known_one():
    assert str(unknown("model", "all-minilm", ["random", "all-MiniLM-L6-v2"])) == (
        "unknown model 'all-minilm'; did you mean 'all-MiniLM-L6-v2'?"
    )


def test_a_name_near_nothing_gets_the_list():
    assert str(unknown("edition", "xyz", ["mini", "open"])) == "unknown edition 'xyz'; known: mini, open"


def test_require_known_names_the_first_stranger():
    require_known("task", ["a"], ["a", "b"])
    with pytest.raises(MedteError, match="unknown task 'c'"):
        require_known("task", ["a", "c"], ["a", "b"])
