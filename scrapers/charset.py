"""From the bytes of a page to its text, whatever the page says of its own encoding.

The order, measured on pages with right, missing and wrong labels: strict UTF-8; UTF-16 where a
byte order mark or the pattern of NULs shows it; what the bytes themselves suggest (chardetng, the
detector of Firefox, on the bytes without their tags); what header and page declare, widened to
the superset that browsers read (gb2312 is gb18030, latin-1 is windows-1252). A declared encoding
that fits the bytes wins unless the bytes speak clearly against it.
"""

from __future__ import annotations

import codecs
import re
from itertools import pairwise

from chardetng_py import EncodingDetector
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

from scrapers.language import identify

# Python's names of the encodings that the Encoding Standard knows. Any other label (`idna`,
# `unicode_escape`, `rot13`) is a mistake or a trap.
_MULTIBYTE = frozenset({"gb18030", "big5hkscs", "cp932", "euc_jp", "euc_jis_2004", "cp949"})
_SINGLE_BYTE = frozenset(
    [f"cp{number}" for number in (866, 874, *range(1250, 1259))]
    + [f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)]
    + ["koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"]
)
_KNOWN = _MULTIBYTE | _SINGLE_BYTE | {"utf-8", "utf-16-le", "utf-16-be"}

# What decoders of the Encoding Standard read beyond Python's codec of the same name.
_WIDER = {"euc_jp": "euc_jis_2004"}

# The languages that an encoding was made for: where detector and label differ in nothing but the
# accents, the language decides.
_WRITERS = {
    "cp1252": "ca da de en es et eu fi fr ga gl is it nl no pt sq sv",
    "cp1250": "bs cs hr hu pl ro sk sl sr sq",
    "iso8859-2": "bs cs hr hu pl ro sk sl sr sq",
    "cp1254": "az ku tr",
    "cp1257": "et lt lv",
    "iso8859-13": "et lt lv",
    "cp1251": "be bg mk mn ru sr uk",
    "koi8-r": "ru",
    "koi8-u": "ru uk",
}

# Below so many bytes beyond ASCII a detector guesses; a label then knows better.
_ENOUGH = 12
# A language shows in no less than so many characters.
_TELLS_LANGUAGE = 150
# A page is still UTF-8 (or what it declares) with one broken character in so many good ones.
_BROKEN_ONE_IN = 20
# Telling an encoding needs no more text than this (bytes).
_SAMPLE = 200_000

_UNSEEN = (b"script", b"style", b"!--")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_JAPANESE_ESCAPE = b"\x1b$B"
_STRIPPED = re.compile("[\x00\ud800-\udfff]")


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a page or feed. Never raises; NULs and lone surrogates are taken out.

    body: as received, content encoding already undone. content_type: the HTTP header's value.
    """
    marked, mark = read_bom(body)
    if marked is not None and mark is not None:
        return _stripped(body[len(mark) :].decode(marked, "replace"))
    if b"\x1b" in body and _JAPANESE_ESCAPE in body:
        return _stripped(body.decode("iso2022_jp", "replace"))
    with_nul = b"\x00" in body
    text = _strictly(body, "utf-8")
    if text is not None and not with_nul:
        return text
    wide = _utf16_without_mark(body) if with_nul else None
    if wide is not None:
        return _stripped(body.decode(wide, "replace"))
    if text is not None or _mostly_utf8(body):
        return _stripped(body.decode("utf-8", "replace"))
    return _stripped(_from_legacy(body, _labels(body, content_type)))


def _stripped(text: str) -> str:
    return _STRIPPED.sub("", text)


def _from_legacy(body: bytes, labels: list[str]) -> str:
    visible = _visible(body)
    guess, sure = _detect(visible)
    fitting = [label for label in labels if _strictly(body, label) is not None]
    for label in fitting:
        if not _contradicted(label, guess, sure, visible):
            return body.decode(_fit(body, label))
    for label in labels:
        if label not in fitting and guess not in _MULTIBYTE:
            text = _nearly(body, label, visible)
            if text is not None:
                return text
    text = _strictly(body, guess)
    if text is not None:
        return text
    return body.decode(next(iter([*fitting, *labels, guess])), "replace")


def _nearly(body: bytes, label: str, visible: bytes) -> str | None:
    """The text by a multibyte label that all but a few characters fit: one was cut in half."""
    if label not in _MULTIBYTE:
        return None
    text = body.decode(label, "replace")
    broken, beyond = text.count("�"), len(_BEYOND_ASCII.findall(visible))
    if broken * _BROKEN_ONE_IN * 2 >= beyond or broken > 1 + beyond // 400:
        return None
    return text if _oddness(text[:_SAMPLE]) * 4 < beyond else None


def _visible(body: bytes) -> bytes:
    """A sample of what people see: no tags, no scripts. Linear in the body, whatever it holds."""
    seen: list[bytes] = []
    size = 0
    for part in body.split(b"<"):
        tag, _, text = part.partition(b">")
        if text and not tag[:6].lower().startswith(_UNSEEN):
            seen.append(text)
            size += len(text)
            if size > _SAMPLE:
                break
    visible = b" ".join(seen)
    return visible if _BEYOND_ASCII.search(visible) else body[:_SAMPLE]


def _contradicted(label: str, guess: str, sure: bool, visible: bytes) -> bool:
    """True where the bytes speak clearly against a label that can decode them."""
    if guess == label or not sure:
        return False
    beyond = len(_BEYOND_ASCII.findall(visible))
    labelled, guessed = _strictly(visible, label) or "", _strictly(visible, guess) or ""
    odd = _oddness(labelled)
    if odd * 2 > beyond and _oddness(guessed) == 0:
        return True
    if beyond < _ENOUGH or label in _MULTIBYTE:
        return beyond >= _ENOUGH and guess in _MULTIBYTE
    if guess in _MULTIBYTE:
        return True
    language = identify(" ".join(guessed.split())) or ""
    fits_guess, fits_label = (language in _WRITERS.get(name, "").split() for name in (guess, label))
    if fits_guess != fits_label:
        return fits_guess
    return _oddness(guessed) < odd or (_oddness(guessed) == odd and beyond > 2 * _ENOUGH)


def _oddness(text: str) -> int:
    """How often the text does what no orthography does: a capital after a small letter, two
    scripts in one word, a sign or control character inside a word."""
    odd = 0
    for left, right in pairwise(text):
        if left.isalpha() and right.isalpha():
            odd += left.islower() and right.isupper()
            odd += (left > "Ͱ") != (right > "Ͱ")
        elif left.isalpha() and right > "\x7f" and not right.isspace():
            odd += right not in "’‘”“–—…»«"
        odd += "\x80" <= right <= "\x9f"
    return odd


def _labels(body: bytes, content_type: str | None) -> list[str]:
    """What the header and the page declare, in this order, as Python's names; unknown ones out."""
    declared = (http_content_type_encoding(content_type), html_body_declared_encoding(body))
    found = [name for name in declared if name in _KNOWN and not name.startswith("utf-")]
    return list(dict.fromkeys(found))


def _detect(visible: bytes) -> tuple[str, bool]:
    detector = EncodingDetector()
    detector.feed(visible, last=True)
    name, sure = detector.guess_assess(tld=None, allow_utf8=False)
    resolved = resolve_encoding(name)
    if resolved not in _KNOWN:
        return "cp1252", False
    other = _by_language(visible, resolved)
    return (other, True) if other else (resolved, sure)


def _by_language(visible: bytes, guess: str) -> str | None:
    """The encoding made for the language that the text is in, where the guess was made for others:
    the detector takes Hungarian for western. Only where that language stays the same by it."""
    text = " ".join((_strictly(visible, guess) or "").split()) if guess in _SINGLE_BYTE else ""
    language = identify(text) if len(text) >= _TELLS_LANGUAGE else None
    if not language or language in _WRITERS.get(guess, "").split():
        return None
    for name in (name for name, wrote in _WRITERS.items() if language in wrote.split()):
        other = _strictly(visible, name)
        if other is not None and _oddness(other) <= _oddness(text):
            return name if identify(" ".join(other.split())) == language else None
    return None


def _strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(_fit(body, encoding))
    except (UnicodeDecodeError, LookupError):
        return None


def _fit(body: bytes, encoding: str) -> str:
    """`encoding`, or its wider relative where only that one decodes the body."""
    wider = _WIDER.get(encoding)
    if wider is None:
        return encoding
    try:
        codecs.decode(body, encoding)
    except UnicodeDecodeError:
        return wider
    return encoding


def _utf16_without_mark(body: bytes) -> str | None:
    """UTF-16 shows in markup: every second byte of an ASCII character is NUL."""
    start = body[:1000]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) < len(start) // 8 or len(start) < 4:
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    return name if min(even, odd) * 4 < max(even, odd) else None


def _mostly_utf8(body: bytes) -> bool:
    """A few broken bytes (a text cut in mid-character) do not make a page another encoding."""
    text = body.decode("utf-8", "replace")
    broken = text.count("�")
    whole = sum(1 for character in text if character > "\x7f") - broken
    return 0 < broken * _BROKEN_ONE_IN < whole
