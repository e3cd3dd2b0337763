"""Mails to the maintainers when something needs their hands: each once, as rows of the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from communique.addressees import normal_recipient
from communique.choices import SubscriptionError
from communique.mail.clean import shown
from communique.mails import queue_mail
from communique.schema import Mail
from communique.settings import Settings

KIND = "notice"
RULES = "rules"
IN_FORCE = "in force"


def tell_maintainers(
    connection: Connection,
    settings: Settings,
    key: str,
    subject: str,
    lines: Sequence[str],
    next_step: str,
    now: datetime,
) -> int:
    """Queues a mail for each maintainer (COMMUNIQUE_MAINTAINERS) and returns for how many it is
    new; a second call with the same key queues nothing. lines: what happened, a paragraph each;
    next_step: what to do about it; now: aware. An entry that is no address is left out: the health
    mail names it."""
    content = {
        "subject": shown(subject, 150),
        "lines": [shown(line, 1_000) for line in lines],
        "next": shown(next_step, 500),
    }
    queued = 0
    for maintainer in _maintainers(settings):
        queued += queue_mail(
            connection, KIND, f"{KIND}:{key}:{maintainer}", maintainer, content, now
        )
    return queued


def tell_of_rules(
    engine: Engine, settings: Settings, problems: Iterable[str], now: datetime
) -> int:
    """Tells the maintainers which watchlists are not in force as they are written, once until what
    is wrong changes, and once more when nothing is any longer. Returns how many mails are new.

    problems: of the rulebook, or of the files as they were loaded; none, where all is in force.
    now: aware.
    """
    said = sorted(set(problems))
    state = hashlib.sha256("\n".join(said).encode("utf-8", "replace")).hexdigest()[:16]
    content = _of_rules(said) | {"state": state if said else IN_FORCE}
    queued = 0
    with engine.begin() as connection:
        for maintainer in _maintainers(settings):
            last = connection.execute(_last(maintainer)).one_or_none()
            before = last.content.get("state") if last else IN_FORCE
            if before != content["state"]:
                key = f"{KIND}:{RULES}:{last.id if last else 0}:{content['state']}:{maintainer}"
                queued += queue_mail(connection, KIND, key, maintainer, content, now)
    return queued


def _of_rules(problems: Sequence[str]) -> dict[str, Any]:
    if not problems:
        return {
            "subject": "Watchlists: all rules are in force again",
            "lines": ["What was wrong with the watchlists has been put right."],
            "next": "Nothing is to be done.",
        }
    return {
        "subject": f"Watchlists: {len(problems)} to be put right",
        "lines": [shown(problem, 1_000) for problem in problems[:20]],
        "next": "Run communique watchlists check, and put the files right. Until then the last "
        "good version of each rule stays in force, where there is one.",
    }


def _last(maintainer: str) -> Any:
    """The last mail about rules that a maintainer has got, or will get."""
    return (
        select(Mail.id, Mail.content)
        .where(Mail.kind == KIND, Mail.recipient == maintainer)
        .where(Mail.key.startswith(f"{KIND}:{RULES}:"))
        .order_by(Mail.id.desc())
        .limit(1)
    )


def _maintainers(settings: Settings) -> list[str]:
    found = dict[str, None]()
    for maintainer in settings.maintainers:
        try:
            found[normal_recipient(maintainer)] = None
        except SubscriptionError:
            continue  # `health_mail` says so each day
    return list(found)
