"""One document has one identity, however a source writes its number."""

import pytest

from medte.sources.identities import identities


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"pmid": "7", "pmc": "PMC8", "doi": "10.1/ABC"}, ["pmid:7", "pmc:pmc8", "doi:10.1/abc"]),
        ({"pmc": "8", "wikipedia": 9}, ["pmc:pmc8", "wikipedia:9"]),
        ({"nct": "NCT01234567"}, ["nct:nct01234567"]),
        ({"doi": " https://doi.org/10.1/a "}, ["doi:10.1/a"]),
        ({"doi": "http://dx.doi.org/10.1/a"}, ["doi:10.1/a"]),
        ({"doi": "doi: 10.1/a"}, ["doi:10.1/a"]),
        ({"doi": "NA", "pmid": None, "pmc": "", "nct": "NCT1", "wikipedia": "Gout"}, []),
        ({"pmid": "7a", "doi": "10.1/a b"}, []),
    ],
)
def test_an_identity_is_the_same_however_it_is_written(known, found):
    assert identities(**known) == found


def test_an_unknown_kind_is_no_identity():
    with pytest.raises(KeyError):
        identities(isbn="1")
