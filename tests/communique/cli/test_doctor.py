"""Is all well? Whatever is amiss is named, with what to do next, and hides nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

from communique import analysts
from communique.database import upgrade
from communique.settings import project_folder
from tests import command as front_door
from tests.certificates import for_loopback
from tests.communique.cli.clinic import (
    FACTS,
    HEALTH,
    HEALTHY,
    SOURCES,
    Clinic,
    copied,
    dated,
    now,
    well,
)
from tests.communique.post_office import post_office
from tests.database_fixtures import cloned, dropped
from tests.servers import Reply, Server

SECRET = "cl0ak/&dagger"
ENCODED = "cl0ak%2F%26dagger"


@pytest.fixture(scope="module")
def healthy(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    url = cloned(migrated, "clinic")
    with well(tmp_path_factory.mktemp("clinic"), url) as clinic:
        yield clinic
    dropped(url)


@pytest.fixture
def clinic(healthy: Clinic) -> Iterator[Clinic]:
    with copied(healthy) as copy:
        yield copy


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_where_all_is_well_it_says_so_and_leaves_no_trace(clinic: Clinic) -> None:
    mails, visits = len(clinic.office.arrived), len(clinic.web.arrivals)
    files = sorted(clinic.folder.rglob("*"))
    assert clinic.not_ok() == {}
    assert len(clinic.office.arrived) == mails
    assert len(clinic.web.arrivals) == visits
    assert sorted(clinic.folder.rglob("*")) == files


def test_a_person_reads_a_line_for_each_check_and_what_to_do_next(clinic: Clinic) -> None:
    settings = clinic.settings | {"canary": "", "smtp_url": "smtp://127.0.0.1:1"}
    done = front_door.communique("doctor", settings=settings, status=1)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ok      database     PostgreSQL ")
    assert any(
        line.startswith("look    canary       COMMUNIQUE_CANARY is not set") for line in lines
    )
    at = next(i for i, line in enumerate(lines) if line.startswith("broken  mail server"))
    assert "smtp://127.0.0.1:1 cannot be used" in lines[at]
    assert lines[at + 1].startswith("        → ")
    assert lines[-1].endswith("1 broken")


def test_what_cannot_be_read_at_all_is_wrong_usage(clinic: Clinic) -> None:
    settings = clinic.settings | {"archive_url": "ftq://nowhere"}
    done = front_door.communique("doctor", settings=settings, status=2)
    assert "COMMUNIQUE_ARCHIVE_URL" in done.stderr


def test_a_store_that_is_away_hides_nothing_else_and_no_password_is_told(clinic: Clinic) -> None:
    away = f"postgresql://ana:{ENCODED}@127.0.0.1:1/communique"
    found = clinic.doctor(1, database_url=away, smtp_url=f"smtp://ana:{ENCODED}@127.0.0.1:1")
    assert found["database"]["state"] == found["mail server"]["state"] == "broken"
    assert "127.0.0.1:1" in found["database"]["found"]
    assert found["outbox"]["found"] == "not known without the store: see `database`"
    assert found["archive"]["state"] == found["airflow"]["state"] == "ok"
    assert SECRET not in clinic.heard
    assert ENCODED not in clinic.heard


def test_a_password_that_a_server_repeats_is_not_told(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, bundle = for_loopback(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with post_office(context) as office:
        office.mail = lambda _: f"550 not with {SECRET}"
        found = clinic.doctor(1, smtp_url=f"smtp+starttls://ana:{ENCODED}@localhost:{office.port}")
    assert "550 not with ***" in found["mail server"]["found"]
    assert SECRET not in clinic.heard


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ("UPDATE communique.alembic_version SET version_num = '0003'", "lacks"),
        ("UPDATE communique.alembic_version SET version_num = '9999'", "does not know"),
        ("DROP TABLE communique.alembic_version", "nothing was ever migrated"),
    ],
)
def test_a_store_of_another_version_is_broken(clinic: Clinic, spoiled: str, said: str) -> None:
    clinic.run(spoiled)
    found = clinic.doctor(1)["database"]
    assert found["state"] == "broken"
    assert said in found["found"]
    assert "upgrade" in found["next"] or "newer version" in found["next"]


def test_where_there_is_no_store_yet_none_is_made(clinic: Clinic, tmp_path: Path) -> None:
    found = clinic.doctor(0, database_url="", home=str(tmp_path / "new"))
    assert found["database"]["state"] == "look"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ("GRANT SELECT ON communique.mails TO communique_analyst; "
         "GRANT USAGE ON SCHEMA communique TO communique_analyst", "communique.mails"),
        ("GRANT UPDATE (title) ON analyst.statements TO communique_analyst", "analyst.statements"),
        ("REVOKE SELECT ON analyst.stories FROM communique_analyst", "stories"),
        ("DROP TABLE IF EXISTS public.other; CREATE TABLE public.other (a int); "
         "GRANT SELECT ON public.other TO PUBLIC", "public.other"),
    ],
)  # fmt: skip
def test_what_analysts_may_beyond_reading_the_views_is_named(
    clinic: Clinic, spoiled: str, said: str
) -> None:
    clinic.run(*spoiled.split("; "))
    other = "public.other" in said
    found = clinic.doctor(0 if other else 1)["roles"]
    assert found["state"] == ("look" if other else "broken")
    assert said in found["found"]


@pytest.fixture
def login(clinic: Clinic) -> Iterator[str]:
    assert clinic.engine is not None
    upgrade(clinic.engine)  # a copy has not what may be done in a database
    analysts.admit(clinic.engine, "doctor_ana", needs_password=False)
    yield "doctor_ana"
    clinic.run("ALTER ROLE doctor_ana NOCREATEROLE")
    analysts.dismiss(clinic.engine, "doctor_ana")


def test_analysts_are_held_to_their_time_out_or_that_is_broken(clinic: Clinic, login: str) -> None:
    alone = clinic.doctor(1)["analysts"]
    assert alone["state"] == "broken"
    assert "communique db watch" in alone["next"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COMMUNIQUE_")}
    given = {f"COMMUNIQUE_{k.upper()}": v for k, v in clinic.settings.items()}
    watching = [sys.executable, "-c", "from communique.cli import main; main()", "db", "watch"]
    watch = subprocess.Popen(watching, env=kept | given)
    try:
        until = time.monotonic() + 20
        while (found := _analysts(clinic))["state"] != "ok" and time.monotonic() < until:
            time.sleep(0.2)
    finally:
        watch.send_signal(signal.SIGTERM)
        watch.wait()
    assert found["state"] == "ok", found
    assert "60 s" in found["found"]
    assert clinic.doctor(1)["analysts"]["state"] == "broken"


def _analysts(clinic: Clinic) -> dict[str, str]:
    told = json.loads(_answer(clinic))
    return next(one for one in told["checks"] if one["check"] == "analysts")


def _answer(clinic: Clinic) -> str:
    from communique import doctor
    from communique.settings import Settings

    return json.dumps(doctor.as_json(doctor.examine(Settings(**clinic.settings))))


def test_a_login_that_is_more_than_an_analyst_is_named(clinic: Clinic, login: str) -> None:
    clinic.run("ALTER ROLE doctor_ana CREATEROLE", "ALTER ROLE doctor_ana RESET statement_timeout")
    found = clinic.doctor(1)
    assert found["roles"]["state"] == found["analysts"]["state"] == "broken"
    assert login in found["roles"]["found"]
    assert login in found["analysts"]["found"]


def test_a_login_of_services_is_well_and_one_that_may_not_write_is_broken(clinic: Clinic) -> None:
    assert clinic.engine is not None
    upgrade(clinic.engine)  # a copy has not what may be done in a database
    clinic.run("CREATE ROLE doctor_app LOGIN IN ROLE communique_app")
    try:
        url = clinic.engine.url.set(username="doctor_app").render_as_string(hide_password=False)
        assert clinic.not_ok(database_url=url) == {}
        clinic.run("REVOKE INSERT ON communique.mails FROM communique_app",
                   "REVOKE UPDATE ON communique.captures FROM communique_app")  # fmt: skip
        found = clinic.doctor(1, database_url=url)["roles"]
    finally:
        clinic.run("DROP ROLE doctor_app")
    assert found["state"] == "broken"
    assert "captures, mails" in found["found"]


def test_what_an_owner_cannot_close_a_superuser_closes_for_good(clinic: Clinic) -> None:
    """As in docker: who migrates the store is no superuser."""
    assert clinic.engine is not None
    admin = clinic.engine.url.set(database="postgres")
    run_each(admin, "CREATE ROLE doctor_owner LOGIN CREATEROLE",
             "GRANT communique_analyst TO doctor_owner WITH ADMIN OPTION",
             "GRANT pg_read_all_stats, pg_signal_backend TO doctor_owner",
             "CREATE DATABASE doctor_owned OWNER doctor_owner TEMPLATE template0")  # fmt: skip
    superuser = create_engine(admin.set(database="doctor_owned"))
    owned = create_engine(superuser.url.set(username="doctor_owner"))
    url = owned.url.render_as_string(hide_password=False)
    try:
        upgrade(owned)
        assert clinic.doctor(database_url=url)["roles"]["state"] == "ok"  # nobody has a login
        analysts.admit(owned, "doctor_ana", needs_password=False)
        found = clinic.doctor(1, database_url=url)["roles"]
        assert found["state"] == "look"
        loose = "large objects, advisory locks, code in PL/pgSQL, messages in the write-ahead log"
        assert loose in found["found"]
        with superuser.begin() as connection:
            roles = (project_folder("sql") / "roles.sql").read_text()
            connection.exec_driver_sql(roles)
        upgrade(owned)
        assert clinic.doctor(1, database_url=url)["roles"]["state"] == "ok"
        analysts.dismiss(owned, "doctor_ana")
    finally:
        owned.dispose()
        superuser.dispose()
        run_each(admin, "DROP DATABASE doctor_owned WITH (FORCE)", "DROP ROLE doctor_owner")


def run_each(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_a_check_that_dies_hides_no_other(clinic: Clinic) -> None:
    clinic.run("DROP TABLE communique.recipients")
    found = clinic.doctor(1)
    assert found["outbox"]["state"] == "broken"
    assert "recipients" in found["outbox"]["found"]
    assert found["canary"]["state"] == found["collects"]["state"] == "ok"


@contextmanager
def mounted(clinic: Clinic, options: str) -> Iterator[Callable[[], dict[str, dict[str, str]]]]:
    """The doctor in a mount namespace of its own, where the archive is a small file system."""
    archive = clinic.folder / "archive"
    given = {f"COMMUNIQUE_{k.upper()}": v for k, v in clinic.settings.items()}
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COMMUNIQUE_")}
    inside = " && ".join([
        f"mount -t tmpfs -o size=256k tmpfs {archive}",
        f"cp -r {clinic.folder}/kept/. {archive}",
        options.format(archive),
        f"exec {sys.executable} -c 'from communique.cli import main; main()' doctor --json",
    ])  # fmt: skip
    shutil.copytree(archive, clinic.folder / "kept")

    def doctor() -> dict[str, dict[str, str]]:
        done = subprocess.run(
            [*_own_mounts(), "sh", "-c", inside],
            env=kept | given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        return {one["check"]: one for one in json.loads(done.stdout)["checks"]}

    try:
        yield doctor
    finally:
        shutil.rmtree(clinic.folder / "kept")


def _own_mounts() -> list[str]:
    """What runs a command in a mount namespace of its own."""
    own = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount"]
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode == 0:
        return own
    # In a chroot, whose root is no mount.
    return [*own, "--propagation", "unchanged"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("mount -o remount,ro {0}", "Read-only file system"),
        ("(head -c 1m /dev/zero > {0}/filler || true)", "No space left on device"),
    ],
)
def test_an_archive_that_is_full_or_read_only_is_broken(
    clinic: Clinic, options: str, said: str
) -> None:
    with mounted(clinic, options) as doctor:
        found = doctor()
    assert found["archive"]["state"] == found["disk"]["state"] == "broken"
    assert said in found["archive"]["found"]
    assert "make room" in found["archive"]["next"]
    assert found["outbox"]["state"] == "ok"


def test_an_archive_without_the_newest_evidence_is_the_wrong_one(
    clinic: Clinic, tmp_path: Path
) -> None:
    (clinic.folder / "archive").rename(tmp_path / "away")
    try:
        found = clinic.doctor(1)["archive"]
        assert not (clinic.folder / "archive").exists()
    finally:
        (tmp_path / "away").rename(clinic.folder / "archive")
    assert found["state"] == "broken"
    assert "newest evidence is not there" in found["found"]


def test_a_mail_server_that_encrypts_and_lets_us_in_is_well(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, bundle = for_loopback(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with post_office(context) as office:
        office.password = SECRET.encode()
        url = f"smtp+starttls://ana:{ENCODED}@localhost:{office.port}"
        found = clinic.doctor(0, smtp_url=url)["mail server"]
        assert found["state"] == "ok"
        assert office.logins == [(b"ana", SECRET.encode())]
        assert not office.arrived
        refused = clinic.doctor(1, smtp_url=url.replace("cl0ak", "cloak"))["mail server"]
        assert refused["state"] == "broken"
        assert "535" in refused["found"]
        with monkeypatch.context() as other:
            other.setenv("SSL_CERT_FILE", os.devnull)
            stranger = clinic.doctor(1, smtp_url=url)["mail server"]
            assert "certificate" in stranger["found"]


def test_a_mail_server_without_starttls_is_broken_where_that_is_asked_for(clinic: Clinic) -> None:
    with post_office() as office:
        found = clinic.doctor(1, smtp_url=f"smtp+starttls://localhost:{office.port}")["mail server"]
    assert found["state"] == "broken"
    assert "STARTTLS" in found["found"]


def test_a_mail_server_that_will_not_take_our_sender_is_broken(clinic: Clinic) -> None:
    with post_office() as office:
        office.mail = lambda address: f"550 5.7.1 {address}: sender rejected"
        found = clinic.doctor(1, smtp_url=office.url)["mail server"]
        assert not office.arrived
    assert "watch@example.org" in found["found"]
    assert "COMMUNIQUE_MAIL_FROM" in found["found"]


def test_mails_that_wait_too_long_and_those_given_up_are_counted(clinic: Clinic) -> None:
    mail = (
        "INSERT INTO communique.mails (key, recipient, kind, message_id, tries, status, last_error,"
        " created_at, next_try_at) SELECT 'k' || n, 'ana@example.org', 'notice', '<a@b>', 3, '{}',"
        " {}, now() - interval '{} hours', now() + interval '{} h' FROM generate_series(1, {}) n"
    )
    clinic.run(mail.format("failed", "'550 no such user'", 4, 0, 2))
    found = clinic.doctor()["outbox"]
    assert found["state"] == "look"
    assert "given up within a week: 2" in found["found"]
    clinic.run("DELETE FROM communique.mails WHERE key LIKE 'k%'",
               mail.format("pending", "'451 try later'", 5, 1, 3))  # fmt: skip
    found = clinic.doctor(1)["outbox"]
    assert found["state"] == "broken"
    assert "mails that wait: 3, the oldest for 5 h" in found["found"]
    assert "451 try later" in found["found"]
    clinic.run("DELETE FROM communique.mails WHERE key LIKE 'k%'",
               mail.format("pending", "NULL", 5, -5, 1))  # fmt: skip
    assert "nobody has tried" in clinic.doctor(1)["outbox"]["found"]


def test_what_stands_still_for_days_is_late(clinic: Clinic) -> None:
    clinic.run("UPDATE communique.revisions SET judged_at = NULL")
    later = f"{now() + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
    found = clinic.doctor(1, now=later)
    assert found["collects"]["state"] == found["canary"]["state"] == "broken"
    assert "china (last 3 days ago)" in found["collects"]["found"]
    assert "communique collect --desk china" in found["collects"]["next"]
    assert "No alert run since" in found["canary"]["found"]
    assert found["alerting"]["state"] == "look"  # nobody subscribes
    assert "6, the oldest for 3 days" in found["alerting"]["found"]
    assert "COMMUNIQUE_NOW" in found["settings"]["found"]


def test_a_store_put_back_from_a_copy_waits_for_a_word(clinic: Clinic) -> None:
    taken = f"{now() - timedelta(hours=7):%Y-%m-%dT%H:%M:%SZ}"
    front_door.communique("db", "restored", "--taken-at", taken, settings=clinic.settings)
    found = clinic.doctor(1)["alerting"]
    assert found["state"] == "broken"
    assert "communique db restored" in found["next"]


def test_another_clock_in_the_store_or_in_airflow_is_named(clinic: Clinic) -> None:
    name = clinic.settings["database_url"].rpartition("/")[2].partition("?")[0]
    clinic.run("CREATE SCHEMA late",
               "CREATE FUNCTION late.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
               "$$ SELECT pg_catalog.clock_timestamp() - interval '20 seconds' $$",
               f"ALTER DATABASE {name} SET search_path = late, pg_catalog")  # fmt: skip
    found = clinic.doctor()["clock"]
    assert found["state"] == "look"
    assert "the database's clock is 20 s behind" in found["found"]
    with Server() as airflow:
        airflow.pages[HEALTH] = dated(json.dumps(HEALTHY), late=-180)
        found = clinic.doctor(1, airflow=airflow.url)["clock"]
    assert found["state"] == "broken"
    assert "Airflow's clock is 1" in found["found"]
    assert "s ahead" in found["found"]


def test_a_clock_that_most_sources_contradict_is_wrong(clinic: Clinic) -> None:
    """The workers' clock, by what they noted of pages and what these said themselves."""
    ahead = f"{now() + timedelta(minutes=20):%Y-%m-%dT%H:%M:%SZ}"
    front_door.communique("collect", settings=clinic.settings | {"now": ahead})
    found = clinic.doctor(1)["clock"]
    assert found["state"] == "broken"
    assert re.search(r"the web.s clock \(of 3 .*\) is 1,[12]\d\d s behind", found["found"])


def test_facts_and_rules_that_cannot_be_read_are_named(clinic: Clinic, tmp_path: Path) -> None:
    (tmp_path / "china.yaml").write_text(FACTS.format(id="delta", url="https://x").replace(
        "kind: mission", "kind: kiosk"))  # fmt: skip
    (tmp_path / "ours.yaml").write_text("title: Ours\nrules: [{id: ours, name: O, severity: loud}]")
    found = clinic.doctor(1, sources=str(tmp_path))
    assert found["sources"]["state"] == "broken"
    assert found["collects"]["state"] == found["time zones"]["state"] == "look"
    assert "china.yaml" in found["sources"]["found"]
    assert "kiosk" in found["sources"]["found"]
    found = clinic.doctor(1, watchlists=str(tmp_path))
    assert found["watchlists"]["state"] == "broken"
    assert "ours.yaml" in found["watchlists"]["found"]


def test_rules_that_are_not_in_force_or_miss_the_canary_or_a_subscriber_are_named(
    clinic: Clinic, tmp_path: Path
) -> None:
    written = (clinic.folder / "watchlists" / "ours.yaml").read_text()
    (tmp_path / "ours.yaml").write_text(written.replace("notice", "urgent"))
    found = clinic.doctor(watchlists=str(tmp_path))["watchlists"]
    assert found["state"] == "look"
    assert "ours/ours" in found["found"]
    (tmp_path / "ours.yaml").write_text(written.replace("huawei", "kettle").replace("clean", "tea"))
    found = clinic.doctor(1, watchlists=str(tmp_path))["watchlists"]
    assert "no rule finds the canary's text" in found["found"]
    clinic.run("INSERT INTO communique.subscriptions (recipient, watchlist, created_at) "
               "VALUES ('ana@example.org', 'theirs', now())")  # fmt: skip
    found = clinic.doctor(1)["watchlists"]
    assert "theirs has subscribers but no rule in force" in found["found"]


def test_sources_that_fail_are_named_and_where_most_do_it_is_broken(clinic: Clinic) -> None:
    failing = (
        "UPDATE communique.coverage SET state = 'failing', error = 'gone' WHERE source_id IN ({})"
    )
    clinic.run(failing.format("'beta'"))
    found = clinic.doctor()["sources"]
    assert found["state"] == "look"
    assert "3 are watched: 1 failing, 2 ok: beta" in found["found"]
    clinic.run(failing.format("'beta', 'gamma'"))
    assert clinic.doctor(1)["sources"]["state"] == "broken"
    assert len(SOURCES) == 3


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (dated(json.dumps(HEALTHY | {"scheduler": {"status": "unhealthy"}})), "scheduler is unhea"),
        (dated(json.dumps(HEALTHY | {"triggerer": {"status": None}})), "triggerer is not there"),
        (Reply(404, body="no such page"), "answers 404"),
        (Reply(body="<html>Sign in</html>"), "not as Airflow does"),
        (Reply(body="[1]"), "not as Airflow does"),
    ],
)
def test_an_airflow_that_is_ill_or_another_page_is_broken(
    clinic: Clinic, reply: Reply, said: str
) -> None:
    with Server() as airflow:
        airflow.pages[HEALTH] = reply
        found = clinic.doctor(1, airflow=f"{airflow.url}/")["airflow"]
    assert found["state"] == "broken"
    assert said in found["found"]


def test_airflow_is_looked_for_where_the_pages_are_and_said_to_be_away(
    clinic: Clinic,
) -> None:
    pages = f"{clinic.airflow.url}/communique"
    assert clinic.doctor(airflow="", pages_url=pages)["airflow"]["state"] == "ok"
    assert clinic.doctor(airflow="")["airflow"]["state"] == "look"
    refused = clinic.doctor(1, airflow="http://127.0.0.1:1")["airflow"]
    assert "Connection refused" in refused["found"]


def test_where_airflow_cannot_say_which_dags_there_are_that_is_broken(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = f"postgresql://airflow:{ENCODED}@127.0.0.1:1/airflow"
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", away)
    done = front_door.communique("doctor", "--json", settings=clinic.settings, status=1)
    found = {one["check"]: one for one in json.loads(done.stdout)["checks"]}
    assert found["dags"]["state"] == "broken"
    assert "Connection refused" in found["dags"]["found"]
    assert ENCODED not in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_what_airflow_keeps_for_ever_is_noticed(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__LOGGING__BASE_LOG_FOLDER", str(tmp_path))

    def tidy() -> dict[str, str]:
        done = front_door.communique("doctor", "--json", settings=clinic.settings)
        found: dict[str, str] = json.loads(done.stdout)["checks"][-1]
        return found

    assert "nobody tidies" in tidy()["found"]
    note = tmp_path / ".tidied"
    note.write_text("")
    assert tidy()["state"] == "ok"
    os.utime(note, (time.time() - 3 * 86400,) * 2)
    assert tidy()["found"] == "not tidied for 3 days"
    note.write_text("runs: no room left")
    found = tidy()
    assert (found["state"], "no room left" in found["found"]) == ("look", True)


def test_whoever_hangs_is_waited_for_a_few_seconds_and_holds_up_nobody(clinic: Clinic) -> None:
    """A store and a mail server that never say a word, and an Airflow that is never done."""
    begun = time.monotonic()
    with silent() as store, silent() as mail, Server() as airflow:
        airflow.pages[HEALTH] = Reply(body=json.dumps(HEALTHY), head_drip=0.7)
        hanging = {
            "database_url": f"postgresql://ana@127.0.0.1:{store}/communique",
            "smtp_url": f"smtp://127.0.0.1:{mail}",
            "airflow": airflow.url,
        }
        words = ("doctor", "--json")
        done = front_door.communique(*words, settings=clinic.settings | hanging, status=1)
    took = time.monotonic() - begun
    found = {one["check"]: one for one in json.loads(done.stdout)["checks"]}
    states = {found[name]["state"] for name in ("database", "mail server", "airflow")}
    assert states == {"broken"}
    assert "timeout expired" in found["database"]["found"]
    assert "timed out" in found["mail server"]["found"]
    assert found["airflow"]["found"] == "no answer within 10 s"
    assert found["archive"]["state"] == found["time zones"]["state"] == "ok"
    assert took < 30
