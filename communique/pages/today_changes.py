"""What became of watched statements in a period: edits, withdrawals and returns of those for which
a rule holds, or held before the edit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.mail import changes as edits
from communique.pages.today_news import GRAVEST, each_once
from communique.passages import Passage, Wording, matched_passages

# Changes of a period that are looked through; and the longest wordings that are compared here.
LOOKED_AT, LONGEST = 5_000, 60_000
SHOWN_PLACES = 3

Facts = Row[*tuple[Any, ...]]

_CHANGES = text("""
    SELECT h.id, h.kind, h.at, h.revision_id, h.earlier_revision_id, s.id AS statement,
           s.language, s.url, r.title, o.publisher, o.country, o.host_country, s.source_id
    FROM (
        SELECT id, kind, at, statement_id, revision_id, earlier_revision_id
        FROM communique.changes WHERE at > :since AND at <= :until ORDER BY at DESC LIMIT :looked
    ) h
    JOIN communique.statements s ON s.id = h.statement_id
    JOIN communique.revisions r ON r.id = h.revision_id
    JOIN communique.sources o ON o.id = s.source_id
    WHERE EXISTS (SELECT FROM communique.matches m
                  WHERE m.revision_id IN (h.revision_id, h.earlier_revision_id))
    ORDER BY h.at DESC, h.id DESC LIMIT :most OFFSET :first
""")
_RULES = text("""
    SELECT m.revision_id, m.spans, u.watchlist, u.rule, u.name, u.severity
    FROM communique.matches m JOIN communique.rules u ON u.id = m.rule_id
    WHERE m.revision_id = ANY(:revisions)
    ORDER BY array_position(CAST(:gravest AS text[]), u.severity), u.name, u.version DESC
""")
_WORDINGS = text("""
    SELECT id, title, left(text, :longest + 1) AS text FROM communique.revisions
    WHERE id = ANY(:revisions)
""")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a statement. rules: that hold for it, or did before. places: where an edit
    touched a matched passage or the title, as in mails; more: further such places. too_long: it
    was not compared here."""

    facts: Facts
    rules: tuple[Facts, ...]
    places: tuple[edits.Change, ...]
    more: int
    too_long: bool


def changes(
    connection: Connection, since: datetime, until: datetime, *, most: int, first: int = 0
) -> tuple[tuple[Change, ...], bool]:
    """The changes after `since` up to `until` (aware), latest first, from number `first` on; and
    whether there are more."""
    asked = {"since": since, "until": until, "looked": LOOKED_AT, "most": most + 1, "first": first}
    rows = connection.execute(_CHANGES, asked).all()
    shown = rows[:most]
    revisions = [
        number for row in shown for number in (row.revision_id, row.earlier_revision_id) if number
    ]
    rules: dict[int, list[Facts]] = defaultdict(list)
    for rule in connection.execute(_RULES, {"revisions": revisions, "gravest": list(GRAVEST)}):
        rules[rule.revision_id].append(rule)
    edited = [
        number
        for row in shown
        if row.earlier_revision_id
        for number in (row.revision_id, row.earlier_revision_id)
    ]
    wordings = {
        row.id: Wording(row.title, row.text)
        for row in connection.execute(_WORDINGS, {"revisions": edited, "longest": LONGEST})
    }
    return tuple(_change(row, rules, wordings) for row in shown), len(rows) > most


def _change(row: Facts, rules: dict[int, list[Facts]], wordings: dict[int, Wording]) -> Change:
    now, before = rules[row.revision_id], rules[row.earlier_revision_id or 0]
    told = each_once(
        sorted((*now, *before), key=lambda rule: (GRAVEST.index(rule.severity), rule.name))
    )
    later, earlier = wordings.get(row.revision_id), wordings.get(row.earlier_revision_id or 0)
    if later is None or earlier is None:
        return Change(row, told, (), 0, too_long=False)
    if max(len(later.text), len(earlier.text)) > LONGEST:
        return Change(row, told, (), 0, too_long=True)
    places = edits.changes(earlier, later, _passages(earlier, before), _passages(later, now))
    more = max(0, len(places) - SHOWN_PLACES)
    return Change(row, told, places[:SHOWN_PLACES], more, too_long=False)


def _passages(wording: Wording, rules: Sequence[Facts]) -> tuple[Passage, ...]:
    return matched_passages(wording, [span for rule in rules for span in rule.spans])
