"""Which language a text is in: what it says of itself counts only where the text bears it out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scrapers.language_model import identifier

# Enough to tell languages apart; more only costs time.
_SAMPLE = 1000
_SCRIPT_SAMPLE = 300
# With fewer letters than this a text says nothing of its language.
_FEW = 40
# A language that the source is known to use is preferred unless another one is this much likelier.
_MUCH = 10.0

_LETTERS = re.compile(r"[^\W\d_]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[ぁ-ヿｦ-ﾟ]")
_HANGUL = re.compile(r"[가-힣ㄱ-ㆎ]")

# A name or two may be English in a text that is not.
_OFTEN = 3

# In one script the model cannot tell these apart; a source knows which of them it writes.
_ONE = frozenset(("sr", "hr", "bs"))

# Where the model tells apart what sources, and we, call by one code.
_SAME = {"nn": "no", "nb": "no", "yue": "zh", "wuu": "zh", "uzs": "uz", "zxx": ""}


def language_of(
    text: str, *, expected: Sequence[str] = (), declared: str | None = None
) -> str | None:
    """The language of a text as an ISO 639 code, None where nothing tells.

    expected: the languages that the source is known to use; taken when the text is about as
    likely to be in one of them as in any other. declared: what the page states (`lang="en-GB"`);
    it settles the case for a text too short to tell, and otherwise only a tie.
    """
    stated = primary(declared)
    sample = text[:_SAMPLE]
    found = _by_script(sample[:_SCRIPT_SAMPLE]) or _english(sample, expected)
    if found is None and len(_LETTERS.findall(sample)) >= _FEW:
        found = _by_model(sample, expected)
    return found or _without_text(expected, stated)


def primary(tag: str | None) -> str | None:
    """The language part of a tag such as `en-GB` or `zh_CN`, None for none or nonsense."""
    match = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", tag or "")
    return match.group(1).lower() if match else None


def identify(text: str) -> str | None:
    """The likeliest language by py3langid's model alone, None for a text without words."""
    best = identifier().classify(text[:_SAMPLE])[0]
    return _SAME.get(best, best) or None


def _without_text(expected: Sequence[str], stated: str | None) -> str | None:
    if stated and (not expected or stated in expected):
        return stated
    return expected[0] if len(expected) == 1 else None


def _by_script(sample: str) -> str | None:
    """Han, kana and Hangul name their language by themselves."""
    han, kana, hangul = (len(script.findall(sample)) for script in (_HAN, _KANA, _HANGUL))
    if (han + kana + hangul) * 4 <= len(sample):
        return None
    if hangul > han + kana:
        return "ko"
    return "ja" if kana * 10 > han + kana else "zh"


def _english(sample: str, expected: Sequence[str]) -> str | None:
    """The commonest case, settled without the model: no other language has "the" so often."""
    if expected and "en" not in expected:
        return None
    count = sample.count(" the ")
    return "en" if count >= _OFTEN and count * 400 > len(sample) else None


def _by_model(sample: str, expected: Sequence[str]) -> str | None:
    likely: dict[str, float] = {}
    for code, chance in identifier().rank(sample):
        code = _SAME.get(code, code)
        likely[code] = likely.get(code, 0.0) + chance
    likely.pop("", None)
    best = max(likely, key=lambda code: likely[code])
    alike = sum(likely.get(code, 0.0) for code in _ONE)
    known = {
        code: alike if code in _ONE else likely.get(_SAME.get(code, code), 0.0) for code in expected
    }
    fitting = max(known, key=lambda code: known[code], default=None)
    if fitting is not None and known[fitting] * _MUCH >= likely[best]:
        return fitting
    return best
