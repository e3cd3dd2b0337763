"""Fingerprints: the same on every machine, and in every release of what makes them."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from communique.stories import VERSION
from communique.stories.candidates import shape_of_text
from communique.stories.signatures import Prints, prints_of
from tests.communique.stories.prose import chinese, prose


def prints(text: str) -> Prints:
    return prints_of(shape_of_text("", text))


def likely_jaccard(one: bytes, other: bytes) -> float:
    """How alike two texts' shingles are, as far as their signatures tell."""
    pairs = zip(memoryview(one).cast("I"), memoryview(other).cast("I"), strict=True)
    return sum(mine == theirs for mine, theirs in pairs) / 128


def digest(made: Prints) -> str:
    return sha256(made.signature + repr(made.hashes).encode()).hexdigest()[:16]


def test_signatures_of_this_version_never_change() -> None:
    mixed = "华为 5G networks are used here 网络设备 by all"
    assert digest(prints(prose(1))) == "5f18a06ae1d7534d"
    assert digest(prints(chinese(1))) == "36c77a4ca55673c4"
    assert digest(prints(mixed)) == "fab6aec1839cf91d"
    assert VERSION == 1, "another version has other signatures: pin them, rebuild the stories"


def test_a_band_is_found_by_its_number_and_values_as_signed_64_bits() -> None:
    made = prints(prose(1))
    assert len(made.signature) == 512
    assert len(made.bands) == len(set(made.bands)) == 32
    assert 8 <= len(made.marks) <= 30
    assert all(-(2**63) <= hashed < 2**63 for hashed in made.hashes)
    one_word = prints("no " * 40)  # one shingle: all its bands hold the same few values
    assert len(set(one_word.bands)) == 32


def test_a_remark_shares_marks_with_the_conference_that_holds_it() -> None:
    for number in range(40):
        remark = prose(number, 8)
        conference = prose(number + 100, 150) + " " + remark + " " + prose(number + 200, 150)
        assert set(prints(remark).marks) & set(prints(conference).marks), number


def test_a_signature_tells_about_how_alike_two_texts_are() -> None:
    one = prints(prose(1)).signature
    half = prints(prose(1, 6) + prose(2, 6)).signature
    assert likely_jaccard(one, one) == 1
    assert abs(likely_jaccard(one, half) - 1 / 3) < 0.13
    assert likely_jaccard(one, prints(prose(2)).signature) < 0.1


@given(st.text(max_size=300))
def test_any_text_has_fingerprints(text: str) -> None:
    made = prints(text)
    assert made == prints(text)
    assert len(made.signature) == 512
