"""A query as it is typed, in the spelling that the parser knows: marks of other keyboards, && || !,
and what looks like an operator and is none."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from communique.rules.values import RuleError

# Possessive: one that is never closed is scanned once.
QUOTED = r'"(?:[^"\\]|\\.?)*+(?:"|\Z)'

_KEYBOARDS = str.maketrans("（）：＂～＊＋－", '():"~*+-')
_BEGINS, _ENDS = r"(?<![^\s(:+\-!])", r"(?=$|[\s)~])"
_SPELLINGS = re.compile(
    rf"""
      (?P<kept>    {QUOTED} | \\. )
    | (?P<curly>   {_BEGINS} [“„«「『] [^"“”„«»「」『』]*+ [”“»」』] {_ENDS} )
    | (?P<open>    {_BEGINS} [“„«] (?![^“”„«»]*[“”»]) )
    | (?P<single>  {_BEGINS} ['‘`] [^\s"'‘’`()]++ [ ] [^"'‘’`()]*+ ['’`] {_ENDS} )
    | (?P<both>    && ) | (?P<either> \|\| )
    | (?P<idle>    (?<!\S) [-+!]++ (?=\s) )
    | (?P<not>     {_BEGINS} ! )
    | (?P<foreign> {_BEGINS} (?: (?:NEAR|ADJ|SAME|WITHIN|ANDNOT|XOR)[/\d]*+
                   | (?i:near|adj|onear|pre|w|n)/\d++ ) {_ENDS} )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A query as the parser reads it. added: places in `text` of characters that the query as typed
    does not have."""

    text: str
    added: tuple[int, ...]

    def typed(self, position: int) -> int:
        """The place in the query as typed."""
        return position - bisect_left(self.added, position)


def plain(query: str) -> Plain:
    """The query with full-width signs and curly quotation marks as Lucene writes them, && || ! as
    AND OR NOT. A + - or ! with a blank after it is nothing, as in Lucene: "US - China" excludes
    nobody. Phrases keep their marks. Raises RuleError for what another database would understand,
    and Lucene would take for words to look for."""
    pieces: list[str] = []
    added: list[int] = []
    length = last = 0
    typed = query.translate(_KEYBOARDS)
    for match in _SPELLINGS.finditer(typed):
        piece = _piece(match)
        pieces += [typed[last : match.start()], piece]
        length += match.start() - last
        added += range(length + len(match[0]), length + len(piece))
        length, last = length + len(piece), match.end()
    return Plain("".join([*pieces, typed[last:]]), tuple(added))


def _piece(match: re.Match[str]) -> str:
    kind, found = match.lastgroup, match[0]
    if kind == "curly":
        return f'"{found[1:-1]}"'
    if kind in ("both", "either"):
        return " AND " if kind == "both" else " OR "
    if kind == "idle":
        return " " * len(found)
    if kind == "not":
        return "-"
    if kind == "open":
        raise RuleError("a quotation mark that is never closed", match.start())
    if kind == "single":
        phrase = found[1:-1].strip()
        raise RuleError(
            f'single quotation marks make no phrase: write "{phrase[:40]}"', match.start()
        )
    if kind == "foreign":
        raise RuleError(_instead(found), match.start())
    return found


def _instead(operator: str) -> str:
    """What to write for an operator of another database."""
    if operator == "ANDNOT":
        return "ANDNOT is no operator here: write NOT, as in huawei NOT phone"
    if operator == "XOR":
        return "XOR is no operator here: write (a NOT b) OR (b NOT a)"
    return (
        f'{operator} is no operator here: for words near each other write "huawei ban"~10; '
        f'for the word itself "{operator.lower()}"'
    )
