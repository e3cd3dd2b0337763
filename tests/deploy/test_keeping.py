"""What deploy/backup.sh, restore.sh and upgrade.sh promise, run as they stand, with a real
PostgreSQL; tests/deploy/docker.sh stands in for the engine, with which tests.docker runs them."""

from __future__ import annotations

import hmac
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from communique import __version__, embedded
from communique.embedded import server
from tests.command import answer, communique
from tests.communique.post_office import Office, post_office
from tests.servers import Reply, Server

ROOT = Path(__file__).parents[2]
HTML = {"Content-Type": "text/html"}
PAGE = """<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body>
<div class="content_mod"><h2 class="title">{title}</h2><div class="date" id="News_Body_Time"></div>
<div class="content">{text}</div></div></body></html>"""
WORDS = (
    "The spokesperson said that a clean network keeps nobody out of any harbour.",
    "Asked about masts, the ministry called the clean network a net full of holes.",
    "A clean network, the deputy minister wrote, is swept by those who live in it.",
)
RULES = """title: Ours
rules:
  - {id: clean, name: Clean network, severity: notice, query: '"clean network"'}
"""
SOURCE = """- id: ministry
  publisher: A ministry
  kind: ministry
  languages: [en]
  time_zone: Asia/Shanghai
  reader: china_mfa
  delay: 0
  listings: [{url}/press/default.shtml]
"""
READER = "ana@example.org"


@dataclass(frozen=True)
class House:
    """A deployment in a folder: its scripts and secrets, a server, a ministry that it watches, and
    a mail server."""

    folder: Path
    environment: Mapping[str, str]
    web: Server
    office: Office
    socket: str

    def run(self, script: str, *words: str, status: int = 0, **more: str) -> str:
        """What a script of deploy/ said."""
        done = subprocess.run(
            [self.folder / "deploy" / script, *words],
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    @property
    def settings(self) -> dict[str, str]:
        """What our command line is told."""
        given = {k.lower(): v for k, v in self.environment.items() if k.startswith("COMMUNIQUE_")}
        return {name.removeprefix("communique_"): value for name, value in given.items()}

    def engine(self, owner: str = "communique", database: str = "communique") -> Engine:
        """As the owner of a database."""
        return create_engine(f"postgresql+psycopg2://{owner}@/{database}?host={self.socket}")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What the store answers."""
        with self.engine().connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def make_databases(self) -> None:
        """As the first start of an empty server does."""
        script = (ROOT / "deploy/postgres/databases.sh").read_text()
        script = script.replace("/run/secrets/", f"{self.folder}/secrets/")
        told = {**self.environment, "POSTGRES_USER": "postgres"}
        told["PATH"] = f"{told['PROGRAMS']}:{told['PATH']}"
        subprocess.run(["sh", "-s"], input=script, env=told, text=True, check=True)
        with self.engine("airflow", "airflow").begin() as connection:
            made = "CREATE TABLE IF NOT EXISTS dag_run AS SELECT generate_series(1, 7) AS id"
            connection.execute(text(made))

    def wipe(self) -> None:
        """The machine is lost, and another one set up."""
        admin = self.engine("postgres", "postgres").execution_options(isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in ("airflow", "communique", "celery"):
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            for name in ("communique_analyst", "communique_app", "airflow", "communique", "celery"):
                connection.execute(text(f"DROP OWNED BY {name}; DROP ROLE {name}"))
        shutil.rmtree(self.folder / "archive")
        (self.folder / "watchlists/ours.yaml").unlink()
        (self.folder / "watchlists/shipped.yaml").write_text(RULES)
        self.make_databases()

    def publish(self, upto: int) -> None:
        """So many statements stand on the ministry's pages; they are collected and told of."""
        titles = {n: f"Remarks {n} on March 2, 2026" for n in range(1, upto + 1)}
        items = "".join(f'<li><a href="./t{n}.shtml">{t}</a></li>' for n, t in titles.items())
        listing = f'<html><body><div class="newsLst_mod"><ul>{items}</ul></div></body></html>'
        self.web.pages["/press/default.shtml"] = Reply(headers=HTML, body=listing)
        for number, title in titles.items():
            paragraphs = f"<p>{WORDS[number - 1]}</p>" * 3
            page = PAGE.format(title=title, text=paragraphs)
            self.web.pages[f"/press/t{number}.shtml"] = Reply(headers=HTML, body=page)
        communique("collect", settings=self.settings)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    for name in ("deploy", "bin", "watchlists", "sources"):
        (tmp_path / name).mkdir()
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", dirs_exist_ok=True)
    shutil.copy(Path(__file__).with_name("docker.sh"), tmp_path / "bin/docker")
    subprocess.run([tmp_path / "deploy/secrets.sh"], check=True, capture_output=True)
    (tmp_path / "watchlists/ours.yaml").write_text(RULES)
    (tmp_path / "address").write_text("postgresql://communique@/communique")
    programs = Path(embedded.program("psql") or "/").parent
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COMMUNIQUE_", "PG"))}
    with server(tmp_path / "home", "spare") as url, Server() as web, post_office() as office:
        socket = url.split("host=")[1].split("&")[0]
        environment = kept | {
            "PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PROGRAMS": str(programs),
            "NOTES": str(tmp_path / "notes"),
            "MIGRATE": "communique db upgrade",
            "PGHOST": socket,
            "COMMUNIQUE_HOME": str(tmp_path),
            "COMMUNIQUE_DATABASE_URL_FILE": str(tmp_path / "address"),
            "COMMUNIQUE_SOURCES": str(tmp_path / "sources"),
            "COMMUNIQUE_WATCHLISTS": str(tmp_path / "watchlists"),
            "COMMUNIQUE_SMTP_URL": office.url,
            "COMMUNIQUE_TRUSTED_DOMAINS": "example.org",
            "COMMUNIQUE_ALLOW_ADDRESSES": "127.0.0.0/8",
        }
        (tmp_path / "sources/china.yaml").write_text(SOURCE.format(url=web.url))
        made = House(tmp_path, environment, web, office, socket)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PGHOST", socket)
            made.make_databases()
            communique("db", "upgrade", settings=made.settings)
            communique("subscribe", READER, settings=made.settings)
            yield made


def test_what_was_backed_up_comes_back_and_what_was_lost_since_is_told_as_its_operator_says(
    house: House,
) -> None:
    house.publish(1)
    communique("alert", settings=house.settings)
    backup = house.folder / "kept" / "backup.tar"
    said = house.run("backup.sh", str(backup))
    assert "1 statements" in said
    assert backup.stat().st_mode & 0o777 == 0o600
    assert list(backup.parent.iterdir()) == [backup]
    secret = (house.folder / "secrets/communique_db_password").read_bytes()
    assert secret not in backup.read_bytes()
    before = house.rows("SELECT id, key, message_id, sent_at FROM communique.mails ORDER BY id")

    house.publish(2)  # what the backup does not know
    communique("alert", settings=house.settings)
    assert house.office.recipients == [READER] * 2
    archive = {file.name for file in (house.folder / "archive").rglob("*.gz")}
    house.wipe()

    said = house.run("restore.sh", str(backup))
    assert "every row counted" in said
    assert house.rows("SELECT id, key, message_id, sent_at FROM communique.mails") == before
    assert {file.name for file in (house.folder / "archive").rglob("*.gz")} < archive
    assert (house.folder / "watchlists/ours.yaml").read_text() == RULES
    assert not (house.folder / "watchlists/shipped.yaml").exists()
    verified = answer("verify", "--all", settings=house.settings)
    assert (verified["wordings"], verified["failed"], verified["damaged"]) == (1, [], [])
    rights = "SELECT has_table_privilege('communique_analyst', 'communique.mails', 'SELECT')"
    assert house.rows(rights) == [(False,)]

    house.publish(2)
    refused = communique("alert", settings=house.settings, status=1)
    assert "communique db restored" in refused.stderr
    assert len(house.office.arrived) == 2
    waiting = answer("db", "restored", settings=house.settings, status=1)
    assert [one["title"] for one in waiting["alerts"]] == ["Remarks 2 on March 2, 2026"]
    assert waiting["unseen"] == []
    communique("db", "restored", "--told", settings=house.settings)
    communique("alert", settings=house.settings)
    assert len(house.office.arrived) == 2
    house.publish(3)
    communique("alert", settings=house.settings)
    third = house.office.arrived[2:]
    assert [str(mail["To"]) for mail in third] == [READER]
    assert "Remarks 3" in str(third[0]["Subject"])
    assert len({str(mail["Message-ID"]) for mail in house.office.arrived}) == 3


def test_a_backup_that_is_damaged_or_newer_or_meets_a_store_with_statements_changes_nothing(
    house: House,
) -> None:
    house.publish(1)
    backup = house.folder / "backup.tar"
    house.run("backup.sh", str(backup))
    assert "is there already" in house.run("backup.sh", str(backup), status=1)
    whole = backup.read_bytes()
    archived = next((house.folder / "archive").rglob("*.gz")).read_bytes()
    place = whole.index(archived)
    broken = house.folder / "broken.tar"
    damaged = {
        whole[: place + 20] + b"?" + whole[place + 21 :]: "damaged",
        whole[: len(whole) // 2]: "cut short",
        b"not a tar" * 999: "no backup of ours",
        rewritten(whole, version="99.0.0"): "that version or a later one",
        rewritten(whole, archive="s3://elsewhere/archive"): "COMMUNIQUE_ARCHIVE_URL",
        rewritten(whole, format=99): "format 99",
    }
    for content, told in damaged.items():
        broken.write_bytes(content)
        said = house.run("restore.sh", str(broken), status=1, FORCE="1")
        assert told in said
        assert "Nothing was changed" in said
    broken.write_bytes(rewritten(whole, "communique.dump"))
    said = house.run("restore.sh", str(broken), status=1, FORCE="1")
    assert "communique could not be restored" in said
    assert house.rows("SELECT datname FROM pg_database WHERE datname ~ '_restored$'") == []
    assert house.rows("SELECT count(*) FROM communique.statements") == [(1,)]
    assert house.rows("SELECT count(*) FROM communique.keys WHERE name = 'restored'") == [(0,)]
    said = house.run("restore.sh", str(backup), status=1)
    assert "holds 1 statements" in said
    assert "FORCE=1" in said
    assert "stop" not in (house.folder / "notes").read_text()

    house.publish(2)
    house.run("restore.sh", str(backup), FORCE="1")
    assert house.rows("SELECT count(*) FROM communique.statements") == [(1,)]
    assert house.rows("SELECT count(*) FROM pg_database WHERE datname ~ '_(restored|before)$'") == [
        (0,)
    ]
    assert "stop api-server scheduler" in (house.folder / "notes").read_text()


def test_an_upgrade_backs_up_first_and_one_that_fails_says_what_to_do(house: House) -> None:
    house.publish(1)
    notes = house.folder / "notes"
    said = house.run("upgrade.sh")
    (backup,) = (house.folder / "backups").iterdir()
    assert backup.name in said
    asked = "\n".join(notes_of(notes))
    assert asked.index(" stop ") < asked.index(" run ")
    assert " start " not in asked

    notes.unlink()
    said = house.run("upgrade.sh", status=1, MIGRATE="echo 'no room on the disk' >&2; exit 3")
    assert "no room on the disk" in said
    (failed,) = set((house.folder / "backups").iterdir()) - {backup}
    assert f"make restore FILE=backups/{failed.name} FORCE=1" in said
    assert " start " not in "\n".join(notes_of(notes))

    notes.unlink()
    shutil.rmtree(house.folder / "watchlists")
    (house.folder / "watchlists").write_text("in the way")
    (house.folder / "backups").rename(house.folder / "kept")
    (house.folder / "backups").write_text("in the way")
    said = house.run("upgrade.sh", status=1)
    assert "The services run again" in said
    assert "start scheduler" in "\n".join(notes_of(notes))
    assert not any(" run " in line for line in notes_of(notes))


def test_a_version_that_is_left_again_takes_the_backup_that_its_upgrade_made(house: House) -> None:
    house.publish(1)
    house.run("upgrade.sh")
    (made,) = (house.folder / "backups").iterdir()
    whole = made.read_bytes()
    with tarfile.open(fileobj=BytesIO(whole)) as packed:
        manifest = packed.extractfile("MANIFEST.json")
        assert manifest is not None
        version = json.loads(manifest.read())["version"]
    # It is packed by the image of the version that is upgraded to.
    made.write_bytes(rewritten(whole, version=version.replace(__version__, "99.0.0")))
    said = house.run("restore.sh", str(made), FORCE="1")
    assert "every row counted" in said


def test_analysts_may_log_in_where_a_database_is_open_to_nobody_and_after_a_restore(
    house: House,
) -> None:
    communique("db", "analyst", "ana", settings=house.settings)
    backup = house.folder / "backup.tar"
    house.run("backup.sh", str(backup))
    asked = text("SELECT count(*) FROM analyst.statements")
    with house.engine("ana").connect() as connection:
        assert connection.execute(asked).scalar() == 0
    house.run("restore.sh", str(backup))
    with house.engine("ana").connect() as connection:
        assert connection.execute(asked).scalar() == 0


def test_what_a_superuser_added_is_there_after_a_restore_elsewhere(house: House) -> None:
    with house.engine("postgres").begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION vector")
        connection.exec_driver_sql('CREATE ROLE "the chart\'s" LOGIN')
        connection.exec_driver_sql('GRANT USAGE ON SCHEMA analyst TO "the chart\'s"')
        connection.exec_driver_sql('GRANT SELECT ON analyst.coverage TO "the chart\'s"')
    backup = house.folder / "backup.tar"
    house.run("backup.sh", str(backup))
    with house.engine("postgres").begin() as connection:
        connection.exec_driver_sql('DROP OWNED BY "the chart\'s"; DROP ROLE "the chart\'s"')
    house.run("restore.sh", str(backup))
    asked = "has_table_privilege(rolname, 'analyst.coverage', 'SELECT'), rolcanlogin"
    named = "FROM pg_roles WHERE rolname = 'the chart''s'"
    assert house.rows(f"SELECT {asked} {named}") == [(True, False)]
    assert house.rows("SELECT extname FROM pg_extension WHERE extname = 'vector'") == [("vector",)]


def test_what_a_superuser_closed_to_analysts_is_closed_after_a_restore(house: House) -> None:
    closing = (ROOT / "sql/roles.sql").read_text()
    (house.folder / "sql").mkdir()
    (house.folder / "sql/roles.sql").write_text(closing)
    communique("db", "analyst", "ana", settings=house.settings)
    with house.engine("postgres").begin() as connection:
        connection.exec_driver_sql(closing)
    backup = house.folder / "backup.tar"
    house.run("backup.sh", str(backup))
    house.run("restore.sh", str(backup))
    with (
        house.engine("ana").connect() as connection,
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        connection.execute(text("SELECT pg_advisory_lock(1)"))
    with house.engine().begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(1)"))


def test_an_analysts_tool_that_connects_again_and_again_keeps_no_restore_from_its_end(
    house: House,
) -> None:
    communique("db", "analyst", "ana", settings=house.settings)
    backup = house.folder / "backup.tar"
    house.run("backup.sh", str(backup))
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            with suppress(DBAPIError), house.engine("ana").connect() as connection:
                while not over.is_set():
                    connection.execute(text("SELECT pg_sleep(0.01)"))

    tools = [threading.Thread(target=work) for _ in range(2)]
    for tool in tools:
        tool.start()
    try:
        assert "every row counted" in house.run("restore.sh", str(backup))
    finally:
        over.set()
        for tool in tools:
            tool.join()
    with house.engine("ana").connect() as connection:
        connection.execute(text("SELECT count(*) FROM analyst.statements"))


def test_passwords_that_were_lost_are_set_anew_and_nothing_else_changes(house: House) -> None:
    house.publish(1)
    (house.folder / "secrets/airflow_db_password").unlink()
    subprocess.run([house.folder / "deploy/secrets.sh"], check=True, capture_output=True)
    house.make_databases()
    asked = text("SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword <> ''")
    with house.engine("postgres", "postgres").connect() as connection:
        kept = {str(name): str(digest) for name, digest in connection.execute(asked)}
    assert set(kept) == {"airflow", "communique", "celery"}
    for name, digest in kept.items():
        password = (house.folder / f"secrets/{name}_db_password").read_bytes()
        assert is_of(password, digest), name
    assert house.rows("SELECT count(*) FROM communique.statements") == [(1,)]


def is_of(password: bytes, digest: str) -> bool:
    """Whether PostgreSQL's digest (RFC 5802, SCRAM-SHA-256) is that of a password."""
    _, how, keys = digest.split("$")
    rounds, salt = how.split(":")
    salted = pbkdf2_hmac("sha256", password, b64decode(salt), int(rounds))
    stored = sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return stored == b64decode(keys.split(":")[0])


def notes_of(notes: Path) -> list[str]:
    return notes.read_text().splitlines()


def rewritten(backup: bytes, cut: str = "", **changed: object) -> bytes:
    """The same backup with other words in its manifest, or with half of a member, and a manifest
    that says so."""
    out = BytesIO()
    with tarfile.open(fileobj=BytesIO(backup)) as packed, tarfile.open(fileobj=out, mode="w") as to:
        files: dict[str, dict[str, object]] = {}
        for member in packed:
            data = packed.extractfile(member)
            assert data is not None
            content = data.read()
            if member.name == cut:
                content = content[: len(content) // 2]
            if member.name == "MANIFEST.json":
                told = json.loads(content) | {"files": files} | changed
                content = json.dumps(told).encode()
            files[member.name] = {"size": len(content), "sha256": sha256(content).hexdigest()}
            member.size = len(content)
            to.addfile(member, BytesIO(content))
    return out.getvalue()
