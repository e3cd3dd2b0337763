"""After the store was put back from a copy: what went out since the copy was made is not known.

Collecting goes on at once, so nothing is missed; but what it finds again may have been told before,
and so may what waited in the copy. Therefore no alert and no digest leaves until a person has said
what was told (`settle`). Numbers that the lost days may have used are left out: an id stands in
Message-IDs, by which mail programs drop what they have, in links and in signed tokens.

That it is so is noted in `keys`, beside what else the processes of a store share.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, not_, select, text
from sqlalchemy.dialects.postgresql import insert

from communique.database import StoreError
from communique.mail.dates import moment
from communique.notices import tell_maintainers
from communique.schema import Key, Mail
from communique.settings import Settings
from communique.told_until import told_until
from communique.verdicts import Held

NAME = "restored"
# More statements, mails or subscriptions than this are not made between two backups.
SKIPPED = 1_000_000
# What is new since the restore and tells no news goes out.
HOUR = timedelta(hours=1)  # by which two clocks may differ
PASSING = ("confirmation", "notice", "source_health")
NEXT = "Next: communique db restored, which shows what waits."

_NUMBERED = text("""
SELECT format('%I.%I', n.nspname, c.relname) AS table, format('%I', a.attname) AS column
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> '' AND NOT a.attisdropped
WHERE n.nspname = 'communique' AND NOT c.relispartition ORDER BY 1
""")
_SKIP = """
SELECT setval(pg_get_serial_sequence('{table}', '{column}'), :skipped + GREATEST(
    nextval(pg_get_serial_sequence('{table}', '{column}')),
    (SELECT COALESCE(max({column}), 0) FROM {table})
))
"""
# In the copy it waited to be sent at once, so it was, soon after; but not what waited for a digest,
# or the end of quiet hours, that came too late. What is known from its date to have been published
# before is found again; an edit and a withdrawal have no date of their own.
_TOLD = """
    d.status = 'pending' AND (
        CAST(:until AS timestamptz) IS NULL
        OR CASE
            WHEN d.kind = 'digest'
            THEN d.created_at < :restored_at OR CAST(d.content ->> 'due' AS timestamptz) < :until
            WHEN d.created_at < :restored_at THEN d.created_at < COALESCE(l.at, :restored_at)
            WHEN d.kind = 'new' AND s.date_precision = 'minute'
            THEN s.published_at < COALESCE(l.at, :until)
            WHEN d.kind = 'new' AND s.date_precision = 'day'
            THEN s.published_on
                 < (COALESCE(l.at, CAST(:until AS timestamptz)) AT TIME ZONE s.date_zone)::date
            ELSE false END
    )
"""
_HOLD = text(f"""
UPDATE communique.deliveries t
SET status = 'held', held_because = :reason, next_try_at = NULL
FROM communique.deliveries d LEFT JOIN communique.statements s ON s.id = d.statement_id
LEFT JOIN unnest(CAST(:subscriptions AS bigint[]), CAST(:moments AS timestamptz[])) AS l (id, at)
    ON l.id = d.subscription_id
WHERE t.id = d.id AND {_TOLD}
RETURNING t.id, t.kind, t.mail_id
""")  # noqa: S608 (constants of ours)
# A digest that was told holds alerts that were not: they wait for the next one.
_FREE = text("""
UPDATE communique.deliveries t SET mail_id = NULL, message_id = NULL, next_try_at = NULL
FROM communique.deliveries d
WHERE t.mail_id = d.mail_id AND t.status = 'pending' AND d.id = ANY (CAST(:digests AS bigint[]))
""")
# A mail goes where nothing is left in it to be told, or nothing was and it lay in the copy.
_EMPTY = text("""
UPDATE communique.mails m SET status = 'held', held_because = :reason, next_try_at = NULL
WHERE m.status = 'pending'
  AND (CASE WHEN m.kind IN ('alert', 'digest') THEN m.id = ANY (CAST(:mails AS bigint[]))
       ELSE m.created_at < :restored_at END)
  AND NOT EXISTS (SELECT FROM communique.deliveries d
                  WHERE d.mail_id = m.id AND d.status = 'pending')
""")
_LEAVE = text("""
UPDATE communique.deliveries d SET mail_id = NULL, message_id = NULL
FROM communique.mails m
WHERE d.id = ANY (CAST(:ids AS bigint[])) AND m.id = d.mail_id AND m.status = 'pending'
""")
_WAITING = text("""
SELECT d.id, d.recipient, d.kind, d.created_at < :restored_at AS in_copy,
       COALESCE(s.title, '') AS title, s.published_on, s.date_precision
FROM communique.deliveries d LEFT JOIN communique.statements s ON s.id = d.statement_id
WHERE d.status = 'pending' ORDER BY d.recipient, d.id
""")
_UNSEEN = text("""
SELECT o.id FROM communique.sources o
WHERE o.enabled AND NOT EXISTS (
    SELECT FROM communique.coverage v
    WHERE v.source_id = o.id AND v.started_at >= :restored_at AND v.finished_at IS NOT NULL
)
ORDER BY o.id
""")


@dataclass(frozen=True, slots=True)
class Restored:
    """That the store is a copy. taken_at: when it was made; restored_at: when it was put back; both
    aware."""

    taken_at: datetime
    restored_at: datetime

    @property
    def waits(self) -> ColumnElement[bool]:
        """Which mails wait for a person's word."""
        return not_(and_(Mail.kind.in_(PASSING), Mail.created_at >= self.restored_at))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person's word. alerts: rows of what is to be told; unseen: ids of sources
    that were not collected since, so that more may come."""

    alerts: Sequence[Mapping[str, Any]]
    unseen: Sequence[str]


@dataclass(frozen=True, slots=True)
class Settled:
    """What `settle` did. held: deliveries, by kind, that count as told; left: that go out."""

    held: Mapping[str, int] = field(default_factory=dict)
    left: int = 0


def note_restored(engine: Engine, settings: Settings, taken_at: datetime, now: datetime) -> None:
    """Notes that the store is a copy made at `taken_at` and put back at `now` (both aware), leaves
    out numbers, and tells the maintainers. To be called before anything runs on the store. Raises
    StoreError where the copy would come from the future."""
    if taken_at > now + HOUR:
        raise StoreError(f"The copy cannot be from {moment(taken_at)}: it is {moment(now)}.")
    value = json.dumps({"taken_at": taken_at.isoformat(), "restored_at": now.isoformat()})
    subject = "The store was restored from a copy: alerts wait for your word"
    lines = (
        f"The store is a copy made on {moment(taken_at)}. Collecting goes on; what it finds again "
        "may have been told before, so no alert and no digest goes out.",
    )
    with engine.begin() as connection:
        # A second restore: the numbers of both lost spans are left out.
        for numbered in connection.execute(_NUMBERED).mappings().all():
            connection.execute(text(_SKIP.format(**numbered)), {"skipped": SKIPPED})
        made = insert(Key).values(name=NAME, value=value)
        again = made.on_conflict_do_update(index_elements=["name"], set_={"value": value})
        connection.execute(again)
        key = f"restored:{now.isoformat()}"
        tell_maintainers(connection, settings, key, subject, lines, NEXT, now)


def restored(connection: Connection) -> Restored | None:
    """The note that nothing may go out yet; None: there is none."""
    value = connection.execute(select(Key.value).where(Key.name == NAME)).scalar()
    if value is None:
        return None
    noted = json.loads(value)
    taken_at, restored_at = (
        datetime.fromisoformat(noted[name]).astimezone(timezone.utc)
        for name in ("taken_at", "restored_at")
    )
    return Restored(taken_at, restored_at)


def problem(engine: Engine) -> tuple[Restored | None, str]:
    """The note, and what is to be said of the mails that wait because of it; empty: none does."""
    with engine.connect() as connection:
        noted = restored(connection)
        if noted is None:
            return None, ""
        asked = select(Mail.id).where(Mail.status == "pending", noted.waits)
        count = len(connection.execute(asked).all())
    if not count:
        return noted, ""
    return noted, (
        f"Mails that wait for a person's word: {count}. The store was restored from a copy of "
        f"{moment(noted.taken_at)}, and they may have been sent before. {NEXT}"
    )


def what_waits(connection: Connection, noted: Restored) -> Waiting:
    """All that waits, whether or not it is in a mail yet."""
    asked = {"restored_at": noted.restored_at}
    alerts = [dict(row) for row in connection.execute(_WAITING, asked).mappings()]
    return Waiting(alerts, connection.execute(_UNSEEN, asked).scalars().all())


def settle(engine: Engine, *, told: bool, until: datetime | None = None) -> Settled:
    """A person's word; from then on mails go out again. told: what waits counts as told, and is
    held with that reason; until (aware): only what lay in the copy, and what was published, or due
    as a digest, before. What readers would have been told of later, after their quiet hours or in
    the next digest, is not among it. What has no certain date is told rather than missed. Raises
    StoreError where nothing was restored."""
    reason = str(Held.RESTORED)
    with engine.begin() as connection:
        noted = restored(connection)
        if noted is None:
            raise StoreError("Nothing waits: this store was not restored, or that is settled.")
        held: Sequence[Any] = ()
        if told:
            last = told_until(connection, until) if until else {}
            asked = {"until": until, "restored_at": noted.restored_at, "reason": reason,
                     "subscriptions": list(last), "moments": list(last.values())}  # fmt: skip
            held = connection.execute(_HOLD, asked).all()
            _empty(connection, held, asked)
        connection.execute(delete(Key).where(Key.name == NAME))
        left = connection.execute(
            text("SELECT count(*) FROM communique.deliveries WHERE status = 'pending'")
        ).scalar_one()
    return Settled(dict(Counter(row.kind for row in held)), left)


def _empty(connection: Connection, held: Sequence[Any], asked: Mapping[str, Any]) -> None:
    """Takes what is held out of mails that tell something else, and holds those that do not."""
    digests = [row.id for row in held if row.kind == "digest"]
    connection.execute(_FREE, {"digests": digests})
    mails = sorted({row.mail_id for row in held if row.mail_id is not None})
    emptied = {"mails": mails, "reason": asked["reason"], "restored_at": asked["restored_at"]}
    connection.execute(_EMPTY, emptied)
    connection.execute(_LEAVE, {"ids": [row.id for row in held]})
