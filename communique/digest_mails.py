"""One digest's rows: its mail, what stands for it at each subscription, and the alerts it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from communique.digest_content import Digest, Member, content
from communique.digest_facts import Facts
from communique.digest_rows import briefs, waiting
from communique.mails import message_id
from communique.periods import Due
from communique.schema import Delivery, Mail

# A row of `subscriptions`.
Subscriber = Row[*tuple[Any, ...]]


def key_of(subscription_id: int, due: Due) -> str:
    """What makes a second digest of a subscription for one period impossible."""
    return f"digest:{subscription_id}:{due.day}"


def assemble(
    connection: Connection,
    members: Sequence[Subscriber],
    due: Mapping[int, Due],
    facts: Facts,
    domain: str,
) -> tuple[int, int]:
    """Writes the mail, the subscriptions' rows, and the mail's number into the alerts it tells:
    that number, and how many they are. Takes all that waits, whenever it came."""
    now, first = facts.now, members[0]
    taken = waiting(connection, [one.id for one in members])
    digest = Digest(
        how=first.how,
        recipient=first.recipient,
        members=tuple(Member.of(connection, one, due[one.id]) for one in members),
    )
    key = key_of(first.id, due[first.id])
    name = message_id(key, domain)
    mail = {
        "key": key,
        "recipient": first.recipient,
        "kind": "digest",
        "message_id": name,
        "content": content(digest, facts, taken),
        "created_at": now,
        "next_try_at": now,
    }
    mail_id = connection.execute(insert(Mail).values(mail).returning(Mail.id)).scalar_one()
    told = {"mail_id": mail_id, "message_id": name, "next_try_at": now}
    rows = [row_of(one, due[one.id], now) | told | {"status": "pending"} for one in members]
    connection.execute(insert(Delivery), rows)
    most = max(one.most_a_day for one in members)
    short = frozenset(briefs(taken, most))
    for brief, ids in ((False, [one.id for one in taken if one.id not in short]), (True, short)):
        if ids:
            mine = update(Delivery).where(Delivery.id.in_(ids))
            connection.execute(mine.values(brief=brief, **told))
    return int(mail_id), len(taken)


def row_of(one: Subscriber, due: Due, now: datetime) -> dict[str, Any]:
    """The delivery that stands for a subscription's digest of one period."""
    return {
        "dedupe_key": key_of(one.id, due),
        "subscription_id": one.id,
        "recipient": one.recipient,
        "kind": "digest",
        "content": {"day": due.day.isoformat(), "due": due.at.isoformat()},
        "created_at": now,
    }
