"""The mails of the gallery, made as any mail is: posted, judged, put together, sent over SMTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.outbox import send_pending
from communique.posting import assemble
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import edit, post
from tests.communique.post_office import Office, post_office
from tests.gallery import world

# Where the collector would have put what it fetched.
FILES = text("""
    UPDATE communique.captures SET warc = format('%s/%s/%s.warc.gz', s.desk,
        to_char(fetched_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), s.id)
    FROM communique.sources s WHERE s.id = source_id
""")


def gallery(engine: Engine, folder: Path) -> Mapping[str, EmailMessage]:
    """The mails by name, in the order in which they arrive. engine: of an empty, migrated store;
    folder: for the watchlists."""
    for name, rules in world.WATCHLISTS.items():
        (folder / f"{name}.yaml").write_text(rules, encoding="utf-8")
    with post_office() as office, engine.begin() as connection:
        world.add_sources(connection)
        for name in world.WATCHLISTS:
            subscribe(connection, world.READER, name, world.NOW, known=list(world.WATCHLISTS))
        connection.commit()
        return _alerts(engine, folder, office)


def settings_for(office: Office) -> Settings:
    """Settings under which every kind of link stands in the mails."""
    return Settings(
        smtp_url=office.url,
        mail_from="Communiqué <alerts@desk.example>",
        pages_url="https://communique.desk.example",
    )


def _alerts(engine: Engine, folder: Path, office: Office) -> Mapping[str, EmailMessage]:
    now, found = world.NOW, dict[str, EmailMessage]()

    def told(name: str, at: datetime) -> None:
        before, settings = len(office.arrived), settings_for(office)
        with engine.begin() as connection:
            connection.execute(FILES)
        assert judge(engine, load_watchlists(folder), at).problems == ()
        assert assemble(engine, settings, at).problems == ()
        assert send_pending(engine, settings, lambda: at).problems == ()
        for mail in office.arrived[before:]:
            found[name] = mail

    post(engine, world.FIRST.post(now - timedelta(days=11)))
    told("an unwatched one, echoed later", now - timedelta(days=11))
    edited = post(engine, world.EDITED.post(now - timedelta(hours=20)))
    told("before the edit", now - timedelta(hours=20))
    withdrawn = post(engine, world.WITHDRAWN.post(now - timedelta(days=3)))
    told("before it was withdrawn", now - timedelta(days=3))
    made = post(engine, world.INSTANT.post(now))
    post(engine, world.REPOST.post(now + timedelta(minutes=3)), story=made.story)
    told("instant", now + timedelta(minutes=5))
    later = now + timedelta(hours=6)
    edit(engine, edited, *world.EDITED_LATER, seen=later, source=world.EDITED.source)
    told("wording", later)
    with engine.begin() as connection:
        gone = text("UPDATE communique.statements SET withdrawn_at = :at WHERE id = :id")
        connection.execute(gone, {"at": later, "id": withdrawn.statement})
    told("withdrawn", later + timedelta(minutes=1))
    for number, story in enumerate(world.GROUP):
        post(engine, story.post(later + timedelta(minutes=number)))
    told("grouped", later + timedelta(minutes=10))
    return found
