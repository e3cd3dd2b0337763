"""Promise: an upgrade loses nothing and tells nothing twice. Stores that past releases left behind
(`tests.upgrades.make`) are brought to this version."""

from __future__ import annotations

import json
import lzma
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from communique import embedded
from communique.demo import archive
from communique.outbox import send_pending
from communique.settings import Settings
from tests.command import answer, communique
from tests.communique.alert_rows import post
from tests.communique.post_office import Office, post_office
from tests.database_fixtures import cloned, dropped

FOLDER = Path(__file__).parent
RELEASES = sorted(path.name for path in FOLDER.iterdir() if (path / "facts.json").exists())
DEMO_SOURCES = Path(archive.__file__).parent / "sources"

Rows = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Past:
    """What a release left. before: every row of every table, as it was."""

    url: str
    engine: Engine
    home: Path
    last_day: datetime
    before: Rows
    columns: Mapping[str, tuple[str, ...]]

    def settings(self, office: Office, **more: str) -> dict[str, str]:
        """What our command line is told."""
        return {
            "home": str(self.home),
            "database_url": self.url,
            "sources": str(self.home / "sources"),
            "smtp_url": office.url,
            "mail_from": "communique@example.org",
            "now": (self.last_day + timedelta(hours=15)).isoformat(),
            **more,
        }


@pytest.fixture(scope="module", params=RELEASES)
def past(
    request: pytest.FixtureRequest, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Past]:
    """A store as a release left it, and its files. The archive lies elsewhere than it did."""
    folder, home = FOLDER / request.param, tmp_path_factory.mktemp("home")
    facts = json.loads((folder / "facts.json").read_text())
    with tarfile.open(folder / "files.tar.gz") as packed:
        packed.extractall(home)  # of ours; Python before 3.11.4 has no filter
    for file in DEMO_SOURCES.glob("*.yaml"):
        with (home / "sources" / file.name).open("a") as out:
            out.write(file.read_text())
    # Of template0: nothing of this version is in it.
    empty = make_url(migrated).set(database="template0").render_as_string(hide_password=False)
    url = cloned(empty, "past")
    psql = embedded.program("psql") or shutil.which("psql") or "psql"
    address = url.replace("postgresql+psycopg2", "postgresql")
    told = [psql, "--quiet", "--set=ON_ERROR_STOP=1", "--no-psqlrc", address]
    script = lzma.decompress((folder / "store.sql.xz").read_bytes())
    loaded = subprocess.run(told, input=script, capture_output=True, check=False)
    assert loaded.returncode == 0, loaded.stderr.decode()
    engine = create_engine(url)
    with engine.begin() as connection:
        moved = "UPDATE communique.captures SET warc = replace(warc, :was, :is)"
        connection.execute(text(moved), {"was": facts["home"], "is": str(home)})
    columns = _columns(engine)
    last_day = datetime.fromisoformat(facts["days"][-1])
    yield Past(url, engine, home, last_day, _rows(engine, columns), columns)
    engine.dispose()
    dropped(url)


@pytest.fixture(scope="module")
def upgraded(past: Past) -> Past:
    """It after two upgrades; before them our commands refuse it."""
    with post_office() as office:
        refused = communique("coverage", settings=past.settings(office), status=1)
        assert "communique db upgrade" in refused.stderr
        for _ in range(2):
            communique("db", "upgrade", settings=past.settings(office))
    return past


def test_every_row_of_a_past_release_is_there_with_its_values(upgraded: Past) -> None:
    empty = {table for table, rows in upgraded.before.items() if not rows}
    assert len(empty) < len(upgraded.before) / 2, empty
    after = _rows(upgraded.engine, upgraded.columns)
    for table, rows in upgraded.before.items():
        if not table.endswith("alembic_version"):
            assert after[table] == rows, table


def test_the_archive_of_a_past_release_still_proves_every_wording(upgraded: Past) -> None:
    with post_office() as office:
        verified = answer("verify", "--all", settings=upgraded.settings(office))
    assert verified["failed"] == verified["damaged"] == []
    assert verified["wordings"] == len(upgraded.before["communique.revisions"])


def test_views_answer_on_what_a_past_release_stored(upgraded: Past) -> None:
    with upgraded.engine.connect() as connection:
        views = connection.execute(
            text("SELECT table_name FROM information_schema.views WHERE table_schema = 'analyst'")
        ).scalars()
        counts = {
            view: connection.execute(text(f"SELECT count(*) FROM analyst.{view}")).scalar_one()
            for view in views.all()
        }
        alerts = connection.execute(text("SELECT delivery_id FROM analyst.alerts")).scalars().all()
    assert counts["statements"] == len(upgraded.before["communique.statements"])
    assert counts["revisions"] == len(upgraded.before["communique.revisions"])
    assert set(alerts) == {one["id"] for one in upgraded.before["communique.deliveries"]}
    assert counts["coverage"]
    assert counts["daily_mentions"]


def test_what_a_past_release_told_is_not_told_again_and_what_is_new_is_told_once(
    upgraded: Past,
) -> None:
    day = upgraded.last_day.isoformat()
    replayed = {"replay": str(upgraded.home / "pages.warc.gz"), "as_of": day}
    with post_office() as office:
        told = upgraded.settings(office)
        desks = ("china", "europe", "united_states", "asia_pacific")
        for desk in desks:
            status = 1 if desk in ("china", "united_states") else 0  # a guard; what is not archived
            communique("collect", "--desk", desk, settings=told | replayed, status=status)
        communique("alert", settings=told)
        communique("digest", settings=told)
        assert office.recipients == []
        after = _rows(upgraded.engine, upgraded.columns)["communique.statements"]
        before = upgraded.before["communique.statements"]
        assert _whoever_reads(after) == _whoever_reads(before)
        post(upgraded.engine)
        communique("alert", settings=told)
        again = send_pending(upgraded.engine, Settings(smtp_url=office.url))
        assert (again.sent, office.recipients) == (0, ["analyst@example.org"])


def test_a_store_that_a_later_version_has_migrated_is_left_alone(upgraded: Past) -> None:
    stands = "UPDATE communique.alembic_version SET version_num = :at"
    with upgraded.engine.begin() as connection:
        was = connection.execute(text("SELECT version_num FROM communique.alembic_version"))
        (head,) = was.scalars()
        connection.execute(text(stands), {"at": "9999"})
    try:
        with post_office() as office:
            for command in (("coverage",), ("db", "upgrade")):
                refused = communique(*command, settings=upgraded.settings(office), status=1)
                assert "migration 9999" in refused.stderr
                assert "later version" in refused.stderr
    finally:
        with upgraded.engine.begin() as connection:
            connection.execute(text(stands), {"at": head})


def _columns(engine: Engine) -> Mapping[str, tuple[str, ...]]:
    """Of every table: partitions under their parent alone."""
    query = text("""
        SELECT n.nspname || '.' || c.relname, array_agg(a.attname ORDER BY a.attnum)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE n.nspname = 'communique' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        GROUP BY 1
    """)
    with engine.connect() as connection:
        return {name: tuple(columns) for name, columns in connection.execute(query)}


def _whoever_reads(statements: Sequence[Any]) -> dict[int, Any]:
    """Statements by number, their readers without a version: a newer one may have read the same."""
    return {row["id"]: {**row, "reader": row["reader"].split("/")[0]} for row in statements}


def _rows(engine: Engine, columns: Mapping[str, tuple[str, ...]]) -> Rows:
    """Every value of these columns, tables in any order, rows in one."""
    out = {}
    with engine.connect() as connection:
        for table, names in columns.items():
            listed = ", ".join(f'"{name}"' for name in names)
            query = text(f"SELECT to_jsonb(t) FROM (SELECT {listed} FROM {table}) t")
            rows = connection.execute(query).scalars()
            out[table] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return out
