"""Strangers' text made fit to be shown: bounded, on one line where it must be, nothing invisible
that reorders, hides or breaks what stands around it."""

from __future__ import annotations

import unicodedata

# Joiners shape Persian, Indic and emoji text; every other format character only hides or reorders.
KEPT_FORMATS = "\u200c\u200d"


def shown(text: str, limit: int = 2_000) -> str:
    """`text` for a reader's eyes: at most `limit` characters, cut with "…".

    Control characters, line breaks and every other white space become single spaces, bidirectional
    and other invisible format characters vanish, a lone surrogate becomes U+FFFD.
    """
    bounded = text[: 4 * limit]
    folded = " ".join("".join(map(_plain, bounded)).split())
    if len(folded) <= limit and len(bounded) == len(text):
        return folded
    return folded[: limit - 1].rstrip() + "…"


def shown_part(text: str) -> str:
    """Like `shown`, for a piece of a passage: spaces at its ends stay, nothing is cut."""
    folded = shown(text, len(text) + 1)
    before = " " if text[:1].isspace() else ""
    after = " " if folded and text[-1:].isspace() else ""
    return f"{before}{folded}{after}"


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf" and character not in KEPT_FORMATS:
        return ""
    if category == "Cs":
        return "\ufffd"
    return " " if category in ("Cc", "Zl", "Zp") else character
