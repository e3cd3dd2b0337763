"""The mails of the gallery, made as any mail is: posted, judged, put together, sent over SMTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.digests import queue_digests
from communique.outbox import send_pending
from communique.posting import assemble
from communique.runs import register_sources
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from scrapers.sources import Source
from tests.communique.alert_rows import edit, post
from tests.communique.digest_world import turn
from tests.communique.post_office import Office, post_office
from tests.gallery import world

# Where the collector would have put what it fetched.
FILES = text("""
    UPDATE communique.captures SET warc = format('%s/%s/%s.warc.gz', s.desk,
        to_char(fetched_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), s.id)
    FROM communique.sources s WHERE s.id = source_id
""")


FAILING_SINCE = world.NOW - timedelta(days=1, hours=9)
LATE_SINCE = (world.NOW - timedelta(days=61)).date()
# The six that the documentation shows, and which of a run's mails they are.
SHOWN = ("instant", "grouped", "wording", "withdrawn", "digest", "digest-without-news")


def gallery(engine: Engine, folder: Path) -> Mapping[str, EmailMessage]:
    """The mails by name, in the order in which they arrive. engine: of an empty, migrated store;
    folder: for watchlists and source facts."""
    for name, rules in world.WATCHLISTS.items():
        (folder / f"{name}.yaml").write_text(rules, encoding="utf-8")
    sources = world.sources(folder / "sources")
    since = world.NOW - timedelta(days=40)
    register_sources(engine, sources, since)
    known = list(world.WATCHLISTS)
    with engine.begin() as connection:
        for name in known:
            subscribe(connection, world.READER, name, since, known=known)
            more = {"how": "daily", "zone": "Europe/Berlin", "hour": 7}
            subscribe(connection, world.DIGESTED, name, since, known=known, **more)
    with post_office() as office:
        settings = Settings(
            smtp_url=office.url,
            mail_from="Communiqué <alerts@desk.example>",
            pages_url="https://communique.desk.example",
        )
        return _Run(engine, folder, sources, office, settings).mails()


@dataclass(frozen=True)
class _Run:
    engine: Engine
    folder: Path
    sources: Sequence[Source]
    office: Office
    settings: Settings
    found: dict[str, EmailMessage] = field(default_factory=dict)

    def mails(self) -> Mapping[str, EmailMessage]:
        now = world.NOW
        post(self.engine, world.FIRST.post(now - timedelta(days=11)))
        withdrawn = post(self.engine, world.WITHDRAWN.post(now - timedelta(days=3)))
        edited = post(self.engine, world.EDITED.post(now - timedelta(hours=20)))
        self.tell("what came before", now - timedelta(hours=20))
        self.digest("an earlier digest", now - timedelta(minutes=8))
        made = post(self.engine, world.INSTANT.post(now))
        post(self.engine, world.REPOST.post(now + timedelta(minutes=3)), story=made.story)
        self.tell("instant", now + timedelta(minutes=5))
        later = now + timedelta(hours=6)
        edit(self.engine, edited, *world.EDITED_LATER, seen=later, source=world.EDITED.source)
        self.tell("wording", later)
        with self.engine.begin() as connection:
            gone = text("UPDATE communique.statements SET withdrawn_at = :at WHERE id = :id")
            connection.execute(gone, {"at": later, "id": withdrawn.statement})
        self.tell("withdrawn", later + timedelta(minutes=1))
        for number, story in enumerate(world.GROUP):
            post(self.engine, story.post(later + timedelta(minutes=number)))
        self.tell("grouped", later + timedelta(minutes=10))
        self.digest("digest", now + timedelta(days=1, minutes=-5))
        self.digest("digest-without-news", now + timedelta(days=2, minutes=-5))
        return self.found

    def tell(self, name: str, at: datetime) -> None:
        """Judges, puts together and sends what waits at `at`."""
        with self.engine.begin() as connection:
            connection.execute(FILES)
        assert judge(self.engine, load_watchlists(self.folder), at).problems == ()
        assert assemble(self.engine, self.settings, at).problems == ()
        self.send(name, at)

    def digest(self, name: str, at: datetime) -> None:
        """Looks at every source, puts the digests together and sends them."""
        for number, source in enumerate(self.sources):
            error = "The listing answered 503 Service Unavailable."
            failing = {"state": "failing", "error": error, "since": FAILING_SINCE}
            late = {"state": "late", "newest": LATE_SINCE, "since": FAILING_SINCE}
            unwell = {
                "demo_embassy_rs": failing,
                "demo_embassy_ug": failing,
                "demo_embassy_om": late,
            }
            seen = {"newest": (at - timedelta(days=number % 9)).date(), **unwell.get(source.id, {})}
            turn(self.engine, source.id, at - timedelta(minutes=50), **seen)
        assert queue_digests(self.engine, self.settings, self.sources, at).problems == ()
        self.send(name, at)

    def send(self, name: str, at: datetime) -> None:
        before = len(self.office.arrived)
        assert send_pending(self.engine, self.settings, lambda: at).problems == ()
        for mail in self.office.arrived[before:]:
            self.found[name] = mail
