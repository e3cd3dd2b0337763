"""Folding: what makes two spellings of one word the same term.

Compatibility forms (NFKC), case, diacritics, invisible characters, digits of other scripts, and
traditional Chinese characters (OpenCC's t2s, character by character, so that the result depends on
no context and keeps its length).
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from opencc import OpenCC

# Letters of their own that only decompose into a letter and a mark on paper.
_UNDIVIDED = frozenset("йўї")
# Latin letters that Unicode does not decompose, as everyone types them without the keys for them.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe",
     "ð": "d", "þ": "th", "ـ": None}
)  # fmt: skip
# Marks that only colour a letter. Other scripts' marks (Devanagari vowels, dakuten) are spelling.
_DIACRITICS = (
    (0x0300, 0x036F), (0x0483, 0x0487), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F),
    (0x0670, 0x0670), (0x06D6, 0x06ED), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
)  # fmt: skip


@lru_cache(maxsize=200_000)
def fold_word(word: str) -> str:
    """The term of one word (letters, digits and marks). Idempotent."""
    if word.isascii():
        return word.lower()
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", word).casefold())
    letters = "".join(map(_bare, composed)).casefold().translate(_LETTERS)
    return unicodedata.normalize("NFC", letters)


@lru_cache(maxsize=50_000)
def fold_cluster(cluster: str) -> str:
    """One character with its marks, folded; of a compatibility form (㍿) all it stands for."""
    composed = unicodedata.normalize("NFKC", cluster)
    parts = "".join(part for part in composed if not _is_silent(part))
    return unicodedata.normalize("NFC", parts.translate(simplified()))


@cache
def simplified() -> dict[int, str]:
    """The table for `str.translate`: a character to its simplified, compatibility-free form."""
    return _Simplified()


class _Simplified(dict[int, str]):
    """code point -> the one character it folds to; looked up once per code point."""

    def __missing__(self, code: int) -> str:
        character = unicodedata.normalize("NFKC", chr(code))
        # Twice: a few characters are simplified to one that is itself simplified further.
        for _ in range(2):
            shorter = _opencc().convert(character)
            character = shorter if len(shorter) == 1 else character
        self[code] = character
        return character


@cache
def _opencc() -> OpenCC:
    return OpenCC("t2s")


def _bare(character: str) -> str:
    """The character without its diacritics; a decimal digit of any script as ASCII; an invisible
    character as nothing."""
    if character in _UNDIVIDED:
        return character
    return "".join(
        str(unicodedata.decimal(part)) if part.isdecimal() else part
        for part in unicodedata.normalize("NFD", character)
        if not _is_silent(part)
    )


def _is_silent(character: str) -> bool:
    code, category = ord(character), unicodedata.category(character)[0]
    if category != "M":
        return category not in "LN"
    return any(low <= code <= high for low, high in _DIACRITICS)
