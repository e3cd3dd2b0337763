"""Whether anything was missed, is late or stuck can be read off the metrics, at once and whatever
the store holds or suffers."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, create_engine, event, text

from bench.metrics_store import fill_many
from communique.metrics import PARTS, StoreMetrics, exposition
from communique.metrics_archive import Archive
from communique.metrics_server import serving
from communique.settings import Settings
from scrapers.facts import load_sources
from tests.command import communique
from tests.communique.metrics_world import NOW, SOURCES, fill_all
from tests.database_fixtures import cloned, dropped

MANY = 30_000
# Of a table with so many rows no query may read more than this share, or all of it in one go.
LARGE, SHARE = 5_000, 0.4

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


def _read(said: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(said):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def _metrics(engine: Engine, settings: Settings, archive: Path) -> StoreMetrics:
    return StoreMetrics(engine, settings, SOURCES, Archive(archive.as_uri()))


def _settings(tmp_path: Path, **more: Any) -> Settings:
    return Settings(home=tmp_path, now=NOW, canary="canary@example.org", **more)


def test_what_was_missed_is_late_or_stuck_is_told(engine: Engine, tmp_path: Path) -> None:
    fill_all(engine)
    found = _read(exposition(_metrics(engine, _settings(tmp_path), tmp_path)).decode())

    def one(name: str, **labels: str) -> float:
        return found[f"communique_{name}"][tuple(sorted(labels.items()))]

    def ago(name: str, **labels: str) -> timedelta:
        return NOW - datetime.fromtimestamp(one(name, **labels), timezone.utc)

    assert set(found["communique_part_up"].values()) == {1}
    # missed
    well, failing, never = ({"source": s.id, "desk": s.desk} for s in SOURCES)
    assert one("source_state", **well, state="ok") == 1
    assert one("source_state", **failing, state="failing") == 1
    assert one("source_state", **never, state="never_worked") == 1
    assert one("source_gaps", **failing) == 1
    assert one("source_doubtful", **well) == 1
    assert one("captures_last_day", **well, outcome="new") == 3
    assert one("captures_last_day", **failing, outcome="blocked") == 4
    assert one("listings_last_day", **failing, result="failed") == 2
    assert one("sources_watched", desk="china") == 2
    # late
    assert ago("source_last_turn_timestamp_seconds", **well) == timedelta(hours=6)
    assert ago("source_last_good_timestamp_seconds", **failing) == timedelta(hours=53)
    assert (
        tuple(sorted(never.items())) not in found["communique_source_last_good_timestamp_seconds"]
    )
    assert one("run_duration_seconds", kind="collect", desk="china") == 600
    assert ago("canary_sent_timestamp_seconds") == timedelta(hours=5, minutes=-1)
    assert ago("canary_queued_timestamp_seconds") == timedelta(hours=1)
    assert one("mail_latency_seconds", quantile="0.5") == 1200
    assert one("mails_timed") == 1
    # stuck
    unfinished = ago("run_unfinished_timestamp_seconds", kind="collect", desk="media")
    assert unfinished == timedelta(hours=9)
    assert one("waiting", stage="judging") == 1
    assert ago("waiting_timestamp_seconds", stage="judging") == timedelta(hours=4)
    assert (one("waiting", stage="mailing"), one("waiting", stage="settling")) == (1, 0)
    assert ago("waiting_timestamp_seconds", stage="mailing") == timedelta(minutes=30)
    assert one("outbox_pending", kind="alert") == 1
    assert one("outbox_put_off", kind="alert") == 1
    assert ago("outbox_oldest_timestamp_seconds", kind="alert") == timedelta(hours=2)
    assert one("mails_last_week", kind="alert", status="failed") == 1
    assert one("recipients_disabled") == 1


@pytest.fixture(scope="module")
def large(migrated: str) -> Iterator[Engine]:
    """A store of some size: the shipped sources, and turns, mails and deliveries of months."""
    url = cloned(migrated, "metrics_large")
    engine = create_engine(url)
    fill_many(engine, load_sources(Settings().sources), MANY, NOW)
    yield engine
    engine.dispose()
    dropped(url)


def test_no_query_reads_a_large_table_whole(large: Engine, tmp_path: Path) -> None:
    sent: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent[statement] = parameters

    settings, sources = _settings(tmp_path), load_sources(Settings().sources)
    event.listen(large, "before_cursor_execute", note)
    try:
        begun = time.monotonic()
        said = exposition(StoreMetrics(large, settings, sources, Archive(tmp_path.as_uri())))
        took = time.monotonic() - begun
    finally:
        event.remove(large, "before_cursor_execute", note)
    assert took < 5, f"{took:.1f} s for a store of {MANY} statements"
    assert b'part_up{part="sources"} 1.0' in said
    assert len([query for query in sent if "communique." in query]) > 10
    with large.connect() as connection:
        rows = connection.execute(
            text("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND reltuples > :l"),
            {"l": LARGE},
        )
        sizes = {row.relname: row.reltuples for row in rows}
        assert {"mails", "deliveries", "coverage", "statements", "revisions"} <= set(sizes)
        for query, parameters in sent.items():
            explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {query}"
            ((found,),) = connection.exec_driver_sql(explain, parameters).scalars()
            for node in _nodes(found["Plan"]):
                _holds(node, sizes, query)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _holds(node: dict[str, Any], sizes: dict[str, float], query: str) -> None:
    size = sizes.get(node.get("Relation Name", ""))
    if size is None:
        return
    dropped_rows = node.get("Rows Removed by Filter", 0)
    read = (node["Actual Rows"] + dropped_rows) * node["Actual Loops"]
    said = f"{node['Node Type']} of {node['Relation Name']}: {read:.0f} of {size:.0f}\n{query}"
    assert node["Node Type"] != "Seq Scan", said
    assert read < SHARE * size, said


def test_what_waits_for_its_digest_or_for_morning_is_not_stuck(
    engine: Engine, tmp_path: Path
) -> None:
    fill_all(engine)
    put_off = text("UPDATE communique.deliveries SET next_try_at = :due WHERE mail_id IS NULL")
    for due in (None, NOW + timedelta(hours=3)):
        with engine.begin() as connection:
            connection.execute(put_off, {"due": due})
        said = exposition(_metrics(engine, _settings(tmp_path), tmp_path)).decode()
        found = _read(said)["communique_waiting"]
        assert found[(("stage", "mailing"),)] == 0


def test_a_store_that_is_away_is_told_and_ends_nothing(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and nobody listens
        url = f"postgresql+psycopg2://u:secret@127.0.0.1:{nobody.getsockname()[1]}/d"
        engine = create_engine(url)
        metrics = _metrics(engine, _settings(tmp_path), tmp_path)
        with serving(metrics, "127.0.0.1", 0) as port:
            said = _get(port, "/metrics")
            found = _read(said)
            assert set(found["communique_part_up"].values()) == {0}
            assert len(found["communique_part_up"]) == len(PARTS)
            assert "communique_archive_free_bytes" in found
            assert "secret" not in said
            assert _get(port, "/healthy") == "ok\n"
            with pytest.raises(urllib.error.HTTPError):
                _get(port, "/")


def test_a_part_that_cannot_be_read_hides_no_other(engine: Engine, tmp_path: Path) -> None:
    fill_all(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE communique.gaps RENAME TO elsewhere"))
    found = _read(exposition(_metrics(engine, _settings(tmp_path), tmp_path)).decode())
    up = {labels[0][1]: value for labels, value in found["communique_part_up"].items()}
    assert up.pop("sources") == 0
    assert set(up.values()) == {1}
    assert "communique_outbox_pending" in found


def test_many_scrapes_at_once_ask_the_store_once(engine: Engine, tmp_path: Path) -> None:
    fill_all(engine)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    with serving(_metrics(engine, _settings(tmp_path), tmp_path), "127.0.0.1", 0) as port:
        threads = [threading.Thread(target=_get, args=(port, "/metrics")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len([query for query in asked if "communique.mails WHERE status" in query]) == 1


def test_nothing_of_a_stranger_is_in_them_but_ids_of_ours(engine: Engine, tmp_path: Path) -> None:
    """A recipient's, publisher's or page's words could break the format, or tell too much."""
    fill_all(engine)
    said = exposition(_metrics(engine, _settings(tmp_path), tmp_path)).decode()
    assert "@" not in said
    assert "https://" not in said


def test_the_archive_is_counted_and_whoever_asks_does_not_wait_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "archive" / "china" / "2026-03-01"
    archive = Archive((tmp_path / "archive").as_uri())
    assert (archive.measured().bytes, archive.measured().free is not None) == (None, True)
    assert archive.count()
    assert archive.measured().files == 0
    folder.mkdir(parents=True)
    (folder / "a.warc.gz").write_bytes(b"x" * 1_000)
    (folder.parent / "b.warc.gz").write_bytes(b"y" * 500)
    assert archive.count()
    assert (archive.measured().bytes, archive.measured().files) == (1_500, 2)
    assert not archive.count(timedelta(0))
    assert archive.measured().bytes == 1_500
    nowhere = Archive("memory://nowhere")
    assert nowhere.count()
    assert (nowhere.measured().files, nowhere.measured().free) == (0, None)
    beside = Archive(
        "memory://nowhere", tmp_path / "not yet"
    ).measured()  # a full disk stops it too
    assert beside.free is not None
    assert beside.disk == archive.measured().disk


def test_the_command_prints_them_or_serves_them_until_it_is_stopped(
    database_url: str, tmp_path: Path
) -> None:
    settings = {"database_url": database_url, "home": str(tmp_path)}
    printed = communique("metrics", settings=settings).stdout
    assert 'communique_part_up{part="outbox"} 1.0' in printed
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {f"COMMUNIQUE_{k.upper()}": v for k, v in settings.items()}
    command = [sys.executable, "-c", "from communique.cli import main; main()", "-v", "metrics"]
    served = subprocess.Popen(
        [*command, "--serve", f"127.0.0.1:{port}"],
        env=environment | {"COMMUNIQUE_LOG": "json"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stderr is not None
        line = json.loads(served.stderr.readline())
        assert line["event"] == f"metrics at http://127.0.0.1:{port}/metrics"
        assert 'communique_part_up{part="outbox"} 1.0' in _get(port, "/metrics")
        served.send_signal(signal.SIGTERM)
        assert served.wait(timeout=20) == 0
    finally:
        served.kill()
        served.communicate()


def test_a_wrong_place_is_a_mistake_and_a_missing_store_an_exit_status(tmp_path: Path) -> None:
    settings = {"home": str(tmp_path), "database_url": "postgresql://u:p@127.0.0.1:1/d"}
    said = communique("metrics", "--serve", "9469", settings=settings, status=2)
    assert "HOST:PORT" in said.stderr
    assert "does not answer" in communique("metrics", settings=settings, status=1).stderr


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return str(answer.read().decode())
