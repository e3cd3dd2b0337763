"""Which language a text is in: what it says of itself counts only where the text bears it out."""

from __future__ import annotations

import mmap
import re
import tempfile
import threading
from array import array
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

# The languages of governments and of the press that quotes them; the model tells 80 more, and is
# so much larger by them.
_TOLD = (
    "am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it "
    "ja ka kk km kn ko ky lb lo lt lv mk ml mn mr ms mt my nb ne nl nn no pa pl ps pt ro ru si sk "
    "sl so sq sr sv sw ta te tg th tk tl tr ug uk ur uz uzs vi wuu yue zh zxx"
)
# Loading the model takes 100 MB for a moment: threads that all need it first share one.
_LOADING = threading.Lock()

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
    found = _english(sample, expected) or _by_script(sample[:_SCRIPT_SAMPLE])
    if found is None and len(_LETTERS.findall(sample)) >= _FEW:
        found = _by_model(sample, expected)
    return found or _without_text(expected, stated)


def primary(tag: str | None) -> str | None:
    """The language part of a tag such as `en-GB` or `zh_CN`, None for none or nonsense."""
    match = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", tag or "")
    return match.group(1).lower() if match else None


def identify(text: str) -> str | None:
    """The likeliest language by py3langid's model alone, None for a text without words."""
    best = _identifier().classify(text[:_SAMPLE])[0]
    return _SAME.get(best, best) or None


def load() -> None:
    """Loads the model now. It takes twice its size while it loads: better before threads begin."""
    _identifier()


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
    return "en" if sample.count(" the ") * 400 > len(sample) else None


def _by_model(sample: str, expected: Sequence[str]) -> str | None:
    likely: dict[str, float] = {}
    for code, chance in _identifier().rank(sample):
        code = _SAME.get(code, code)
        likely[code] = likely.get(code, 0.0) + chance
    likely.pop("", None)
    best = max(likely, key=lambda code: likely[code])
    known = {code: likely.get(_SAME.get(code, code), 0.0) for code in expected}
    fitting = max(known, key=lambda code: known[code], default=None)
    if fitting is not None and known[fitting] * _MUCH >= likely[best]:
        return fitting
    return best


def _identifier() -> LanguageIdentifier:
    with _LOADING:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> LanguageIdentifier:
    """The model, with copies of the columns of the languages that are told (its own restriction
    would keep all of it), and its largest table in a file: a text needs little of it."""
    whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    columns = [n for n, code in enumerate(whole.nb_classes) if code in _TOLD.split()]
    return LanguageIdentifier(
        np.ascontiguousarray(whole.nb_ptc[:, columns]),
        whole.nb_pc[columns],
        [whole.nb_classes[n] for n in columns],
        _mapped(whole.tk_nextmove),
        whole.tk_output,
        norm_probs=True,
        tk_row=whole.tk_row,
    )


def _mapped(moves: array[int]) -> memoryview:
    """A table out of the process's own memory: what is looked up in it is read from a file that is
    gone with the process."""
    with tempfile.TemporaryFile() as file:
        moves.tofile(file)
        file.flush()
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return memoryview(whole).cast("I" if moves.itemsize == 4 else "H")
