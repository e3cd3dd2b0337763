"""The one tokenizer: rules, the search box, SQL and highlighting see the same terms.

- Words of letters and digits are tokens, folded (see `fold`). Hyphens, slashes, quotation marks,
  brackets and symbols part words and are nothing else: "Clean-Network" is two terms in a row.
- Inside a word an apostrophe is nothing (Xi'an = Xian), except that it parts an elided article
  (l'Europe) and that 's is no part of the word (5G's = 5G). So is a letter's own bracket
  ([C]lean). Dots of an abbreviation are nothing (U.S. = US); those of Mr. and of an initial end
  no sentence. 3.5 and 1,000 stay together; a comma parts all else ("in 2020,5G").
- Chinese, kana, Hangul and Thai: a token per character, so that a word is a phrase of its
  characters and blanks or particles around it do not matter (청정 네트워크 = 청정네트워크는).
- Sentence and clause marks, an em dash and an empty line break a phrase: positions jump there.
  A line break alone does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter

from communique.text.classes import classes
from communique.text.fold import fold_cluster, fold_word, simplified

BREAK = 1_000  # how far positions jump at a mark: further than any phrase is long

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


@dataclass(frozen=True, slots=True)
class Token:
    """A term and where it stands: original[start:end]. position counts terms, and jumps by BREAK
    at every mark that breaks a phrase."""

    term: str
    start: int
    end: int
    position: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text as columns: what matching thousands of rules can afford."""

    terms: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[Token]:
        return map(Token, self.terms, self.starts, self.ends, self.positions)

    def __len__(self) -> int:
        return len(self.terms)


def tokenize(text: str) -> list[Token]:
    """The tokens of a text in their order. Never fails; linear in the text's length."""
    return list(tokenize_columns(text))


def tokenize_columns(text: str) -> Tokens:
    """`tokenize` without an object per token."""
    tokens = Tokens()
    terms, starts, ends, positions = tokens.terms, tokens.starts, tokens.ends, tokens.positions
    characters = simplified()
    breaks = 0
    silent_dot = -1
    for match in _pattern().finditer(text.translate(classes())):
        kind = match.lastgroup
        start, end = match.span()
        if kind == "plain" or kind == "last":
            term = fold_word(text[start:end])
            if not term:  # an Arabic stroke without a letter
                continue
            positions.append(len(terms) + breaks)
            terms.append(term)
            starts.append(start)
            ends.append(end)
            if term in ABBREVIATIONS:
                silent_dot = end
        elif kind == "stop":
            breaks += BREAK if start != silent_dot else 0
        elif kind == "run":
            # Characters of which each is a token: the bulk of a Chinese text, so all at once.
            first = len(terms) + breaks
            positions += range(first, first + end - start)
            terms += text[start:end].translate(characters)
            starts += range(start, end)
            ends += range(start + 1, end + 1)
        else:
            for term, low, high in filter(itemgetter(0), _parts(kind or "", text[start:end])):
                positions.append(len(terms) + breaks)
                terms.append(term)
                starts.append(start + low)
                ends.append(start + high)
    return tokens


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
        | (?P<stop>      [.,!] | (?>rn|n|r) [sm]*+ (?>rn|n|r) )
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
