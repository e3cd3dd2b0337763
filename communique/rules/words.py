"""The words of a query, as the tokenizer sees them."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field, replace

from communique.rules.values import RuleError
from communique.text import Token, tokenize
from communique.text.classes import is_by_character

WORDS_LIMIT = 50  # words in one phrase

# Wildcards pass through the tokenizer as letters that no text holds (Linear A), so that "net*" and
# "Net*" are folded like any word.
_ANY, _ONE = "\U00010600", "\U00010601"
_WILDCARDS = str.maketrans({_ANY: "*", _ONE: "?"})


@dataclass(frozen=True, slots=True)
class Words:
    """Terms that stand side by side in this order: a word, a phrase.

    gaps: each term's position after the first's, so a mark inside the phrase must be in the text
    too. stemmed: terms are compared by their stems in the statement's language. A term may hold
    the wildcards * (any characters) and ? (one); a lone * is any one word.
    """

    terms: tuple[str, ...]
    gaps: tuple[int, ...]
    stemmed: bool = False
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """key: all of it as one text: hashed once, as a tuple is not, however many rules ask."""
        parts = (" ".join(self.terms), " ".join(map(str, self.gaps)), "stemmed" * self.stemmed)
        object.__setattr__(self, "key", "\n".join(parts))

    @property
    def is_wild(self) -> bool:
        """Whether any term holds a wildcard."""
        return any(map(is_wildcard, self.terms))


def is_wildcard(term: str) -> bool:
    """Whether a query's term holds a wildcard. No token of a text ever does."""
    return "*" in term or "?" in term


def wildcard_pattern(term: str) -> re.Pattern[str]:
    """What fully matches the terms that a term with wildcards means."""
    return re.compile(fnmatch.translate(term))


def quoted_words(raw: str, position: int, *, ends: bool = True) -> Words:
    """The words of a phrase without its quotation marks, as they stand. ends: a ? after its last
    word is a question mark, no wildcard. Raises RuleError."""
    pieces = _pieces(raw)
    words = [place for place, piece in enumerate(pieces) if piece[-1].isalnum()]
    last = words[-1] if words and ends else len(pieces)
    marked = [
        _ONE if piece == "?" and place < last and _touches(pieces, place) else piece
        for place, piece in enumerate(pieces)
    ]
    return _words(marked, position, stemmed=False)


def bare_words(raw: str, position: int) -> Words:
    """The words of an unquoted term: one, or (CJK, hyphens) a phrase; stemmed unless a wildcard
    is in it. Raises RuleError."""
    if '"' in re.sub(r"\\.", "", raw):
        raise RuleError("a quotation mark inside a word: put a blank before the phrase", position)
    if raw.casefold() in ("and", "or", "not"):
        raise RuleError(f'write {raw.upper()} in capitals, or "{raw}" for the word', position)
    marked = [_ONE if piece == "?" else piece for piece in _pieces(raw)]
    words = _words(marked, position, stemmed=True)
    return Words(words.terms, words.gaps, stemmed=False) if words.is_wild else words


def _pieces(raw: str) -> list[str]:
    """The characters, an escaped one with its backslash."""
    return re.findall(r"\\.|.", raw, re.DOTALL)


def _touches(pieces: list[str], place: int) -> bool:
    """Whether a letter or digit stands beside a ?: « Qui ? » asks a question."""
    while place > 0 and pieces[place - 1] == "?":
        place -= 1
    before = place > 0 and (pieces[place - 1][-1].isalnum() or pieces[place - 1] == "*")
    return before or (place + 1 < len(pieces) and pieces[place + 1][-1].isalnum())


def _words(pieces: list[str], position: int, *, stemmed: bool) -> Words:
    """pieces: characters; wildcards among them are * and _ONE."""
    text = "".join(_ANY if piece == "*" else piece[-1] for piece in pieces)
    tokens = _without_idle_wildcards(tokenize(text), position)
    if not tokens:
        raise RuleError("no letter or digit to look for", position)
    if len(tokens) > WORDS_LIMIT:
        raise RuleError(f"a phrase of more than {WORDS_LIMIT} words: shorten it", position)
    terms = tuple(token.term.translate(_WILDCARDS) for token in tokens)
    for place, term in enumerate(terms):
        alone = term in ("*", "?") and 0 < place < len(terms) - 1
        if term[0] in "*?" and not alone:
            raise RuleError("a wildcard cannot begin a word: write its first letters", position)
    gaps = tuple(token.position - tokens[0].position for token in tokens)
    return Words(terms, gaps, stemmed)


def _without_idle_wildcards(tokens: list[Token], position: int) -> list[Token]:
    """Drops the * of 华为*: a Chinese word is found inside a longer one anyway. What follows moves
    up."""
    kept: list[Token] = []
    dropped = 0
    for place, token in enumerate(tokens):
        if not (token.term == _ANY and kept and _joins(kept[-1], token)):
            kept.append(replace(token, position=token.position - dropped))
        elif place + 1 < len(tokens) and tokens[place + 1].start == token.end:
            raise RuleError('no * inside a Chinese word: write "净网 计划"~5 instead', position)
        else:
            dropped += 1
    return kept


def _joins(before: Token, token: Token) -> bool:
    return before.end == token.start and is_by_character(before.term[0])
