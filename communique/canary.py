"""The canary: a mail from every alert run, by whose silence one notices what is silent itself.

It goes the way of an alert: out of a run that has judged, through the outbox, to the mail server.
Whether alerts would be written at all is tried beside it: a built-in text must be found by the
rules in force, or a slip in a watchlist might pass for weeks without news.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select

from communique.addressees import normal_recipient
from communique.choices import SubscriptionError
from communique.mail.clean import shown
from communique.mail.dates import moment
from communique.mails import queue_mail
from communique.notices import tell_maintainers
from communique.rulebook import Rulebook
from communique.rules import Document
from communique.schema import Mail, Revision
from communique.settings import Settings

KIND = "canary"
# So long may runs go on, or stay away, before the silence is an alarm.
LONGEST_SILENCE = timedelta(hours=3)
LOOK = "Run communique canary, and see communique deliveries for what waits and why."
TEXT = Document(
    title="Remarks on the Clean Network",
    text="Asked about the so-called Clean Network, the spokesperson said that to shut Huawei out "
    "of 5G networks without any evidence serves nobody.",
    language="en",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the canary fares. Times are aware. queued_at: of the newest one; sent_at: when the mail
    server last took one, made_at: when that had been queued; both None: never. waiting: how many
    were queued since, waiting_since: the first of them. error: why the last try failed. found:
    watchlist to the rules that found the built-in text in the newest run."""

    queued_at: datetime
    made_at: datetime | None
    sent_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    error: str | None
    found: Mapping[str, Sequence[str]]


def queue_canary(
    engine: Engine, rulebook: Rulebook, settings: Settings, now: datetime
) -> tuple[str, ...]:
    """Queues the mail of an alert run, at most one an hour, to COMMUNIQUE_CANARY; nothing where
    that is not set. now: aware. What is wrong is returned, and told to the maintainers: no rule
    finds the built-in text, or none of these mails has arrived for 3 hours."""
    if not settings.canary:
        return ()
    try:
        recipient = normal_recipient(settings.canary)
    except SubscriptionError as error:
        return (f"COMMUNIQUE_CANARY: {error}",)
    found = self_test(rulebook)
    with engine.begin() as connection:
        key = f"{KIND}:{now.astimezone(timezone.utc):%Y-%m-%dT%H}"
        content = _content(connection, rulebook, found, now)
        queue_mail(connection, KIND, key, recipient, content, now)
        deaf = _tell_deaf(connection, rulebook, settings, now) if not found else None
        late = watch(connection, settings, now)
    return tuple(problem for problem in (deaf, late) if problem)


def self_test(rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """The rules in force that find the built-in text, by watchlist."""
    found: dict[str, list[str]] = defaultdict(list)
    for hit in rulebook.matcher.match(TEXT):
        found[hit.rule.watchlist].append(hit.rule.id)
    return {watchlist: tuple(rules) for watchlist, rules in sorted(found.items())}


def overdue(connection: Connection, settings: Settings, now: datetime) -> str | None:
    """What is wrong where the mail server took no canary for 3 hours in which runs queued one, or
    in which there was no run; None: all is well, or no canary is set. now: aware."""
    trouble = _trouble(connection, now) if settings.canary else None
    return trouble[1] if trouble else None


def watch(connection: Connection, settings: Settings, now: datetime) -> str | None:
    """As `overdue`, and tells the maintainers, once for each silence after the first canary."""
    trouble = _trouble(connection, now) if settings.canary else None
    if trouble is None:
        return None
    key, reason = trouble
    if key:
        tell_maintainers(connection, settings, key, "The canary is silent", (reason,), LOOK, now)
    return reason


def standing(connection: Connection) -> Standing | None:
    """How the canary fares; None: no run has queued one yet."""
    newest = connection.execute(_canaries().limit(1)).one_or_none()
    if newest is None:
        return None
    taken = connection.execute(_canaries().where(Mail.status == "sent").limit(1)).one_or_none()
    later = _canaries().where(Mail.created_at > taken.created_at) if taken else _canaries()
    waiting = connection.execute(later).all()
    return Standing(
        queued_at=newest.created_at,
        made_at=taken.created_at if taken else None,
        sent_at=taken.sent_at if taken else None,
        waiting=len(waiting),
        waiting_since=waiting[-1].created_at if waiting else None,
        error=next((row.last_error for row in waiting if row.last_error), None),
        found=(newest.content or {}).get("found", {}),
    )


def _canaries() -> Select[*tuple[Any, ...]]:
    """The newest first."""
    columns = (Mail.created_at, Mail.sent_at, Mail.last_error, Mail.content)
    by_age = (Mail.created_at.desc(), Mail.id.desc())
    return select(*columns).where(Mail.kind == KIND).order_by(*by_age)


def _trouble(connection: Connection, now: datetime) -> tuple[str | None, str] | None:
    """What makes this silence one of its own (None: there has been no canary yet), and what is to
    be said of it."""
    there = standing(connection)
    if there is None:
        return None, "No alert run has queued a canary yet. Next: communique alert, or its DAG."
    last = f"the last one on {moment(there.sent_at)}" if there.sent_at else "not one so far"
    if now - there.queued_at >= LONGEST_SILENCE:
        return f"canary:no-run:{there.queued_at.isoformat()}", (
            f"No alert run since {moment(there.queued_at)}: nobody is alerted. See the DAG "
            f"“alert”, or run communique alert. The mail server took canaries, {last}."
        )
    since = there.waiting_since
    if since is None or now - since < LONGEST_SILENCE:
        return None
    error = f" The last error: {shown(there.error, 300)}" if there.error else ""
    return f"canary:silent:{since.isoformat()}", (
        f"Runs have queued {there.waiting} canaries since {moment(since)}, and the mail server "
        f"took none of them ({last}). Alerts do not arrive either.{error}"
    )


def _content(
    connection: Connection,
    rulebook: Rulebook,
    found: Mapping[str, Sequence[str]],
    now: datetime,
) -> dict[str, Any]:
    """What the mail says, in the shape of a notice; found: for `standing`."""
    unjudged = select(func.count()).where(Revision.judged_at.is_(None))
    waiting = connection.execute(unjudged).scalar_one()
    by = "; ".join(f"{watchlist}: {', '.join(rules)}" for watchlist, rules in found.items())
    watchlists = len({watchlist for watchlist, _ in rulebook.ids})
    lines = [
        f"An alert run of {moment(now)} queued this mail. It went the way of an alert: that it is "
        "here proves the run, the outbox and the mail server.",
        f"{len(rulebook.ids)} rules of {watchlists} watchlists are in force. A built-in text on "
        f"Huawei, 5G and the Clean Network was found by {by or 'none of them'}.",
        f"Wordings that wait to be judged: {waiting}.",
        *(f"Not in force as written: {problem}" for problem in rulebook.problems),
    ]
    well = bool(found) and not rulebook.problems
    return {
        "subject": f"Canary: {'all is well' if well else 'rules need a look'}",
        "lines": lines,
        "next": "Nothing, as long as such mails come. When they stop, run communique canary."
        if well
        else "Run communique watchlists check.",
        "found": {watchlist: list(rules) for watchlist, rules in found.items()},
    }


def _tell_deaf(
    connection: Connection, rulebook: Rulebook, settings: Settings, now: datetime
) -> str:
    """The alarm that no rule finds the built-in text, once a day."""
    reason = (
        f"None of the {len(rulebook.ids)} rules in force finds a built-in text on Huawei, 5G and "
        "the Clean Network: alerts may be missed."
    )
    day = now.astimezone(timezone.utc).date()
    lines = (reason, f"The text: {TEXT.title}. {TEXT.text}")
    check = "Run communique watchlists check, and look at what was last changed in the watchlists."
    key = f"canary:deaf:{day}"
    tell_maintainers(connection, settings, key, "No rule finds the canary", lines, check, now)
    return reason
