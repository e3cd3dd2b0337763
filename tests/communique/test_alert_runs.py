"""An alert run tells the maintainers what keeps it from telling the analysts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from communique.alert_runs import alert_run
from communique.outbox import send_pending
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, post
from tests.communique.post_office import post_office

GOOD = "rules: [{id: plan, name: The plan, severity: urgent, query: '\"clean network\"'}]"


def test_a_broken_watchlist_is_told_once_and_its_last_version_still_alerts(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "network.yaml"
    with post_office() as office:
        settings = Settings(
            smtp_url=office.url,
            mail_from="alerts@example.org",
            maintainers=("keeper@example.org",),
            canary="canary@example.org",
        )

        def run(hours: int) -> int:
            now = NOW + timedelta(hours=hours)
            report = alert_run(engine, load_watchlists(tmp_path), settings, now)
            send_pending(engine, settings, lambda: now)
            return report.matches

        file.write_text(GOOD)
        run(0)
        assert office.recipients == ["canary@example.org"]
        file.write_text(GOOD.replace("clean network", 'clean" AND "'))
        post(engine)
        assert run(1) == 1  # by the last good version
        run(2)
        file.write_text(GOOD)
        run(3)
        to_keeper = [m for m in office.arrived if str(m["To"]) == "keeper@example.org"]
    assert len(to_keeper) == 2
    told = to_keeper[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "network.yaml" in told
    assert "stays in force as version 1" in " ".join(told.split())
    assert "in force again" in str(to_keeper[1]["Subject"])
    assert office.recipients.count("canary@example.org") == 4


def test_a_backfill_of_a_thousand_old_statements_sends_nothing_and_a_late_one_a_labelled_mail(
    engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "network.yaml").write_text(GOOD)
    with engine.begin() as connection:
        for reader in ("ana@example.org", "ben@example.org"):
            subscribe(connection, reader, "*", NOW)
    for number in range(1_000):
        day = date(2020, 1, 1) + timedelta(days=number)
        post(engine, url=f"https://one.example/{number}", on=day, backfilled=True)
    with post_office() as office:
        settings = Settings(smtp_url=office.url, mail_from="alerts@example.org")

        def run(_: int) -> int:
            alert_run(engine, load_watchlists(tmp_path), settings, NOW)
            return send_pending(engine, settings, lambda: NOW).sent

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(run, range(2))) == 0
        text_ = "A clean network of bridges is what the harbour needs, said the mayor's envoy."
        post(engine, url="https://one.example/late", text=text_, on=NOW.date() - timedelta(days=21))
        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(run, range(2))) == 2
        assert run(0) == 0
    assert sorted(office.recipients) == ["ana@example.org", "ben@example.org"]
    assert all("Late: " in str(mail["Subject"]) for mail in office.arrived)


def test_two_runs_at_one_hour_queue_one_canary(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "network.yaml").write_text(GOOD)
    settings = Settings(canary="canary@example.org")
    for _ in range(2):
        alert_run(engine, load_watchlists(tmp_path), settings, NOW)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM communique.mails")).scalar() == 1
