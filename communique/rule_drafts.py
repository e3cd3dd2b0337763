"""A rule while somebody writes it: its fields as they were typed, and all that is wrong with them
at once. The loader of watchlists has the last word (`communique.watchlist_files`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import cast

import yaml

from communique.rules import SEVERITIES, Rule, RuleError, Severity
from communique.rules.parse import QUERY_LIMIT, parse, parse_mask
from communique.watchlists import NAME_EXPECTED, is_name

LONGEST = {"watchlist": 60, "rule": 80, "name": 200, "topic": 60, "note": 4_000}
MOST_MASKS, LONGEST_MASK = 500, 200
_UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as it was typed. query: its lines, which mean no more than blanks. not_inside: an
    entry each. What may be left out is empty."""

    watchlist: str
    rule: str
    name: str = ""
    severity: str = "notice"
    query: str = ""
    not_inside: tuple[str, ...] = ()
    topic: str = ""
    note: str = ""

    @property
    def asked(self) -> str:
        """The query as a file means it: on one line."""
        return self.query.replace("\n", " ")

    @property
    def digest(self) -> str:
        """Changes with every character that would be saved."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()

    def as_rule(self) -> Rule:
        """The rule that it is where nothing is mistaken in it."""
        return Rule(
            watchlist=self.watchlist,
            id=self.rule,
            name=self.name,
            severity=cast(Severity, self.severity),
            query=self.asked,
            not_inside=self.not_inside,
            topic=self.topic or None,
            note=self.note or None,
        )


@dataclass(frozen=True, slots=True)
class Mistake:
    """What cannot be saved. field: of Draft. position: offset in the query, or in the entry."""

    field: str
    reason: str
    position: int | None = None


def draft_of(rule: Rule, query: str | None = None) -> Draft:
    """A rule as it would be typed. query: its lines as they stand in the file, where known."""
    return Draft(
        watchlist=rule.watchlist,
        rule=rule.id,
        name=rule.name,
        severity=rule.severity,
        query=query if query is not None and one_line(query) == one_line(rule.query)
        else rule.query,
        not_inside=rule.not_inside,
        topic=rule.topic or "",
        note=rule.note or "",
    )  # fmt: skip


def typed(
    watchlist: str,
    rule: str,
    *,
    name: str = "",
    severity: str = "",
    query: str = "",
    not_inside: str = "",
    topic: str = "",
    note: str = "",
) -> Draft:
    """What was typed into a form, without what means nothing: blanks at the ends, empty lines.
    not_inside: an entry a line."""
    return Draft(
        watchlist=watchlist.strip(),
        rule=rule.strip(),
        name=one_line(name),
        severity=severity.strip(),
        query="\n".join(filter(None, map(one_line, query.splitlines()))),
        not_inside=tuple(dict.fromkeys(filter(None, map(one_line, not_inside.splitlines())))),
        topic=topic.strip(),
        note=one_line(note),
    )


def mistakes(draft: Draft) -> tuple[Mistake, ...]:
    """All that keeps a draft from being a rule, in the order of its fields."""
    return tuple(_mistakes(draft))


def _mistakes(draft: Draft) -> Iterator[Mistake]:
    for field, most in LONGEST.items():
        said = getattr(draft, field)
        if len(said) > most:
            yield Mistake(field, f"more than {most:,} characters: shorten it")
        elif sign := unprintable(said):
            yield Mistake(field, sign)
        elif field in ("watchlist", "rule") and not is_name(said):
            yield Mistake(field, f"expected {NAME_EXPECTED}")
        elif field == "name" and not said:
            yield Mistake(field, "every rule has a name: it is what a mail calls it")
        elif field == "topic" and said and not is_name(said):
            yield Mistake(field, f"expected {NAME_EXPECTED.replace('hyphens', 'hyphens or _')}")
    if draft.severity not in SEVERITIES:
        yield Mistake("severity", f"expected one of {', '.join(SEVERITIES)}")
    yield from _of_query(draft)
    yield from _of_masks(draft)


def _of_query(draft: Draft) -> Iterator[Mistake]:
    if len(draft.query) <= QUERY_LIMIT and (bad := _UNPRINTABLE.search(draft.query)):
        yield Mistake("query", unprintable(draft.query), bad.start())
        return
    try:
        parse(draft.asked)
    except RuleError as error:
        yield Mistake("query", error.reason, min(error.position, len(draft.query)))


def _of_masks(draft: Draft) -> Iterator[Mistake]:
    if len(draft.not_inside) > MOST_MASKS:
        yield Mistake("not_inside", f"more than {MOST_MASKS} entries: split the rule")
        return
    for one in draft.not_inside:
        if len(one) > LONGEST_MASK:
            yield Mistake("not_inside", f"{one[:40]}…: more than {LONGEST_MASK} characters")
        elif sign := unprintable(one):
            yield Mistake("not_inside", sign)
        else:
            try:
                parse_mask(one)
            except RuleError as error:
                yield Mistake("not_inside", f"{one}: {error.reason}", error.position)


def unprintable(words: str) -> str:
    """What is said of words that no YAML file may hold; empty: there is nothing to say."""
    bad = _UNPRINTABLE.search(words)
    return f"it holds the control character U+{ord(bad[0]):04X}: take it out" if bad else ""


def one_line(words: str) -> str:
    """Words on one line: every white space of Unicode is a blank, as some of it ends lines in
    YAML."""
    return " ".join(words.split())
