"""What arrived against what should have: the undisturbed run's, and the store's own word."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from communique.verdicts import Held
from tests.killing.office import GONE

# One row for each thing that a subscription was told, by addresses that no run changes. Which
# statements make a story, and which of them comes first, may depend on their order: one that is
# held as of a story that was told is told with it.
_TOLD = text("""
SELECT u.recipient, u.how, d.kind, d.status, d.held_because, m.message_id, d.story_id,
       CASE d.kind
           WHEN 'digest' THEN d.dedupe_key
           WHEN 'new' THEN regexp_replace(s.url, ':[0-9]+', '')
           ELSE regexp_replace(s.url, ':[0-9]+', '') || ' ' || left(r.sha256, 12)
       END AS what
FROM communique.deliveries d
JOIN communique.subscriptions u ON u.id = d.subscription_id
LEFT JOIN communique.mails m ON m.id = d.mail_id
LEFT JOIN communique.statements s ON s.id = d.statement_id
LEFT JOIN communique.revisions r ON r.id = d.revision_id
""")
_MAILS = text("SELECT id, recipient, kind, message_id, status FROM communique.mails")


@dataclass(frozen=True)
class Outcome:
    """told: what subscriptions were told; twice: stories that one was told of as new a second time,
    and edits and withdrawals that one was told twice; mails: rows of the outbox; arrived: what the
    mail server took, in order."""

    told: frozenset[tuple[Any, ...]]
    twice: list[tuple[Any, ...]]
    pending: int
    mails: list[Any]
    arrived: list[dict[str, str]]
    alerts: int
    without_mail: int


@dataclass
class Report:
    """counts: to be printed; problems: empty where all is well."""

    counts: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def outcome(engine: Engine, office: Path) -> Outcome:
    """What a run has come to."""
    with engine.connect() as connection:
        rows = connection.execute(_TOLD).all()
        mails = list(connection.execute(_MAILS).all())
    lines = office.read_text(encoding="utf-8").splitlines() if office.exists() else []
    served = [row for row in rows if not row.recipient.startswith(GONE)]
    sent = [row for row in served if row.status != "held"]
    with_it = [row for row in served if row.kind == "new" and row.held_because == Held.SAME_STORY]
    counted = Counter(
        (row.recipient, row.how, row.kind, row.story_id if row.kind == "new" else row.what)
        for row in sent
    )
    return Outcome(
        told=frozenset((row.recipient, row.how, row.kind, row.what) for row in [*sent, *with_it]),
        twice=[each for each, count in counted.items() if count > 1],
        pending=sum(row.status == "pending" for row in served),
        mails=mails,
        arrived=[json.loads(line) for line in lines],
        alerts=sum(row.status == "sent" for row in served),
        without_mail=sum(row.status == "sent" and row.message_id is None for row in served),
    )


def compare(calm: Outcome, rough: Outcome) -> Report:
    """Every expected mail arrived, no alert under two Message-IDs, none to the wrong one."""
    report = Report()
    _told(calm, rough, report)
    _arrived(rough, report)
    return report


def _told(calm: Outcome, rough: Outcome, report: Report) -> None:
    report.counts |= {
        "things told in the undisturbed run": len(calm.told),
        "things told in this run": len(rough.told),
        "mails of the undisturbed run": len(calm.arrived),
    }
    for said, found in (
        ("told twice", rough.twice),
        ("not told", list(calm.told - rough.told)),
        ("told, and not in the undisturbed run", list(rough.told - calm.told)),
    ):
        report.counts[said] = len(found)
        report.problems += [f"{said}: {each}" for each in sorted(found, key=str)[:10]]
    for said, number in (
        ("still pending", rough.pending),
        ("sent without a mail", rough.without_mail),
    ):
        report.counts[said] = number
        if number:
            report.problems.append(f"{said}: {number}")


def _arrived(rough: Outcome, report: Report) -> None:
    sent = {mail.message_id: mail for mail in rough.mails if mail.status == "sent"}
    known = {mail.message_id for mail in rough.mails}
    arrived = Counter((mail["id"], mail["to"]) for mail in rough.arrived)
    recipients = defaultdict(set)
    for name, to in arrived:
        recipients[name].add(to)
    lost = [name for name, mail in sent.items() if (name, mail.recipient) not in arrived]
    strange = [name for name, _ in arrived if name not in known]
    shared = [name for name, people in recipients.items() if len(people) > 1]
    report.counts |= {
        "mails in the outbox": len(rough.mails),
        "mails sent": len(sent),
        "mails that arrived": len(arrived),
        "of them more than once, same Message-ID": sum(n > 1 for n in arrived.values()),
        "alerts sent": rough.alerts,
    }
    for said, found in (
        ("sent, never arrived", lost),
        ("arrived under a Message-ID that the outbox does not know", strange),
        ("one Message-ID at two recipients", shared),
    ):
        report.counts[said] = len(found)
        report.problems += [f"{said}: {name}" for name in found[:10]]
