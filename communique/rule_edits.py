"""Who changed which rule through the pages: notes beside the files, which have the last word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, text

from communique.rule_versions import FIELDS, Version
from communique.rules import Rule
from communique.schema import RuleEdit

Action = Literal["added", "changed", "removed"]
MOST = 100  # notes of one rule that are read


@dataclass(frozen=True, slots=True)
class Edit:
    """Who did what to a rule's file, and when (aware, UTC). before, after: the rule's fields;
    None: it was not there. reason: as the editor gave it."""

    id: int
    at: datetime
    editor: str
    watchlist: str
    rule: str
    action: Action
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str | None


def fields_of(rule: Rule) -> dict[str, Any]:
    """A rule as a note keeps it."""
    said = {name: getattr(rule, name) for name in FIELDS}
    return said | {"not_inside": list(rule.not_inside)}


def note(
    connection: Connection,
    rule: tuple[str, str],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    editor: str,
    reason: str | None,
    now: datetime,
) -> int:
    """Notes a change of a rule (its watchlist and its id) at `now` (aware). Returns the number of
    the note, by which `forget` takes it back."""
    action = "added" if before is None else "removed" if after is None else "changed"
    values = {
        "at": now,
        "editor": editor,
        "watchlist": rule[0],
        "rule": rule[1],
        "action": action,
        "before": before,
        "after": after,
        "reason": reason,
    }
    made = insert(RuleEdit).values(values).returning(RuleEdit.id)
    return int(connection.execute(made).scalar_one())


def forget(connection: Connection, ids: Iterable[int]) -> None:
    """Takes back notes of what did not come to pass, also one that a process which has died since
    was about to commit."""
    connection.execute(text("LOCK TABLE communique.rule_edits IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(delete(RuleEdit).where(RuleEdit.id.in_(tuple(ids))))


def edits(
    connection: Connection, watchlist: str, rule: str | None, *, without: Collection[int] = ()
) -> Sequence[Edit]:
    """The newest changes of a rule, or of all rules of a watchlist, latest first. without: notes
    that are not to be believed (`watchlist_files.unfinished`)."""
    asked = select(*RuleEdit.__table__.columns).where(RuleEdit.watchlist == watchlist)
    if rule is not None:
        asked = asked.where(RuleEdit.rule == rule)
    asked = asked.where(RuleEdit.id.not_in(tuple(without)))
    rows = connection.execute(asked.order_by(RuleEdit.at.desc(), RuleEdit.id.desc()).limit(MOST))
    return [Edit(**row) for row in rows.mappings()]


def edit_behind(version: Version, before: Version | None, known: Iterable[Edit]) -> Edit | None:
    """The change through the pages that a version came from; None: its file was edited by hand.
    before: the version before it. known: latest first."""
    since = before.created_at if before else None
    said = fields_of(version.rule)
    return next(
        (
            edit
            for edit in known
            if edit.after == said
            and edit.at <= version.created_at
            and (since is None or edit.at >= since)
        ),
        None,
    )
