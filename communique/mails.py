"""Rows of the outbox that several modules write: a mail's name, and what is not sent after all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.dialects.postgresql import insert

from communique.schema import Mail

_NAME = text("""
UPDATE communique.mails m SET message_id = '<' || left(encode(sha256(
    convert_to(m.key, 'UTF8')), 'hex'), 32) || '@' || CAST(:domain AS text) || '>'
WHERE m.id IN (
    SELECT id FROM communique.mails WHERE status = 'pending' AND message_id IS NULL
    ORDER BY id FOR UPDATE SKIP LOCKED
)
""")
# What somebody else has locked gets it with its try: who puts stories right waits for mails.
_COPY = text("""
UPDATE communique.deliveries d SET message_id = m.message_id
FROM communique.mails m
WHERE m.id = d.mail_id AND d.id IN (
    SELECT id FROM communique.deliveries
    WHERE status = 'pending' AND mail_id IS NOT NULL AND message_id IS NULL
    FOR UPDATE SKIP LOCKED
)
""")
# The key of what is held is free for what may be told one day; but a withdrawal is noted once.
_HOLD = text("""
UPDATE communique.deliveries SET status = 'held', held_because = :reason, next_try_at = NULL,
    mail_id = CASE WHEN CAST(:in_mail AS boolean) THEN mail_id END,
    message_id = CASE WHEN CAST(:in_mail AS boolean) THEN message_id END,
    dedupe_key = CASE WHEN kind IN ('new', 'wording') THEN
        concat('held:', :reason, ':', subscription_id, ':', revision_id, '/', id)
    ELSE dedupe_key END
WHERE id = ANY (CAST(:ids AS bigint[])) AND status = 'pending'
""")


def queue_mail(
    connection: Connection,
    kind: str,
    key: str,
    recipient: str,
    content: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Puts a mail that tells of no delivery into the outbox, due at `now` (aware); False where one
    with this key is there already."""
    row = {
        "key": key,
        "recipient": recipient,
        "kind": kind,
        "content": content,
        "status": "pending",
        "created_at": now,
        "next_try_at": now,
    }
    made = insert(Mail).values(row).on_conflict_do_nothing(index_elements=["key"])
    return connection.execute(made.returning(Mail.id)).scalar() is not None


def message_id(key: str, domain: str) -> str:
    """The Message-ID of the mail with this key; domain: the sender's, in ASCII."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def name_mails(engine: Engine, domain: str) -> None:
    """Gives the mails that wait without a Message-ID theirs (`message_id`), committed before
    anything is tried; then their deliveries."""
    with engine.begin() as connection:
        connection.execute(_NAME, {"domain": domain})
    with engine.begin() as connection:
        connection.execute(_COPY)


def hold(
    connection: Connection, deliveries: Collection[int], reason: str, *, in_mail: bool = False
) -> int:
    """These pending deliveries will not be sent, and say why. in_mail: they stay with their mail;
    else they leave it. Returns how many there were."""
    ids = sorted(deliveries)
    asked = {"ids": ids, "reason": reason, "in_mail": in_mail}
    return connection.execute(_HOLD, asked).rowcount
