"""What kind of character each one is, as the tokenizer needs it: a letter per kind.

Classifying by `str.translate` keeps the string's length, so that every offset in the classes is an
offset in the original text, whatever normalisation later does to the characters.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

WORD, DIGIT, JOINED_SCRIPT = "w", "d", "a"
CHARACTER, EXPANDING = "c", "k"
LEADING, VOWEL, TRAILING = "l", "v", "t"
MARK, SPACE, LINE, RETURN = "m", "s", "n", "r"
DOT, COMMA, STOP, APOSTROPHE = ".", ",", "!", "'"
OPEN, CLOSE = "[", "]"

_STOPS = frozenset(
    ";:!?…‥。！？；：，、"  # sentence and clause marks; the ASCII dot and comma are classes
    "¿¡،؛؟۔।॥։።၊။៕"  # those of Spanish, Arabic, Urdu, Hindi, Armenian, Ethiopic, Burmese, Khmer
    "—―⸺⸻|¦•‣▪■●◆►\u2029"  # dashes of a clause, cells and list items of a page read as text
)
_APOSTROPHES = frozenset("'’‘ʼʻʹ′´`＇׳״")

# Scripts written without blanks between words, or where the blank means little (Hangul): here a
# character is a token, and a word is a phrase of its characters.
_BY_CHARACTER = (
    (0x3005, 0x3007), (0x3021, 0x3029), (0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA),
    (0x30FC, 0x30FF), (0x3105, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x1B000, 0x1B16F), (0x20000, 0x3FFFF),
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF),
)  # fmt: skip
_FIRST_BY_CHARACTER = chr(min(low for low, _ in _BY_CHARACTER))
_LEADING_JAMO = ((0x1100, 0x115F), (0xA960, 0xA97F))
_VOWEL_JAMO = ((0x1160, 0x11A7), (0xD7B0, 0xD7C6))
_TRAILING_JAMO = ((0x11A8, 0x11FF), (0xD7CB, 0xD7FB))
# Hebrew and Arabic letters end where Latin ones begin: the article in الـ5G is no part of 5G.
_JOINED_SCRIPTS = ((0x0590, 0x08FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFC))
# A footnote's ¹ or a ™ is no part of the word before it.
_APART = ("<super>", "<fraction>")
# Circled and bracketed digits number a list: ① before 5G does not make it 15G.
_ENCLOSED = ((0x2460, 0x24FF), (0x3220, 0x3230), (0x3280, 0x32B0), (0x1F100, 0x1F1FF))


class _Classes(dict[int, str]):
    """code point -> class; looked up once per code point."""

    def __missing__(self, code: int) -> str:
        self[code] = kind = _class_of(chr(code))
        return kind


@cache
def classes() -> dict[int, str]:
    """The table for `str.translate`: any code point to one of the classes above."""
    return _Classes()


def _class_of(character: str) -> str:
    if character in _APOSTROPHES:
        return APOSTROPHE
    plain = {".": DOT, "．": DOT, ",": COMMA, "[": OPEN, "]": CLOSE, "\n": LINE, "\r": RETURN}
    if character in plain:
        return plain[character]
    if character in "\x0b\x0c\x85\u2028":
        return LINE
    code = ord(character)
    if _within(code, _ENCLOSED) or unicodedata.decomposition(character).startswith(_APART):
        return SPACE
    # An unassigned or odd character is judged by what it stands for: ⼈ is 人, ５ is 5.
    meaning = unicodedata.normalize("NFKC", character)
    if character in _STOPS or meaning[0] in _STOPS or (len(meaning) == 1 and meaning in ".,"):
        return STOP
    return _class_of_meaning(meaning)


def _class_of_meaning(meaning: str) -> str:
    first = next((part for part in meaning if part.isalnum()), meaning[0])
    code, category = ord(first), unicodedata.category(first)
    if category[0] == "M" or category == "Cf":
        return MARK
    if category[0] not in "LN":
        return SPACE
    if _within(code, _BY_CHARACTER):
        return CHARACTER if len(meaning) == 1 else EXPANDING
    jamo = ((LEADING, _LEADING_JAMO), (VOWEL, _VOWEL_JAMO), (TRAILING, _TRAILING_JAMO))
    for kind, ranges in jamo:
        if _within(code, ranges):
            return kind
    if _within(code, _JOINED_SCRIPTS) and category != "Nd":
        return JOINED_SCRIPT
    return DIGIT if category == "Nd" else WORD


@lru_cache(maxsize=1 << 17)  # asked for nearly every word of a text; there are no more characters
def is_by_character(character: str) -> bool:
    """Whether a (folded) character belongs to a script of which each character is a token."""
    return character >= _FIRST_BY_CHARACTER and _within(ord(character), _BY_CHARACTER)


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)
