"""What the DAGs share: settings out of Airflow's Connections, the open line, and errors that say
what to do next. No DAG in here; nothing heavy is imported before a task runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

# The desks whose sources have a DAG of their own, as scrapers.sources has them.
DESKS = ("china", "united_states", "europe", "asia_pacific", "elsewhere", "media")

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from communique.coverage import SourceCoverage
    from communique.jobs import Line
    from communique.settings import Settings
    from scrapers.values import Finding, ListingSeen


class SourceFailed(Exception):
    """A source needs a maintainer's look: trying again would see the same."""


class SourceUnreachable(Exception):
    """A source did not answer as it should: it may well do so later."""


class MailFailed(Exception):
    """Mail could not be sent: what can still be sent stays in the outbox and is tried again."""


class RuleFailed(Exception):
    """A watchlist, or a statement against it, could not be judged as it should."""


class CanarySilent(Exception):
    """Canaries do not arrive, so neither do alerts. The maintainers have been told."""


class ArchiveDamaged(Exception):
    """Part of the archive does not prove what the store says. The maintainers have been told."""


def airflow_settings(as_of: datetime | None = None) -> Settings:
    """The settings of a task: Connections `communique_db` and `communique_smtp` where they exist,
    else the environment. as_of: the clock of a replay that has none of its own; ignored live.

    Raises ValueError where a Connection cannot be used, saying which and why.
    """
    from communique.connections import DATABASE_CONNECTION, SMTP_CONNECTION, settings_with
    from communique.settings import Settings

    database, smtp = _connection(DATABASE_CONNECTION), _connection(SMTP_CONNECTION)
    settings = settings_with(Settings(), database, smtp)
    if settings.replay and settings.as_of is None:
        return settings.model_copy(update={"as_of": as_of})
    return settings


@contextmanager
def open_airflow_line(as_of: datetime | None = None) -> Iterator[Line]:
    """The store opened and the facts and rules read, with the settings of this task. Its log lines
    say which run they are of."""
    from airflow.sdk import get_current_context

    from communique.database import database
    from communique.jobs import open_line
    from scrapers.about import about

    settings = airflow_settings(as_of)
    with about(run=run_key(get_current_context())), database(settings) as engine:
        yield open_line(settings, engine)


def send_due(as_of: datetime | None = None) -> dict[str, Any]:
    """Mails what is due in the outbox, and says how many. Raises MailFailed while the mail server
    refuses or does not answer, and as long as a mail waits because of that."""
    from communique.outbox import send_pending

    with open_airflow_line(as_of) as line:
        sent = asdict(send_pending(line.engine, line.settings, line.settings.clock))
    if sent["problems"]:
        told = "{sent} mails sent, {deferred} put off, {failed} given up, {waiting} waiting:"
        advice = "Next: look at COMMUNIQUE_SMTP_URL, or Connection communique_smtp."
        raise MailFailed("\n".join([told.format(**sent), *sent["problems"], advice]))
    return sent


def _connection(name: str) -> Connection | None:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found: Connection = Connection.get(name)
    except AirflowNotFoundException:
        return None
    return found


def source_ids(folder: Path, desk: str) -> list[str]:
    """The enabled sources of a desk: their ids alone, since this runs at every parse."""
    file = folder / f"{desk}.yaml"
    if not file.exists():
        return []
    facts = yaml.load(file.read_text(encoding="utf-8"), Loader=_loader()) or []  # noqa: S506
    defaults = facts.get("defaults") or {} if isinstance(facts, dict) else {}
    sources = facts.get("sources") or [] if isinstance(facts, dict) else facts
    return sorted(
        source["id"]
        for source in sources
        if (defaults | source).get("enabled", "true").lower() != "false"
    )


def every_source_id(folder: Path) -> list[str]:
    """The enabled sources of all desks, desk by desk."""
    return [one for desk in DESKS for one in source_ids(folder, desk)]


def _loader() -> type[yaml.BaseLoader] | type[yaml.CBaseLoader]:
    return getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def run_key(context: Mapping[str, Any]) -> str:
    """The name of this DAG run in the store: a retried or cleared task finds its run again."""
    return f"{context['dag'].dag_id}:{context['run_id']}"


def logical_date(context: Mapping[str, Any]) -> datetime:
    """The moment that this DAG run stands for: a run triggered without one stands for when it was
    triggered."""
    run = context["dag_run"]
    moment: datetime = run.logical_date or run.run_after
    return moment


def source_failure(
    coverage: SourceCoverage, desk: str, seen: Sequence[ListingSeen | Finding], *, first_try: bool
) -> SourceFailed | SourceUnreachable:
    """Why a source's task is red, for whoever opens its log: what happened, where the evidence
    lies, what to type next. seen: the visits of this turn that ended in an error.

    SourceUnreachable, worth another try, only the first time and where the server was at fault.
    """
    from scrapers.errors import Broken, ForbiddenAddress, NotText, TooLarge

    lines = [f"{coverage.source} fails since {coverage.since:%Y-%m-%d %H:%M} UTC."]
    lines.append(coverage.error or "No reason was recorded.")
    for visit in seen[:1]:
        if visit.capture is not None and visit.capture.warc:
            lines.append(f"Evidence: {visit.capture.warc}, record {visit.capture.record_id}")
    if len(seen) > 1:
        lines.append(f"In all {len(seen)} addresses of this source could not be read.")
    lines.append("What it stored stays stored, and the other sources went on.")
    lines.append(f"Next: communique coverage --desk {desk}")
    lines.append(f"      communique sources show {coverage.source}")
    away = seen and all(
        isinstance(visit.error, Broken)
        and not isinstance(visit.error, TooLarge | NotText | ForbiddenAddress)
        for visit in seen
    )
    return (SourceUnreachable if away and first_try else SourceFailed)("\n".join(lines))
