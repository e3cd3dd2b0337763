"""What Sources promises: it says of each what the command line says, and why; a check from the page
is the command's own, keeps no request waiting, and cannot be had twice at once."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from communique.pages import sources_checks
from communique.pages.sources_facts import known_sources
from communique.settings import Settings
from communique.source_history import listings_seen
from communique.standing import standings
from scrapers.facts import find, load_sources
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import PUBLISHER, SOURCE, assert_only_text, store_hostile
from tests.communique.pages.house import OMAR, csrf, opened
from tests.servers import Arrival, Reply, Server

SOURCES = "/communique/sources"
HTMX = {"HX-Request": "true"}


def named(body: str) -> list[str]:
    """The sources of the table, in its order."""
    return re.findall(r'<th scope="row"><a href="/communique/sources/(\w+)"', body)


def checked(client: TestClient, source: str, asked: dict[str, str] | None = None) -> str:
    """The fragment that a page polls for, once there is nothing more to poll for."""
    for _ in range(300):
        body = client.get(f"{SOURCES}/{source}/check", params=asked, headers=HTMX).text
        if "hx-trigger" not in body:
            return body
        time.sleep(0.05)
    raise AssertionError("the check does not end")


def wait(ready: Callable[[], bool]) -> None:
    for _ in range(300):
        if ready():
            return
        time.sleep(0.05)
    raise AssertionError("it does not come")


def test_the_table_says_of_each_what_the_command_line_says(
    client: TestClient, demo: DemoStore
) -> None:
    body = client.get(SOURCES).text
    now = demo.settings.clock()
    stands = standings(demo.engine, load_sources(demo.settings.sources), now)
    assert sorted(named(body)) == sorted(one.source for one in stands)
    assert named(body)[0] == stands[0].source  # the worst first
    for one in stands:
        row = body.split(f'href="/communique/sources/{one.source}"', 1)[1].split("</tbody>", 1)[0]
        assert f"state-{one.state}" in row
        assert one.said in unescape(row)


@pytest.mark.parametrize("days", [410, 800])
def test_what_a_listing_had_when_it_was_last_visited_is_known_however_long_ago(
    demo: DemoStore, days: int
) -> None:
    now = demo.settings.clock()
    for source in (one.id for one in load_sources(demo.settings.sources)):
        with demo.engine.connect() as connection:
            soon = listings_seen(connection, source, now)
            late = listings_seen(connection, source, now + timedelta(days=days))
        assert soon == late
        assert all(row["pages"] for row in late)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"state": "blocked"}, ["demo_us_embassy_de"]),
        ({"desk": "media"}, ["demo_telecom_trade"]),
        ({"country": "NL"}, ["demo_cyber_agency", "demo_embassy_nl"]),
        ({"q": "embassy BELGIUM"}, ["demo_embassy_be"]),
        ({"q": "telecom-trade.example"}, ["demo_telecom_trade"]),
        ({"q": "外交部"}, ["demo_mfa_zh"]),
        ({"q": "nobody", "desk": "china"}, []),
        ({"state": "'; DROP"}, []),
    ],
)
def test_filters_leave_what_they_name_with_and_without_script(
    client: TestClient, asked: dict[str, str], kept: list[str]
) -> None:
    whole = client.get(SOURCES, params=asked)
    fragment = client.get(SOURCES, params=asked, headers=HTMX).text
    assert whole.status_code == 200
    assert sorted(named(whole.text)) == kept == sorted(named(fragment))
    assert "<html" not in fragment


def test_a_source_that_nobody_collects_says_so(demo: DemoStore, tmp_path: Path) -> None:
    for file in demo.settings.sources.glob("*.yaml"):
        said = file.read_text(encoding="utf-8")
        off = "- id: demo_mfa_zh\n  enabled: false\n  note: It has moved away"
        (tmp_path / file.name).write_text(said.replace("- id: demo_mfa_zh", off), encoding="utf-8")
    with opened(demo.settings.model_copy(update={"sources": tmp_path})) as client:
        assert named(client.get(SOURCES, params={"state": "disabled"}).text) == ["demo_mfa_zh"]
        body = client.get(f"{SOURCES}/demo_mfa_zh").text
        assert "It has moved away" in body


def test_facts_are_read_again_when_a_file_changes_and_not_before(tmp_path: Path) -> None:
    file = tmp_path / "china.yaml"
    fact = "- {{id: one, publisher: {name}, kind: news, languages: [en], enabled: false, note: no}}"
    file.write_text(fact.format(name="Before"))
    settings = Settings(sources=tmp_path)
    first = known_sources(settings)
    assert known_sources(settings) is first
    file.write_text(fact.format(name="Afterwards"))
    assert known_sources(settings)[0].publisher == "Afterwards"


def test_a_sources_page_shows_its_past_and_leads_to_its_runs_captures_and_statements(
    client: TestClient, demo: DemoStore
) -> None:
    body = client.get(f"{SOURCES}/demo_mfa_en").text
    squares = re.findall(r'<a class="square square-(\w+)" href="([^"]+)"', body)
    assert [state for state, _ in squares] == ["ok", "ok"]
    assert all("/dags/collect/runs/" in address for _, address in squares)
    (listing,) = find(load_sources(demo.settings.sources), "demo_mfa_en").listings
    row = body.split('id="listings"', 1)[1].split("</section>", 1)[0]
    assert listing.url in row
    assert ">listed</td>" in row
    with demo.engine.connect() as connection:
        for table, path in (("statements", "statements"), ("captures", "evidence")):
            query = f"SELECT id FROM communique.{table} WHERE source_id = 'demo_mfa_en' LIMIT 3"
            for number in connection.execute(text(query)).scalars():
                assert f'href="/communique/{path}/{number}"' in body


def test_a_failing_sources_page_says_why_where_and_since_when(client: TestClient) -> None:
    body = client.get(f"{SOURCES}/demo_us_embassy_de").text
    assert "Cloudflare stepped in" in body
    assert 'href="https://de.usembassy.example/news-events/"' in body
    errors = body.split('id="errors"', 1)[1].split("</section>", 1)[0]
    assert "/communique/evidence/" in errors
    assert "status 403" in errors


def test_gaps_and_doubts_are_shown_with_what_to_do(demo: DemoStore) -> None:
    with demo.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO communique.gaps (source_id, run_id, kind, listing, after, before, "
                 "found_at) SELECT 'demo_state', min(id), 'window', 'https://s.example/', '', "
                 "'https://s.example/9', :now FROM communique.runs"), {"now": demo.settings.clock()}
        )  # fmt: skip
        connection.execute(
            text("UPDATE communique.addresses SET suspect = 'the title is the site''s name' "
                 "WHERE id = (SELECT min(id) FROM communique.addresses "
                 "WHERE source_id = 'demo_state')")
        )  # fmt: skip
    with opened(demo.settings) as client:
        body = unescape(client.get(f"{SOURCES}/demo_state").text)
        table = client.get(SOURCES).text
    assert "communique backfill --source demo_state --since 2026-03-02" in body
    assert "the title is the site's name" in body
    assert "doubtful readings: 1" in table
    assert "open gaps: 1" in table


def test_a_source_that_there_is_not_is_not_found(client: TestClient) -> None:
    assert client.get(f"{SOURCES}/nobody").status_code == 404
    assert client.get(f"{SOURCES}/{'x' * 500}").status_code == 422
    answer = client.post(f"{SOURCES}/nobody/check", headers=csrf(client))
    assert answer.status_code == 404


def test_a_check_under_replay_answers_from_the_archive(client: TestClient) -> None:
    begun = client.post(
        f"{SOURCES}/demo_mfa_en/check", headers=csrf(client), follow_redirects=False
    )
    assert (begun.status_code, begun.headers["location"]) == (
        303,
        f"{SOURCES}/demo_mfa_en#check",
    )
    told = checked(client, "demo_mfa_en")
    assert "It works" in told
    assert "Regular Press Conference" in told
    assert "ana" in told
    assert "It works" in client.get(f"{SOURCES}/demo_mfa_en").text  # and without script


def test_a_check_of_a_blocked_source_says_what_does_not_work(client: TestClient) -> None:
    answer = client.post(
        f"{SOURCES}/demo_us_embassy_de/check", headers=csrf(client) | HTMX, follow_redirects=False
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    told = checked(client, "demo_us_embassy_de")
    assert "It does not work" in told
    assert "Cloudflare stepped in" in told


def test_who_may_not_edit_is_told_instead_of_shown_a_button(demo: DemoStore) -> None:
    with opened(demo.settings, **OMAR) as client:
        body = client.get(f"{SOURCES}/demo_mfa_en").text
        assert "<form method=" not in body
        assert "communique sources check demo_mfa_en" in body
        answer = client.post(f"{SOURCES}/demo_mfa_en/check", headers=csrf(client))
        assert answer.status_code == 403


class Slow:
    """Ministries on loopback that answer once they may."""

    def __init__(self, web: Server) -> None:
        self.web, self.asked, self.may = web, list[str](), threading.Event()

    def __call__(self, arrival: Arrival) -> Reply:
        self.asked.append(arrival.path)
        self.may.wait(20)
        return Reply(body="<html><body><p>Nothing is listed here.</p></body></html>")


FACTS = """- id: {id}
  publisher: The ministry of {id}
  kind: ministry
  country: SI
  languages: [en]
  delay: 0
  listings: [{url}/{id}/]
"""


@pytest.fixture
def slow(demo: DemoStore, tmp_path: Path) -> Iterator[tuple[TestClient, Slow]]:
    """A client of pages that check live sources, and these sources."""
    with Server() as web:
        ministries = Slow(web)
        ids = ("one", "two", "three")
        for name in ids:
            web.pages[f"/{name}/"] = ministries
        facts = "".join(FACTS.format(id=name, url=web.url) for name in ids)
        (tmp_path / "europe.yaml").write_text(facts)
        changed = {"sources": tmp_path, "replay": (), "as_of": None}
        changed |= {"allow_addresses": "127.0.0.0/8"}
        settings = type(demo.settings)(**(demo.settings.model_dump(exclude_none=True) | changed))
        with opened(settings) as client:
            yield client, ministries
        ministries.may.set()


def test_a_check_keeps_no_request_waiting_and_is_one_a_source_and_two_in_all(
    slow: tuple[TestClient, Slow],
) -> None:
    client, ministries = slow
    token = csrf(client)
    for name in ("one", "one", "two"):
        began = time.monotonic()
        answer = client.post(f"{SOURCES}/{name}/check", headers=token | HTMX)
        assert answer.status_code == 200
        assert 'hx-trigger="every 2s"' in answer.text
        assert time.monotonic() - began < 10
    busy = client.post(f"{SOURCES}/three/check", headers=token)
    assert busy.status_code == 409
    assert "one and two are being checked" in busy.text
    assert "Look again" in client.get(f"{SOURCES}/one").text
    wait(lambda: bool(ministries.asked))  # they share a host, so whichever comes first
    ministries.may.set()
    told = checked(client, "one")
    assert "It does not work" in told
    assert ministries.asked.count("/one/") == 1
    checked(client, "two")
    assert client.post(f"{SOURCES}/three/check", headers=token | HTMX).status_code == 200
    checked(client, "three")


def test_a_check_that_takes_too_long_ends_and_says_so(
    slow: tuple[TestClient, Slow], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, ministries = slow
    monkeypatch.setattr(sources_checks, "LONGEST", 0.3)
    client.post(f"{SOURCES}/one/check", headers=csrf(client) | HTMX)
    wait(lambda: "/one/" in ministries.asked)
    time.sleep(0.4)
    ministries.may.set()
    assert "It was not done after" in checked(client, "one")


def test_a_check_that_another_server_of_the_house_began_is_asked_for_until_it_must_be_over(
    client: TestClient,
) -> None:
    def polls(begun: float) -> bool:
        body = client.get(
            f"{SOURCES}/demo_mfa_en/check", params={"begun": str(begun)}, headers=HTMX
        ).text
        return "every 2s" in body

    assert polls(time.time() - 5)
    assert not polls(time.time() - sources_checks.LONGEST - 5)
    assert not polls(time.time() + 1_000)
    assert client.get(f"{SOURCES}/demo_mfa_en/check", follow_redirects=False).status_code == 303


def test_what_strangers_write_stays_text(demo: DemoStore, tmp_path: Path) -> None:
    store_hostile(demo.engine)
    quoted = PUBLISHER.replace('"', '\\"').replace("\u202e", "")
    (tmp_path / "china.yaml").write_text(
        f'- {{id: {SOURCE}, publisher: "{quoted}", kind: embassy, country: CN, languages: [en], '
        'listings: ["https://one.example/\'><script>pwned()</script>"]}',
        encoding="utf-8",
    )
    with opened(demo.settings.model_copy(update={"sources": tmp_path})) as client:
        for path in (SOURCES, f"{SOURCES}/{SOURCE}"):
            body = client.get(path).text
            assert "Ministry" in body
            assert_only_text(body)
        client.post(f"{SOURCES}/{SOURCE}/check", headers=csrf(client))
        assert_only_text(checked(client, SOURCE))
