"""Strangers' text made fit to be shown: bounded, on one line where it must be, nothing invisible
that reorders, hides or breaks what stands around it."""

from __future__ import annotations

import unicodedata

# Joiners shape Persian, Indic and emoji text; every other format character only hides or reorders.
KEPT_FORMATS = "\u200c\u200d"
# No script stacks more marks on one letter; what does paints over the lines above and below.
MOST_MARKS = 4
_NEVER_IN_ADDRESSES = str.maketrans({" ": "%20", '"': "%22", "<": "%3C", ">": "%3E", "\\": "%5C"})


def shown(text: str, limit: int = 2_000) -> str:
    """`text` for a reader's eyes: at most `limit` characters, cut with "…".

    Control characters, line breaks and every other white space become single spaces, bidirectional
    and other invisible format characters vanish, as do marks that are heaped on one letter; a lone
    surrogate and what is no character become U+FFFD.
    """
    bounded = text[: 4 * limit]
    folded = " ".join(_unheaped("".join(map(_plain, bounded))).split())
    if len(folded) <= limit and len(bounded) == len(text):
        return folded
    return folded[: limit - 1].rstrip() + "…"


def shown_part(text: str) -> str:
    """Like `shown`, for a piece of a passage: spaces at its ends stay, nothing is cut."""
    folded = shown(text, len(text) + 1)
    before = " " if text[:1].isspace() else ""
    after = " " if folded and text[-1:].isspace() else ""
    return f"{before}{folded}{after}"


def web_address(url: str, limit: int = 2_000) -> str:
    """An address on one line, blanks and quotation marks in it encoded. A longer one than `limit`
    is cut with "…", and what ends so is never made a link."""
    return shown(url.strip(), limit).translate(_NEVER_IN_ADDRESSES)


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf" and character not in KEPT_FORMATS:
        return ""
    if category == "Cs" or (category == "Cn" and ord(character) & 0xFFFE == 0xFFFE):
        return "\ufffd"
    return " " if category in ("Cc", "Zl", "Zp") else character


def _unheaped(text: str) -> str:
    if text.isascii():
        return text
    kept, marks = list[str](), 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)
