"""Which records repeat which: fingerprints of small texts, and signatures set by hand."""

import subprocess
import sys
import time

import numpy as np
import pytest

from medte.curation import deduplicate
from medte.curation.clean import clean
from medte.curation.deduplicate import band_length, fingerprints, normalized, repeats, shingles, wording
from medte.errors import MedteError
from tests.conftest import make_record

SIGNATURE = np.random.default_rng(0).integers(2**32, size=128, dtype=np.uint32)


def altered(signature, *spans):
    """The signature with the minima of these spans (start, end) changed."""
    copy = signature.copy()
    for start, end in spans:
        copy[start:end] += 1
    return copy


def distinct(number):
    """Hashes of so many texts of different words."""
    return np.arange(2 * number, dtype=np.uint64).reshape(-1, 2)


def decided(texts, threshold, folder):
    return repeats(*fingerprints(texts), threshold, folder)


def test_texts_that_differ_in_form_alone_have_the_same_normal_form():
    assert normalized("Type-2  Diabetes!") == "type 2 diabetes"
    assert normalized("MÉNIÈRE’S disease") == normalized("Me\u0301nie\u0300re's  Disease.") == "meniere s disease"
    assert normalized("10² CFU/µl") == "10² cfu μl"
    assert normalized(" – ?") == ""


def test_each_word_stands_in_three_shingles():
    assert shingles("a b c d") == ["  a", " a b", "a b c", "b c d", "c d ", "d  "]
    assert shingles("a") == ["  a", " a ", "a  "]
    assert shingles("") == ["  ", "  "]


def test_a_fingerprint_is_the_same_alone_and_in_any_batch():
    texts = ["One two three four.", "", "five", "one  TWO three, four"]
    exact, signatures = fingerprints(texts)
    assert exact.shape == (4, 2) and exact.dtype == np.uint64
    assert signatures.shape == (4, 128) and signatures.dtype == np.uint32
    for number, text in enumerate(texts):
        alone = fingerprints([text])
        assert (alone[0] == exact[number]).all() and (alone[1] == signatures[number]).all()
    assert (exact[0] == exact[3]).all() and (signatures[0] == signatures[3]).all()
    assert len({tuple(row) for row in exact.tolist()}) == 3
    assert [array.shape for array in fingerprints([])] == [(0, 2), (0, 128)]


def test_the_share_of_equal_minima_estimates_the_similarity():
    words = [f"w{number}" for number in range(98)]
    changed = words.copy()
    changed[40] = "other"  # 100 shingles each, of which 97 are shared: 97 / 103
    signatures = fingerprints([" ".join(words), " ".join(changed)])[1]
    assert abs((signatures[0] == signatures[1]).mean() - 97 / 103) < 0.06


def test_a_repeat_names_the_first_of_its_words(tmp_path):
    records = [make_record(n, title=t, abstract="Same.") for n, t in [("1", "A b"), ("2", "c"), ("3", "a  B!")]]
    assert decided([wording(record) for record in records], None, tmp_path) == {2: (0, "same words")}


def test_questions_with_other_options_are_no_repeats(tmp_path):
    one, two = (
        clean(make_record(str(i), "medqa", question="Which?", facts={"options": [f" {i}\n a", "b"]})) for i in (1, 2)
    )
    assert wording(one) == "Which?\n1 a\nb"
    assert decided([wording(one), wording(two)], None, tmp_path) == {}


def test_without_a_threshold_only_words_count(tmp_path):
    exact = distinct(3)
    assert repeats(exact, np.tile(SIGNATURE, (3, 1)), None, tmp_path) == {}
    assert repeats(exact[[2, 0, 2, 0, 2]], np.tile(SIGNATURE, (5, 1)), None, tmp_path) == {
        2: (0, "same words"),
        3: (1, "same words"),
        4: (0, "same words"),
    }
    assert repeats(exact[:0], np.empty((0, 128), dtype=np.uint32), 0.8, tmp_path) == {}


def test_what_is_near_a_record_that_left_is_kept(tmp_path):
    near = altered(SIGNATURE, (0, 20))  # 108 / 128 = .84 of the first
    further = altered(near, (20, 40))  # .84 of the second, .69 of the first
    signatures = np.stack([SIGNATURE, near, further])
    assert repeats(distinct(3), signatures, 0.8, tmp_path) == {1: (0, "near-duplicate")}
    assert repeats(distinct(3), signatures, 0.68, tmp_path) == {1: (0, "near-duplicate"), 2: (0, "near-duplicate")}
    assert list(tmp_path.iterdir()) == []


def test_the_threshold_is_reached_by_equality(tmp_path):
    signatures = np.stack([SIGNATURE, altered(SIGNATURE, (96, 128))])
    assert repeats(distinct(2), signatures, 0.75, tmp_path) == {1: (0, "near-duplicate")}
    assert repeats(distinct(2), signatures, 0.76, tmp_path) == {}


def test_the_nearest_of_the_kept_is_named(tmp_path):
    one, two = altered(SIGNATURE, (0, 24)), altered(SIGNATURE, (24, 36))  # .72 of each other
    signatures = np.stack([one, two, SIGNATURE])
    assert repeats(distinct(3), signatures, 0.8, tmp_path) == {2: (1, "near-duplicate")}


def test_what_repeats_the_words_of_a_record_that_left_goes_with_it(tmp_path):
    near = altered(SIGNATURE, (0, 12))
    signatures = np.stack([SIGNATURE, near, near, SIGNATURE])
    assert repeats(distinct(2)[[0, 1, 1, 0]], signatures, 0.8, tmp_path) == {
        1: (0, "near-duplicate"),
        2: (0, "near-duplicate"),
        3: (0, "same words"),
    }


def test_the_blocks_in_which_rows_are_read_decide_nothing(tmp_path, monkeypatch):
    near = [altered(SIGNATURE, (start, start + 16)) for start in range(0, 112, 8)]
    strangers = np.random.default_rng(1).integers(2**32, size=(14, 128), dtype=np.uint32)
    mixed = [row for pair in zip(strangers, near, strict=True) for row in pair]
    signatures = np.stack([SIGNATURE, *mixed])
    whole = repeats(distinct(29), signatures, 0.8, tmp_path)
    assert whole == dict.fromkeys(range(2, 29, 2), (0, "near-duplicate"))
    monkeypatch.setattr(deduplicate, "BLOCK", 3)
    assert repeats(distinct(29), signatures, 0.8, tmp_path) == whole


def test_near_texts_of_real_shape(tmp_path):
    base = [f"word{number}" for number in range(120)]
    one_other = [*base[:60], "another", *base[61:]]  # 119 shingles of 125 are shared
    half = base[:60] + [f"new{number}" for number in range(60)]
    texts = [" ".join(words) for words in (base, one_other, half)]
    assert decided(texts, 0.8, tmp_path) == {1: (0, "near-duplicate")}


def test_bands_find_what_is_at_the_threshold():
    assert [band_length(threshold) for threshold in (0.5, 0.7, 0.8, 0.9, 1.0)] == [3, 4, 6, 10, 128]
    chance = {similarity: 1 - (1 - similarity**6) ** 21 for similarity in (0.7, 0.8, 0.9)}
    assert round(chance[0.7], 2) == 0.93 and round(chance[0.8], 3) == 0.998 and chance[0.9] > 0.99999


def test_100_000_equal_texts_are_one(tmp_path):
    exact, signatures = (np.repeat(array, 100_000, axis=0) for array in fingerprints(["the very same text"]))
    found = repeats(exact, signatures, 0.8, tmp_path)
    assert len(found) == 99_999
    assert set(found.values()) == {(0, "same words")}


def test_a_template_of_thousands_takes_no_time_of_the_square(tmp_path):
    """10,000 records agree on 12 of the 21 bands and are near none: as pairs they would take minutes."""
    rng = np.random.default_rng(0)
    signatures = np.tile(SIGNATURE, (10_000, 1))
    signatures[:, 72:] = rng.integers(2**32, size=(10_000, 56), dtype=np.uint32)
    signatures[-1] = altered(signatures[0], (100, 110))
    start = time.monotonic()
    assert repeats(distinct(10_000), signatures, 0.8, tmp_path) == {9_999: (0, "near-duplicate")}
    assert time.monotonic() - start < 5


def test_only_so_many_of_a_band_are_compared(tmp_path, monkeypatch):
    stranger = altered(SIGNATURE, (6, 128))  # agrees with the first on band 0 of 21
    near = altered(stranger, *((start, start + 1) for start in range(6, 126, 6)))  # .84, and agrees on band 0 alone
    signatures = np.stack([SIGNATURE, stranger, near])
    assert repeats(distinct(3), signatures, 0.8, tmp_path) == {2: (1, "near-duplicate")}
    monkeypatch.setattr(deduplicate, "COMPARED", 1)
    assert repeats(distinct(3), signatures, 0.8, tmp_path) == {}


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(MedteError, match=r"cannot write to .*No space left on device; free some space"):
        repeats(distinct(2), np.tile(SIGNATURE, (2, 1)), 0.8, tmp_path)


MEASURED = """
import sys
from pathlib import Path
import numpy as np
from medte.curation.deduplicate import repeats
folder, rows = Path(sys.argv[1]), int(sys.argv[2])
signatures = np.memmap(folder / "signatures", np.uint32, "r", shape=(rows, 128))
exact = np.random.default_rng(1).integers(2**64, size=(rows, 2), dtype=np.uint64)
print(len(repeats(exact, signatures, 0.8, folder)))
"""
PEAK = """
import resource, subprocess, sys
subprocess.run([sys.executable, *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""  # in kilobytes; a process between, since a child's peak counts what its parent held when it was started


@pytest.mark.full
def test_a_million_records_take_less_than_a_gigabyte(tmp_path):
    rng, rows, block = np.random.default_rng(0), 1_000_000, 10_000
    with (tmp_path / "signatures").open("wb") as stream:
        for _ in range(rows // block):
            signatures = rng.integers(2**32, size=(block, 128), dtype=np.uint32)
            signatures[-1000:, :110] = signatures[:1000, :110]  # .86 near
            signatures.tofile(stream)
    command = [sys.executable, "-c", PEAK, "-c", MEASURED, str(tmp_path), str(rows)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    found, peak = map(int, answer.stdout.split())
    assert found == 100_000
    assert peak < 1_000_000
