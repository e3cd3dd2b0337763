"""What maintainers hear of scheduled runs that failed or are late: through the outbox, once, and at
once. Where the store itself is away, by a mail that needs none, once a day."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from communique.addressees import is_channel, normal_recipient
from communique.choices import SubscriptionError
from communique.database import database
from communique.mail.message import SenderError, sender
from communique.mail.notice import compose_notice
from communique.mail.smtp import Courier, Refused, SmtpUrlError, Unreachable, smtp_server
from communique.mails import message_id
from communique.notices import tell_maintainers
from communique.outbox import send_pending
from communique.settings import Settings

log = logging.getLogger(__name__)

# A notice is sent along with what waited before it; no callback may take for ever over that.
MOST_MAILS = 50
NOBODY = "COMMUNIQUE_MAINTAINERS names nobody: nobody is told"
# DAGs that run every hour, and each time a desk was collected: what lasts would fail each run.
OFTEN, APART = ("alert", "digest", "canary"), 6  # hours from one notice of it to the next
# Notes of what was told without a store, kept so long.
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RunNotice:
    """What is to be told. key: names it, as `tell_maintainers` takes it. lines: what happened, a
    paragraph each; next: what to do about it."""

    key: str
    subject: str
    lines: Sequence[str]
    next: str


def trouble_key(dag_id: str, run_id: str, kind: str, now: datetime) -> str:
    """Names a trouble, so that it is told once: in a run; of a DAG that runs every hour once in
    APART hours, whichever runs it meets. kind: of trouble. now: aware."""
    if dag_id not in OFTEN:
        return f"{dag_id}:{run_id}:{kind}"
    utc = now.astimezone(timezone.utc)
    return f"{dag_id}:{kind}:{utc:%Y-%m-%d}:{utc.hour // APART}"


def tell(settings: Settings, notice: RunNotice, now: datetime) -> str:
    """Tells the maintainers and says, in a line for a log, how that went. now: aware.

    Raises nothing: who calls this has failed already. What could not be told is logged.
    """
    if not settings.maintainers:
        return NOBODY
    try:
        return _by_outbox(settings, notice, now)
    except Exception as error:  # whatever keeps the store from us
        log.warning("the store took no notice: %s: %s", type(error).__name__, error)
        return _directly(settings, notice, error, now)


def _by_outbox(settings: Settings, notice: RunNotice, now: datetime) -> str:
    with database(settings) as engine:
        with engine.begin() as connection:
            queued = tell_maintainers(
                connection,
                settings,
                notice.key,
                notice.subject,
                notice.lines,
                notice.next,
                now,
            )
        if not queued:
            return "the maintainers know already"
        sent = send_pending(engine, settings, settings.clock, limit=MOST_MAILS)
    waits = f"; {'; '.join(sent.problems)}" if sent.problems else ""
    return f"{queued} notices queued for the maintainers, {sent.sent} mails sent{waits}"


def _directly(settings: Settings, notice: RunNotice, why: Exception, now: datetime) -> str:
    """Without a store nothing else can say what was told: a file in HOME does, for this machine."""
    day = now.astimezone(timezone.utc).date()
    mark = settings.home / "notices" / hashlib.sha256(f"no store:{day}".encode()).hexdigest()[:16]
    if not _first(mark):
        return "the store is away; the maintainers were told of that today"
    lines = [
        f"The store cannot be used: {type(why).__name__}: {str(why)[:500]}",
        "So this mail came without it, and today's only one: what else fails until the store is "
        "back stands in Airflow.",
        *notice.lines,
    ]
    content = {"subject": notice.subject, "lines": lines, "next": notice.next}
    try:
        told = _mail(settings, content, f"{notice.key}:{day}", now)
    except (SmtpUrlError, SenderError, Unreachable) as error:
        mark.unlink(missing_ok=True)
        log.error("NOBODY WAS TOLD: %s. %s", notice.subject, error)
        return f"nobody was told: neither the store nor the mail server can be used: {error}"
    if not told:
        mark.unlink(missing_ok=True)
        log.error("NOBODY WAS TOLD: %s", notice.subject)
    return f"the store is away; told by mail: {', '.join(told) or 'nobody'}"


def _first(mark: Path) -> bool:
    """Whether nobody has made this mark before. One that cannot be made is none."""
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        for old in mark.parent.iterdir():
            if old.stat().st_mtime < time.time() - KEPT.total_seconds():
                old.unlink(missing_ok=True)
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError as error:
        log.warning("%s cannot be written: %s", mark, error)
    return True


def _mail(
    settings: Settings, content: Mapping[str, object], key: str, now: datetime
) -> tuple[str, ...]:
    """Mails a notice without the outbox, and says to whom. Channels need the outbox."""
    if not settings.smtp_url:
        raise SmtpUrlError("COMMUNIQUE_SMTP_URL is not set")
    origin, told = sender(settings.mail_from), dict[str, None]()
    with Courier(smtp_server(settings.smtp_url)) as courier:
        for maintainer in settings.maintainers:
            try:
                recipient = normal_recipient(maintainer)
                if recipient in told or is_channel(recipient):
                    continue
                name = message_id(f"notice:{key}:{recipient}", origin.domain)
                mail = compose_notice(content, recipient, origin, name, now)
                courier.send(mail, origin.address, recipient)
            except (SubscriptionError, Refused) as error:
                log.error("%s was not told: %s", maintainer, error)
            else:
                told[recipient] = None
    return tuple(told)
