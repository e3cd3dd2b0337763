"""Tokens of a text, read from left to right by the classes of its characters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from communique.text.classes import DOT, classes
from communique.text.fold import fold_cluster, fold_word, simplified

ELISIONS = frozenset(
    {"l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"}
    | {"un", "dell", "nell", "sull", "dall", "all", "coll", "quest", "quell", "gl"}
)
# Abbreviations that stand before what they belong to, so their dot ends nothing.
ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "messrs", "mme", "mlle", "sr", "sra", "ing", "dr", "prof", "st", "rev"}
    | {"sen", "rep", "gen", "gov", "lt", "col", "capt", "sgt", "maj", "adm", "cmdr", "amb", "hon"}
    | {"vs", "nr", "bzw"}
)
EMPTY_LINE = r"(?>rn|n|r) [sm]*+ (?>rn|n|r)"


@dataclass(slots=True)
class Walked:
    """Tokens as columns. stops: where a mark breaks a phrase. silent: where one that stands would
    not, since it is the dot of an abbreviation."""

    terms: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    silent: set[int] = field(default_factory=set)


def walk(walked: Walked, text: str, kinds: str, start: int, end: int) -> None:
    """Adds the tokens and marks that begin in text[start:end]. kinds: the classes of the whole
    text; nothing that began earlier reaches beyond `start`."""
    terms, starts, ends = walked.terms, walked.starts, walked.ends
    # What follows the last of these decides about it, at most behind blanks: "B. Tidewell".
    bound = _blanks().match(kinds, end)
    for match in _pattern().finditer(kinds, start, bound.end() + 1 if bound else end):
        kind = match.lastgroup or ""
        low, high = match.span()
        if low >= end:
            return
        if kind == "plain" or kind == "last":
            term = fold_word(text[low:high])
            if not term:  # an Arabic stroke without a letter
                continue
            terms.append(term)
            starts.append(low)
            ends.append(high)
            if term in ABBREVIATIONS and kinds.startswith(DOT, high):
                walked.silent.add(high)
        elif kind == "stop":
            walked.stops.append(low)
        elif kind == "run":
            # Characters of which each is a token: the bulk of a Chinese text, so all at once.
            terms += text[low:high].translate(simplified())
            starts += range(low, high)
            ends += range(low + 1, high + 1)
        else:
            for term, first, last in _parts(kind, text[low:high]):
                if term:
                    terms.append(term)
                    starts.append(low + first)
                    ends.append(low + last)


@cache
def _blanks() -> re.Pattern[str]:
    return re.compile("s*+")


@cache
def _pattern() -> re.Pattern[str]:
    """What makes a token, or breaks a phrase, in the classes of a text. Quantifiers are possessive
    wherever they could be given back, so matching is linear."""
    letter = "[wd]m*+"
    word = f"{letter}[wdm]*+"
    return re.compile(
        rf"""
          (?P<plain>     {word} (?![.,']) | a[am]*+ )
        | (?P<run>       c++ (?![mt]) | c+ (?=c[mt]) )
        | (?P<initials>  wm*+ (?:\.wm*+)+ (?![wdm]) \.?  |  wm*+ \. (?=s++w) )
        | (?P<quoted>    \[ {letter} \] {word} (?:'{word})*+  |  {word} (?:'{word})++ )
        | (?P<number>    d++ (?:\.d++)++ (?![wm])  |  d{{1,2}}+ \. {word}
                      |  (?<![wdm.,]) d{{1,3}}+ (?:,ddd(?!d))++ (?![wm]) (?:\.d++(?!w))? )
        | (?P<last>      {word} )
        | (?P<cluster>   c [mt]++ | l v? t? m*+ | v t? m*+ | t m*+ )
        | (?P<expanding> k m*+ )
        | (?P<stop>      [.,!] | {EMPTY_LINE} )
        """,
        re.VERBOSE,
    )


def _parts(kind: str, raw: str) -> list[tuple[str, int, int]]:
    """The terms of what is no plain word, each with its offsets in `raw`."""
    if kind == "quoted":
        return _quoted(raw)
    if kind == "expanding":
        return [(term, 0, len(raw)) for term in fold_cluster(raw) if term.isalnum()]
    if kind == "cluster":
        return [(fold_cluster(raw), 0, len(raw))]
    joint = "" if kind == "initials" else "."
    pieces = re.split("[.．]", raw.replace(",", "").rstrip(".．"))
    return [(joint.join(map(fold_word, pieces)), 0, len(raw))]


def _quoted(raw: str) -> list[tuple[str, int, int]]:
    kinds = raw.translate(classes())
    pieces = [match.span() for match in re.finditer("[^']+", kinds)]
    folded = [fold_word(re.sub(r"[\[\]]", "", raw[low:high])) for low, high in pieces]
    if len(pieces) > 1 and folded[-1] == "s":
        del pieces[-1], folded[-1]
    if len(pieces) > 1 and folded[0] in ELISIONS:
        rest = "".join(folded[1:])
        return [(folded[0], 0, pieces[0][1]), (rest, pieces[1][0], pieces[-1][1])]
    return [("".join(folded), 0, pieces[-1][1])]
