"""What Today promises: a story once, the gravest first, with its words; what changed and what came
late is said; who could not be checked is seen without colours; a period is that of the reader."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.health import WORST_FIRST
from communique.pages import today_news
from communique.pages.sources_facts import SIGNS
from communique.pages.today_period import WrongPeriod, period
from communique.pages.today_work import quoted
from communique.rules import Document
from communique.search.reading import matcher_of
from communique.settling import settle
from communique.standing import standings
from communique.watchlists import load_watchlists
from scrapers.facts import load_sources
from tests.communique.alert_rows import edit, post
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import assert_only_text, store_hostile
from tests.communique.pages.house import OMAR, opened
from tests.communique.pages.statement_rows import match, rule

TODAY = "/communique/today"
NOW = datetime(2026, 3, 3, 18, tzinfo=timezone.utc)  # the demonstration's clock
HARBOUR = "The harbour's masts will be rebuilt. A clean network needs no such list. It goes on."


def plain(body: str) -> str:
    """What a page says, without its markup."""
    main = body.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def part(body: str, name: str) -> str:
    """A section of the page, by the id of its heading; empty: it has none."""
    found = re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', body, re.DOTALL)
    return found[1] if found else ""


def judged(demo: DemoStore) -> None:
    """Settles and judges what a test has put into the store."""
    settle(demo.engine, NOW)
    judge(demo.engine, load_watchlists(demo.settings.watchlists), NOW)


def test_a_story_is_told_once_with_its_words_and_who_else_posted_it(client: TestClient) -> None:
    urgent = part(client.get(TODAY).text, "urgent")
    assert "2 stories" in plain(f"<main>{urgent}</main>")
    assert urgent.count("Regular Press Conference on March 2") == 1
    assert "外交部发言人（演示）" in urgent  # its Chinese version, of the same story
    assert "<mark>Clean Network</mark>" in urgent
    assert "2 March 2026 (Asia/Shanghai, zone assumed)" in urgent
    assert 'href="/communique/watchlists/clean-network/' in urgent


def test_severities_come_in_their_order_and_each_statement_is_one_click_away(
    client: TestClient,
) -> None:
    body = client.get(TODAY).text
    places = [body.index(f'<section aria-labelledby="{name}">') for name in ("urgent", "notice")]
    assert places == sorted(places)
    for statement in set(re.findall(r'<h3><a href="(/communique/statements/\d+)"', body)):
        assert client.get(statement).status_code == 200


def test_an_edit_is_shown_word_by_word_and_a_withdrawal_named(demo: DemoStore) -> None:
    with demo.engine.begin() as connection:
        statement = connection.execute(
            text("SELECT statement_id FROM communique.matches m JOIN communique.revisions r "
                 "ON r.id = m.revision_id ORDER BY m.id LIMIT 1")
        ).scalar_one()  # fmt: skip
        connection.execute(
            text("INSERT INTO communique.changes (statement_id, kind, at, revision_id) SELECT "
                 "statement_id, 'withdrawn', :at, max(id) FROM communique.revisions "
                 "WHERE statement_id = :id GROUP BY 1"), {"at": NOW, "id": statement}
        )  # fmt: skip
    with opened(demo.settings) as client:
        changed = part(client.get(TODAY).text, "changes")
    assert "<del>firmly opposes</del>" in changed
    assert "<ins>is seriously concerned about</ins>" in changed
    assert ">withdrawn</span>" in changed
    assert f'href="/communique/statements/{statement}"' in changed


def test_what_is_found_long_after_its_date_is_labelled_late(demo: DemoStore) -> None:
    old = NOW.date() - timedelta(days=40)
    post(demo.engine, title="A harbour of old", text=HARBOUR, seen=NOW - timedelta(hours=2), on=old)
    judged(demo)
    with opened(demo.settings) as client:
        told = part(client.get(TODAY).text, "urgent")
    assert "A harbour of old" in told
    assert ">late</span>" in told
    assert "First seen" in told


def test_an_older_story_posted_anew_is_no_news_and_a_backfill_neither(demo: DemoStore) -> None:
    seen = NOW - timedelta(days=5)
    first = post(demo.engine, title="The old harbour plan", text=HARBOUR, seen=seen, on=seen.date())
    settle(demo.engine, seen)
    judge(demo.engine, load_watchlists(demo.settings.watchlists), seen)
    again = NOW - timedelta(hours=1)
    two = {"source": "embassy_two", "url": "https://two.example/1.htm", "seen": again}
    three = {"source": "embassy_three", "url": "https://three.example/1.htm", "seen": again}
    post(demo.engine, title="The harbour plan, reposted", text=HARBOUR, story=first.story, **two)
    old = f"{HARBOUR} Long ago."
    post(demo.engine, title="From the archive", text=old, backfilled=True, **three)
    judged(demo)
    with opened(demo.settings) as client:
        body = client.get(TODAY).text
        assert "reposted" in part(body, "again")
        assert "reposted" not in part(body, "urgent") + part(body, "notice")
        assert "From the archive" not in body
        assert "1 more story came from a backfill" in plain(body)
        week = client.get(TODAY, params={"period": "week"}).text
        assert "The old harbour plan" in part(week, "urgent")


def test_what_a_backfill_brings_takes_no_place_from_what_is_news(
    demo: DemoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(today_news, "TOLD_APART", 4)
    day: dict[str, Any] = {"seen": NOW - timedelta(hours=1), "backfilled": True}
    post(demo.engine, title="The news", text=HARBOUR, seen=NOW - timedelta(hours=2))
    with demo.engine.begin() as connection:
        connection.execute(text("DELETE FROM communique.delivery_matches"))
        connection.execute(text("DELETE FROM communique.matches"))
    judged(demo)
    for number in range(6):
        old: dict[str, Any] = {
            "url": f"https://one.example/old/{number}.htm",
            "on": date(2025, 3, 1 + number),
        }
        words = f"{HARBOUR} Told of the {number}th year, long ago and far away."
        post(demo.engine, title=f"Old {number}", text=words, **old, **day)
    judged(demo)
    with demo.engine.connect() as connection:
        found = today_news.news(connection, NOW - timedelta(days=1), NOW)
        shown = today_news.entries(connection, found.new, NOW - timedelta(days=1))
    assert [entry.facts.title for entry in shown] == ["The news"]
    assert found.backfilled == 6
    assert found.reached is None


def test_what_may_be_left_out_is_said_of_the_least_grave(
    demo: DemoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(today_news, "TOLD_APART", 3)
    with demo.engine.begin() as connection:
        connection.execute(text("DELETE FROM communique.delivery_matches"))
        connection.execute(text("DELETE FROM communique.matches"))
    grave, light = rule(demo.engine, "grave"), rule(demo.engine, "light", "info")
    for number, hours in ((grave, 20), (light, 10), (light, 3), (light, 2)):
        at = NOW - timedelta(hours=hours)
        url = f"https://one.example/{hours}.htm"
        match(demo.engine, post(demo.engine, url=url, seen=at), number, [("text", 0, 2)])
        with demo.engine.begin() as connection:
            last = "UPDATE communique.matches SET created_at = :at WHERE id = (SELECT max(id) FROM "
            connection.execute(text(f"{last} communique.matches)"), {"at": at})
    with demo.engine.connect() as connection:
        found = today_news.news(connection, NOW - timedelta(days=1), NOW)
    assert [one.severity for one in found.new] == ["urgent", "info", "info"]
    assert found.reached == NOW - timedelta(hours=3)  # not of the urgent one, which is 20 h old


def test_what_only_another_reader_of_ours_reads_so_is_no_edit(demo: DemoStore) -> None:
    seen = NOW - timedelta(days=5)
    posted = post(demo.engine, title="On masts", text="Masts and nothing else.", seen=seen)
    settle(demo.engine, seen)
    judge(demo.engine, load_watchlists(demo.settings.watchlists), seen)
    made = edit(demo.engine, posted, "On masts", HARBOUR, seen=NOW - timedelta(hours=3))
    with demo.engine.begin() as connection:
        values = {"id": made.revision}
        connection.execute(
            text("UPDATE communique.revisions SET reader = 'test/2' WHERE id = :id"), values
        )
    judged(demo)
    with opened(demo.settings) as client:
        told = part(client.get(TODAY).text, "urgent")
    assert "On masts" in told
    assert "by an edit" not in told


def test_an_edit_that_makes_a_rule_hold_is_news_by_an_edit(demo: DemoStore) -> None:
    seen = NOW - timedelta(days=5)
    posted = post(demo.engine, title="On masts", text="Masts and nothing else.", seen=seen)
    settle(demo.engine, seen)
    judge(demo.engine, load_watchlists(demo.settings.watchlists), seen)
    edit(demo.engine, posted, "On masts", HARBOUR, seen=NOW - timedelta(hours=3))
    judged(demo)
    with opened(demo.settings) as client:
        assert "by an edit" in part(client.get(TODAY).text, "urgent")


def test_every_source_is_a_square_with_a_sign_and_a_name_in_the_state_it_stands_in(
    client: TestClient, demo: DemoStore
) -> None:
    shown = part(client.get(TODAY).text, "coverage")
    squares = re.findall(r'<a class="square square-(\w+)" href="([^"]+)"[^>]*aria-label="([^"]+)">([^<]*)<', shown)  # noqa: E501  # fmt: skip
    named = {href.rsplit("/", 1)[1]: (state, label, sign) for state, href, label, sign in squares}
    stands = standings(demo.engine, load_sources(demo.settings.sources), NOW)
    assert set(named) == {one.source for one in stands}
    for one in stands:
        state, label, sign = named[one.source]
        assert state == one.state
        assert one.publisher in unescape(label)
        assert one.state.replace("_", " ") in label
        assert sign == SIGNS[one.state]
    assert len({SIGNS[state] for state in WORST_FIRST}) == len(WORST_FIRST)
    assert "Cloudflare stepped in" in shown  # who fails, since when and why, beneath


def test_a_period_begins_at_midnight_of_the_readers_zone() -> None:
    def since(zone: str, chosen: str = "yesterday", asked: str = "") -> datetime:
        return period(chosen, asked, zone, NOW).since.astimezone(ZoneInfo(zone))

    # It is the 4th in Seoul already, and still the 3rd in New York.
    assert since("Asia/Seoul") == datetime(2026, 3, 3, tzinfo=ZoneInfo("Asia/Seoul"))
    assert since("America/New_York") == datetime(2026, 3, 2, tzinfo=ZoneInfo("America/New_York"))
    assert since("UTC", "3 days") == datetime(2026, 2, 28, tzinfo=timezone.utc)
    day = since("Asia/Seoul", asked="2026-03-01")
    assert day == datetime(2026, 3, 1, tzinfo=ZoneInfo("Asia/Seoul"))
    for again in ("Asia/Seoul", "UTC"):
        kept = period("yesterday", "2026-03-01", again, NOW)
        assert period("yesterday", kept.asked["since"], again, NOW).since == kept.since


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Mars/Phobos"},
        {"zone": "../../etc/passwd"},
        {"since": "tomorrow"},
        {"since": "2031-01-01"},
        {"since": "2019-01-01"},
        {"since": "0001-01-01", "zone": "Asia/Seoul"},
        {"period": "aeon"},
        {"section": "nonsense"},
        {"page": "0"},
    ],
)
def test_a_wrong_period_is_said_and_breaks_nothing(
    client: TestClient, wrong: dict[str, str]
) -> None:
    answer = client.get(TODAY, params=wrong)
    assert answer.status_code == 422
    assert "problem" in answer.text
    with pytest.raises(WrongPeriod):
        period("yesterday", "9999-12-31T23:59-23:00", "UTC", NOW)


def test_a_section_goes_on_page_by_page_and_loses_nothing(
    demo: DemoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communique.pages.today.FEW", 2)
    monkeypatch.setattr("communique.pages.today.MANY", 2)
    with opened(demo.settings) as client:
        body = client.get(TODAY).text
        assert part(body, "notice").count("<h3>") == 2
        assert "section=notice" in part(body, "notice")
        found: list[str] = []
        for number in (1, 2, 3):
            asked = {"section": "notice", "page": str(number)}
            told = client.get(TODAY, params=asked).text
            found += re.findall(r'<h2><a href="/communique/statements/(\d+)', told)
        assert "Next page" not in told
        assert "5 stories" in plain(told)
    assert len(set(found)) == len(found) == 5


def test_a_mail_that_did_not_go_out_is_seen_and_its_address_by_who_may_edit_alone(
    demo: DemoStore,
) -> None:
    with demo.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO communique.mails (key, recipient, kind, status, tries, last_error, "
                 "created_at) VALUES ('k1', 'desk-head@example.org', 'alert', 'failed', 6, "
                 "'550 no such desk-head@example.org', :now)"), {"now": NOW}
        )  # fmt: skip
    with opened(demo.settings) as client:
        told = part(client.get(TODAY).text, "mails")
        assert "1 given up" in plain(f"<main>{told}</main>")
        assert "550 no such" in told
        assert "desk-head@example.org" in told
    with opened(demo.settings, **OMAR) as client:
        assert "desk-head@example.org" not in client.get(TODAY).text


def test_an_empty_store_says_what_would_be_here(database_url: str, demo: DemoStore) -> None:
    settings = demo.settings.model_copy(update={"database_url": database_url})
    with opened(settings) as client:
        answer = client.get(TODAY)
    assert answer.status_code == 200
    for said in ("No rule held for anything new", "0 statements were read", "No run has taken"):
        assert said in plain(answer.text)


def test_facts_that_cannot_be_read_hide_no_news(demo: DemoStore, tmp_path: Path) -> None:
    (tmp_path / "china.yaml").write_text("- id: nobody\n")
    with opened(demo.settings.model_copy(update={"sources": tmp_path})) as client:
        body = client.get(TODAY).text
        assert "china.yaml" in part(body, "coverage")
        assert "Regular Press Conference" in part(body, "urgent")
        assert client.get("/communique/sources").status_code == 503


def test_what_strangers_write_stays_text(demo: DemoStore, tmp_path: Path) -> None:
    store_hostile(demo.engine, tmp_path / "rules", NOW - timedelta(hours=1))
    with opened(demo.settings) as client:
        for asked in ({}, {"section": "urgent"}, {"period": "week", "zone": "Asia/Seoul"}):
            body = client.get(TODAY, params=asked).text
            assert "once more" in body
            assert_only_text(body)


@pytest.mark.parametrize(
    "phrase",
    [
        "shut nobody out, and nobody in",
        'the so-called "clean" plan*?\\',
        "净化的网络不是什么网络，也不干净，它只是一份名单而已，谁都看得出来",
        "a " * 60,
    ],
)
def test_a_rising_formulation_can_be_searched_for(phrase: str) -> None:
    said = Document(title="", text=f"They say: {phrase} It is new.", language="en")
    assert matcher_of(quoted(phrase)).match(said), quoted(phrase)


def test_formulations_on_the_rise_name_who_began_them(demo: DemoStore) -> None:
    _share(demo.engine, "every mast that stands upon our coast shall be counted by its owner")
    with opened(demo.settings) as client:
        told = part(client.get(TODAY).text, "rising")
    assert "every mast that stands upon our coast" in told
    assert "Begun by" in told
    assert "/communique/statements?q=%22It+was+said+that+every+mast" in told
    assert "/communique/trends?q=%22It+was+said+that+every+mast" in told


def _share(engine: Engine, phrase: str) -> None:
    """Four statements of four sources, a day apart, that have a passage in common."""
    own = ("Fishermen met at dawn.", "Rain fell on the fair.", "Bells rang twice.", "Snow came.")
    for number, words in enumerate(own):
        seen = NOW - timedelta(days=3 - number, hours=1)
        text_of = f"{words} It was said that {phrase}. {words[::-1]} {number} times {number}."
        post(engine, title=words, text=text_of, source=f"coast_{number}", seen=seen,
             url=f"https://coast{number}.example/1.htm", on=seen.date())  # fmt: skip
        settle(engine, seen)
