"""What went where and when, or why it did not; and a mail that failed is sent after all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


class NotFailed(ValueError):
    """A mail that cannot be sent again; the message says why."""


@dataclass(frozen=True, slots=True)
class Went:
    """A mail with what it tells of; or an alert that is in none: it waits, or is held back. mail:
    its number, None for such an alert. Times are aware. next_try_at: when it is due; of an alert
    None: it waits for a digest. titles: of its alerts, as many as `alerts`."""

    mail: int | None
    recipient: str
    kind: str
    status: str
    held_because: str | None
    created_at: datetime
    next_try_at: datetime | None
    sent_at: datetime | None
    tries: int
    last_error: str | None
    message_id: str | None
    alerts: int
    by_title: int
    titles: tuple[str, ...]


_WENT = text("""
SELECT * FROM (
    SELECT mail_id AS mail, recipient, kind, status, held_because, created_at, next_try_at, sent_at,
           tries, last_error, message_id, alerts, by_title, titles
    FROM analyst.mails m
    WHERE CAST(:watchlist AS text) IS NULL OR EXISTS (
        SELECT FROM communique.deliveries d
        JOIN communique.subscriptions u ON u.id = d.subscription_id
        WHERE d.mail_id = m.mail_id AND u.watchlist = :watchlist
    )
    UNION ALL
    SELECT NULL, d.recipient, d.kind, d.status, d.held_because, d.created_at, d.next_try_at, NULL,
           d.tries, d.last_error, d.message_id, 1, 0, ARRAY[v.title]
    FROM communique.deliveries d
    JOIN communique.subscriptions u ON u.id = d.subscription_id
    JOIN communique.revisions v ON v.id = d.revision_id
    WHERE d.mail_id IS NULL AND (d.status <> 'held' OR :held)
      AND (CAST(:watchlist AS text) IS NULL OR u.watchlist = :watchlist)
) AS went
WHERE (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)
  AND (CAST(:recipient AS text) IS NULL OR recipient = :recipient)
  AND (CAST(:status AS text) IS NULL OR status = :status)
ORDER BY created_at DESC, mail DESC NULLS LAST LIMIT :most
""")
_RESEND = text("""
UPDATE communique.mails SET status = 'pending', tries = 1, next_try_at = :now
WHERE id = :mail AND status = 'failed' RETURNING id
""")
_RESEND_ALERTS = text("""
UPDATE communique.deliveries SET status = 'pending', tries = 1, next_try_at = :now
WHERE mail_id = :mail AND status = 'failed'
""")
_STATUS = text("""
SELECT CASE status WHEN 'held' THEN 'held (' || held_because || ')' ELSE status END
FROM communique.mails WHERE id = :mail
""")


def what_went(
    connection: Connection,
    *,
    since: datetime | None = None,
    recipient: str | None = None,
    status: str | None = None,
    watchlist: str | None = None,
    held: bool = False,
    most: int = 100,
) -> Sequence[Went]:
    """The newest mails, and the alerts that wait for one, latest first. since: aware; watchlist:
    that was subscribed to (`*`: by subscriptions to all); held: alerts too that were held back
    before they were in any mail."""
    asked = {
        "since": since,
        "recipient": recipient,
        "status": status,
        "watchlist": watchlist,
        "held": held or status == "held",
        "most": most,
    }
    rows = connection.execute(_WENT, asked).mappings()
    return [Went(**{**row, "titles": tuple(row["titles"])}) for row in rows]


def resend(connection: Connection, mail: int, now: datetime) -> None:
    """Makes a mail that failed due again at `now` (aware), under the same Message-ID and with the
    same alerts. Raises NotFailed for one that did not fail, and one that there is none of."""
    asked = {"mail": mail, "now": now}
    if connection.execute(_RESEND, asked).scalar() is not None:
        connection.execute(_RESEND_ALERTS, asked)
        return
    status = connection.execute(_STATUS, {"mail": mail}).scalar()
    if status is None:
        raise NotFailed(f"There is no mail {mail}. Next: communique deliveries")
    raise NotFailed(f"Mail {mail} did not fail: it is {status}. Only what failed is sent again.")
