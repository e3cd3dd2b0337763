"""One wording of a statement as its page shows it: its text with what matched and what was said
before marked in it, however long it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from communique.echoes.reading import EchoedPassage, echoed_passages
from communique.pages.statement_marks import (
    Mark,
    Paragraph,
    Piece,
    beginning,
    bounded,
    paragraphs,
    pieces,
)

# Characters of a text that are shown at first, and at all: the archive has the rest.
BEGINNING, LONGEST = 60_000, 3_000_000
LONGEST_TITLE = 2_000
# Rules that hold, spans of each, passages that stood elsewhere, uses of each that are counted.
MOST_RULES, MOST_SPANS, MOST_ECHOES, COUNTED = 40, 2_000, 60, 500
# Rules that can be shown or hidden one by one; the stylesheet has a class for each.
TOGGLED = 12

_WORDING = text("""
    SELECT r.id, r.number, left(r.title, :title) AS title, left(r.text, :limit) AS text,
           length(r.text) AS length, r.seen_at, r.reader, r.judged_at, r.settled_at,
           r.number = s.revision_number AS stands
    FROM communique.revisions r JOIN communique.statements s ON s.id = r.statement_id
    WHERE r.statement_id = :statement AND r.number = coalesce(:number, s.revision_number)
""")
_MATCHES = text("""
    SELECT u.watchlist, u.rule, u.version, u.name, u.severity, u.query,
           jsonb_array_length(m.spans) AS spans_found,
           jsonb_path_query_array(m.spans, CAST(:path AS jsonpath)) AS spans
    FROM communique.matches m JOIN communique.rules u ON u.id = m.rule_id
    WHERE m.revision_id = :revision
    ORDER BY array_position(ARRAY['urgent', 'notice', 'info'], u.severity), u.watchlist, u.rule,
             u.version DESC
    LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule that holds for the wording. toggle: the class by which it is shown or hidden; found:
    how many spans it has, of which `spans` are marked."""

    toggle: str
    watchlist: str
    rule: str
    version: int
    name: str
    severity: str
    query: str
    found: int
    spans: Sequence[Mapping[str, Any]] = field(repr=False)

    @property
    def key(self) -> str:
        """watchlist/rule."""
        return f"{self.watchlist}/{self.rule}"


@dataclass(frozen=True, slots=True)
class ShownEcho:
    """A passage that stood elsewhere before. number: of its note; start, end: where it stands in
    the wording. since: how many others have used it since its first user, at most COUNTED."""

    number: int
    start: int
    end: int
    told: EchoedPassage

    @property
    def since(self) -> int:
        """Others than this statement that have used it since."""
        return max(0, self.told.used_since - 1)

    @property
    def counted(self) -> bool:
        """Whether `since` is all of them."""
        return self.told.used_since < COUNTED


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """Characters under the same marks. rules: those that matched here, the severest first; echoes:
    notes whose passage this is part of; notes: those whose passage ends here."""

    text: str
    rules: tuple[ShownRule, ...]
    echoes: tuple[int, ...]
    notes: tuple[int, ...]

    @property
    def classes(self) -> str:
        """Of its mark, for the stylesheet."""
        names = dict.fromkeys(rule.toggle for rule in self.rules)
        return " ".join((*names, f"by-{self.rules[0].severity}")) if self.rules else ""

    @property
    def said(self) -> str:
        """Which rules these are, in words."""
        return ", ".join(f"{rule.key} ({rule.severity})" for rule in self.rules)


@dataclass(frozen=True, slots=True)
class ShownWording:
    """A wording. title, text: title and beginning as pieces. length: characters of the whole text;
    left: those not shown; marks_left: marks that are not shown. judged_at: when rules were tried
    on it; None: not yet."""

    revision: int
    number: int
    stands: bool
    seen_at: datetime
    reader: str
    judged_at: datetime | None
    settled_at: datetime | None
    plain_title: str
    title: tuple[ShownPiece, ...]
    text: tuple[tuple[ShownPiece, ...], ...]
    rules: tuple[ShownRule, ...]
    echoes: tuple[ShownEcho, ...]
    length: int
    left: int
    marks_left: int


def shown_wording(
    connection: Connection, statement: int, number: int | None = None, *, whole: bool = False
) -> ShownWording | None:
    """The wording of a statement with this number, or the one that stands; None: there is none.
    whole: all of its text, as far as LONGEST, not its beginning alone."""
    limit = LONGEST if whole else BEGINNING
    asked = {"statement": statement, "number": number, "limit": limit, "title": LONGEST_TITLE}
    row = connection.execute(_WORDING, asked).one_or_none()
    if row is None:
        return None
    shown = row.text if row.length <= limit else beginning(row.text, limit)
    rules = _rules(connection, row.id)
    echoes = tuple(_echoes(connection, statement, row.number, shown))
    known = {rule.key: rule for rule in reversed(rules)}
    title, _ = _marks(rules, (), "title")
    marks, marks_left = _marks(rules, echoes, "text")
    return ShownWording(
        revision=row.id,
        number=row.number,
        stands=row.stands,
        seen_at=row.seen_at,
        reader=row.reader,
        judged_at=row.judged_at,
        settled_at=row.settled_at,
        plain_title=row.title,
        title=tuple(_shown(piece, known) for piece in pieces(row.title, title)),
        text=tuple(_paragraph(each, known) for each in paragraphs(shown, pieces(shown, marks))),
        rules=rules,
        echoes=echoes,
        length=row.length,
        left=row.length - len(shown),
        marks_left=marks_left,
    )


def _rules(connection: Connection, revision: int) -> tuple[ShownRule, ...]:
    asked = {"revision": revision, "most": MOST_RULES, "path": f"$[0 to {MOST_SPANS - 1}]"}
    rows = connection.execute(_MATCHES, asked).all()
    keys = list(dict.fromkeys((row.watchlist, row.rule) for row in rows))
    return tuple(
        ShownRule(
            toggle=_toggle(keys.index((row.watchlist, row.rule))),
            watchlist=row.watchlist,
            rule=row.rule,
            version=row.version,
            name=row.name,
            severity=row.severity,
            query=row.query,
            found=row.spans_found,
            spans=row.spans,
        )
        for row in rows
    )


def _toggle(number: int) -> str:
    return f"rule-{number + 1}" if number < TOGGLED else "rule-more"


def _echoes(connection: Connection, statement: int, number: int, shown: str) -> Iterator[ShownEcho]:
    """The passages that stand in what is shown, the longest first; each once, with its first
    user."""
    found = echoed_passages(
        connection, statement, revision=number, most=MOST_ECHOES, counted=COUNTED
    )
    places: dict[tuple[int, int], EchoedPassage] = {}
    for told in found or ():
        known = places.get((told.start, told.end))
        if told.end <= len(shown) and (known is None or told.first.on < known.first.on):
            places[told.start, told.end] = told
    for note, ((start, end), told) in enumerate(places.items(), 1):
        yield ShownEcho(note, start, end, told)


def _marks(
    rules: Sequence[ShownRule], echoes: Sequence[ShownEcho], part: str
) -> tuple[tuple[Mark, ...], int]:
    spans = [
        Mark(int(span["start"]), int(span["end"]), rule.key)
        for rule in rules
        for span in rule.spans
        if span.get("field") == part
    ]
    kept, left = bounded(spans)
    unread = sum(max(0, rule.found - len(rule.spans)) for rule in rules)
    # A rule's name holds a slash, a note's number does not.
    notes = tuple(Mark(echo.start, echo.end, str(echo.number)) for echo in echoes)
    return (*kept, *notes), left + unread


def _paragraph(found: Paragraph, known: Mapping[str, ShownRule]) -> tuple[ShownPiece, ...]:
    return tuple(_shown(piece, known) for piece in found)


def _shown(piece: Piece, known: Mapping[str, ShownRule]) -> ShownPiece:
    rules = sorted((known[name] for name in piece.names if name in known), key=_severest)
    notes = sorted(int(name) for name in piece.ends if name not in known)
    echoes = sorted(int(name) for name in piece.names if name not in known)
    return ShownPiece(piece.text, tuple(rules), tuple(echoes), tuple(notes))


def _severest(rule: ShownRule) -> tuple[int, str]:
    return ("urgent", "notice", "info").index(rule.severity), rule.key
