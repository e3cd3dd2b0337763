"""What is due to one recipient becomes one mail: never two, nothing dropped, quiet hours kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.outbox import send_pending
from communique.posting import Assembled, assemble
from communique.settings import Settings
from communique.stories.corrections import merge
from communique.subscriptions import pause, subscribe, unsubscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, Posted, post
from tests.communique.post_office import Office, post_office

RULES = """
rules:
  - {id: plan, name: The plan, severity: urgent, query: '"clean network"'}
  - {id: firm, name: The firm, severity: notice, query: acme}
"""
URGENT, NOTICE = "A clean network shuts nobody out.", "Acme builds it."
ANA = "ana@example.org"
SETTINGS = Settings(mail_from="alerts@example.org")

Judge = Callable[..., list[Posted]]


@pytest.fixture
def judged(engine: Engine, tmp_path: Path) -> Judge:
    """Stores statements with these texts and judges them."""
    for name in ("network", "firms"):
        (tmp_path / f"{name}.yaml").write_text(RULES)
    number = iter(range(100))

    def run(*texts: str) -> list[Posted]:
        made = []
        for words in texts:
            count = next(number)
            url = f"https://one.example/{count}"
            made.append(post(engine, title=f"Remark {count}", text=words, url=url))
        assert judge(engine, load_watchlists(tmp_path), NOW).problems == ()
        return made

    return run


@pytest.fixture
def office() -> Iterator[Office]:
    with post_office() as made:
        yield made


def hears(engine: Engine, recipient: str = ANA, watchlist: str = "network", **choices: Any) -> None:
    with engine.begin() as connection:
        subscribe(connection, recipient, watchlist, NOW, known=["network", "firms"], **choices)


def rows(engine: Engine, query: str) -> Sequence[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def mails(engine: Engine) -> Sequence[tuple[Any, ...]]:
    """Recipient, status, how many alerts, and of these by title."""
    return rows(
        engine,
        "SELECT recipient, status, alerts, by_title FROM analyst.mails ORDER BY mail_id",
    )


def held(engine: Engine) -> Sequence[tuple[Any, ...]]:
    return rows(
        engine,
        "SELECT DISTINCT delivery_id, held_because, mail_id FROM analyst.alerts "
        "WHERE status = 'held' ORDER BY delivery_id",
    )


def sent(engine: Engine, office: Office, now: datetime = NOW) -> list[EmailMessage]:
    """Sends what is due, and returns what arrived."""
    before = len(office.arrived)
    settings = Settings(smtp_url=office.url, mail_from="alerts@example.org")
    assert send_pending(engine, settings, lambda: now).problems == ()
    return office.arrived[before:]


def test_all_that_is_due_to_one_recipient_is_one_mail_the_gravest_first_each_story_once(
    engine: Engine, judged: Judge, office: Office
) -> None:
    hears(engine)
    hears(engine, watchlist="firms")
    hears(engine, "ben@example.org")
    judged(NOTICE, URGENT)
    first, second = sent(engine, office)
    assert [first["To"], second["To"]] == [ANA, "ben@example.org"]
    body = first.get_body(("plain",))
    assert body is not None
    words = body.get_content()
    assert words.index("Remark 1") < words.index("Remark 0")
    assert str(first["Subject"]).startswith("[urgent] 2 alerts: ")
    assert mails(engine) == [(ANA, "sent", 4, 0), ("ben@example.org", "sent", 2, 0)]


def test_a_mails_name_is_fixed_before_anything_is_sent(engine: Engine, judged: Judge) -> None:
    hears(engine)
    judged(URGENT, URGENT)
    assert assemble(engine, SETTINGS, NOW) == Assembled(mails=1, alerts=2)
    assert assemble(engine, SETTINGS, NOW) == Assembled()
    (name,) = rows(engine, "SELECT DISTINCT message_id FROM analyst.alerts")
    assert [name] == rows(engine, "SELECT message_id FROM communique.mails")
    assert name[0].endswith("@example.org>")


def test_two_at_once_put_no_alert_into_two_mails(engine: Engine, judged: Judge) -> None:
    for number in range(6):
        hears(engine, f"reader{number}@example.org", most_a_day=5)
    judged(*[NOTICE] * 8)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: assemble(engine, SETTINGS, NOW), range(4)))
    assert sum(one.alerts for one in made) == 48
    assert sum(one.mails for one in made) == len(mails(engine)) == 6
    assert {row[2:] for row in mails(engine)} == {(8, 3)}


def test_beyond_the_days_most_alerts_are_told_by_title_and_none_is_dropped(
    engine: Engine, judged: Judge, office: Office
) -> None:
    hears(engine, most_a_day=2, zone="Asia/Tokyo")
    judged(NOTICE, NOTICE, URGENT)
    judged(NOTICE)
    (mail,) = sent(engine, office)
    body = mail.get_body(("plain",))
    assert body is not None
    assert all(f"Remark {number}" in body.get_content() for number in range(4))
    brief = "SELECT DISTINCT delivery_id FROM analyst.alerts WHERE by_title ORDER BY 1"
    ids = rows(engine, "SELECT DISTINCT delivery_id FROM analyst.alerts ORDER BY 1")
    assert rows(engine, brief) == [ids[1], ids[3]]
    judged(URGENT)
    sent(engine, office, NOW + timedelta(hours=8, minutes=49))  # 23:59 in Tokyo
    judged(URGENT)
    sent(engine, office, NOW + timedelta(hours=8, minutes=50))
    assert mails(engine) == [(ANA, "sent", 4, 2), (ANA, "sent", 1, 1), (ANA, "sent", 1, 0)]


def test_quiet_hours_put_off_what_is_not_urgent_until_they_end(
    engine: Engine, judged: Judge, office: Office
) -> None:
    hears(engine, quiet="22-7", zone="America/New_York")  # NOW is 1:10 there
    judged(NOTICE, URGENT)
    assert assemble(engine, SETTINGS, NOW) == Assembled(mails=1, alerts=1, put_off=1)
    (mail,) = sent(engine, office)
    assert "Remark 1" in str(mail["Subject"])
    assert sent(engine, office, NOW + timedelta(hours=5, minutes=49)) == []
    due = "SELECT DISTINCT a.status, d.next_try_at FROM analyst.alerts a JOIN communique.deliveries"
    due += " d ON d.id = a.delivery_id WHERE a.status = 'pending'"
    assert rows(engine, due) == [("pending", NOW + timedelta(hours=5, minutes=50))]
    (mail,) = sent(engine, office, NOW + timedelta(hours=5, minutes=50))
    assert "Remark 0" in str(mail["Subject"])


def test_quiet_hours_that_were_given_up_meanwhile_put_nothing_off(
    engine: Engine, judged: Judge, office: Office
) -> None:
    hears(engine, quiet="22-7", zone="America/New_York")
    judged(NOTICE)
    assert sent(engine, office) == []
    hears(engine, quiet="none")
    assert len(sent(engine, office, NOW + timedelta(minutes=1))) == 1


def test_what_became_of_a_subscription_since_its_alert_was_judged_is_why_it_is_held(
    engine: Engine, judged: Judge, office: Office
) -> None:
    people = [f"{name}@example.org" for name in ("ended", "gone", "paused", "unsure", "well")]
    for person in people:
        hears(engine, person)
    judged(URGENT)
    with engine.begin() as connection:
        unsubscribe(connection, people[0], "network", NOW)
        connection.execute(
            text("INSERT INTO communique.recipients (address, disabled_at) VALUES (:who, now())"),
            {"who": people[1]},
        )
        pause(connection, people[2], NOW)
        asked = "UPDATE communique.subscriptions SET confirmed_at = NULL WHERE recipient = :who"
        connection.execute(text(asked), {"who": people[3]})
    assert [mail["To"] for mail in sent(engine, office)] == [people[4]]
    reasons = [
        "subscription ended",
        "address disabled",
        "subscription paused",
        "address not confirmed",
    ]
    assert [row[1:] for row in held(engine)] == [(reason, None) for reason in reasons]


def test_what_a_digest_will_tell_is_in_no_mail_of_its_own(engine: Engine, judged: Judge) -> None:
    hears(engine, how="daily")
    judged(URGENT)
    assert assemble(engine, SETTINGS, NOW) == Assembled()


def merges(engine: Engine, one: Posted, other: Posted) -> None:
    with engine.begin() as connection:
        merge(connection, one.statement, other.statement, NOW)


def test_stories_that_are_one_after_all_are_told_once_by_a_mail_that_nobody_tried(
    engine: Engine, judged: Judge, office: Office
) -> None:
    hears(engine)
    one, other = judged(URGENT, URGENT)
    assemble(engine, SETTINGS, NOW)
    merges(engine, one, other)
    assert [row[1:] for row in held(engine)] == [("same story", None)]
    (mail,) = sent(engine, office)
    assert "Remark 0" in str(mail["Subject"])
    assert mails(engine) == [(ANA, "sent", 1, 0)]


def test_what_was_told_before_a_restore_is_told_no_second_time_by_a_merge(
    engine: Engine, judged: Judge
) -> None:
    hears(engine)
    first, second = judged(URGENT, NOTICE)
    told = text("""
        UPDATE communique.deliveries SET status = 'held', next_try_at = NULL,
            held_because = 'told before the store was restored' WHERE statement_id = :first
    """)
    with engine.begin() as connection:
        connection.execute(told, {"first": first.statement})
    merges(engine, first, second)
    assert [reason for _, reason, _ in held(engine)] == [
        "told before the store was restored",
        "same story",
    ]


def test_a_mail_that_a_merge_leaves_empty_is_held(
    engine: Engine, judged: Judge, office: Office
) -> None:
    hears(engine)
    (one,) = judged(URGENT)
    assert len(sent(engine, office)) == 1
    (other,) = judged(URGENT)
    assemble(engine, SETTINGS, NOW)
    merges(engine, one, other)
    assert sent(engine, office) == []
    assert mails(engine) == [(ANA, "sent", 1, 0), (ANA, "held", 0, 0)]


def test_a_mail_that_was_tried_keeps_its_alerts_whatever_becomes_of_their_stories(
    engine: Engine, judged: Judge, office: Office
) -> None:
    hears(engine)
    one, other = judged(URGENT, URGENT)
    office.data = lambda _: "451 later"
    settings = Settings(smtp_url=office.url, mail_from="alerts@example.org")
    assert send_pending(engine, settings, lambda: NOW).deferred == 1
    merges(engine, one, other)
    office.data = lambda _: None
    assert len(sent(engine, office, NOW + timedelta(minutes=1))) == 1
    assert held(engine) == []
    assert mails(engine) == [(ANA, "sent", 2, 0)]


def test_a_merge_waits_for_a_mail_that_is_being_sent(
    engine: Engine, judged: Judge, office: Office
) -> None:
    hears(engine)
    one, other = judged(URGENT, URGENT)
    with ThreadPoolExecutor(1) as pool:
        merging = []
        office.data = lambda _: merging.append(pool.submit(merges, engine, one, other))
        assert len(sent(engine, office)) == 1
        merging[0].result(30)
    assert held(engine) == []
    assert mails(engine) == [(ANA, "sent", 2, 0)]


def test_putting_stories_right_and_sending_never_wait_for_each_other(
    engine: Engine, judged: Judge, office: Office
) -> None:
    for number in range(4):
        hears(engine, f"reader{number}@example.org")
    posted = judged(*[URGENT] * 6)

    def put_right() -> None:
        for one, other in zip(posted[::2], posted[1::2], strict=True):
            merges(engine, one, other)

    settings = Settings(smtp_url=office.url, mail_from="alerts@example.org")
    with ThreadPoolExecutor(3) as pool:
        senders = [pool.submit(send_pending, engine, settings, lambda: NOW) for _ in range(2)]
        pool.submit(put_right).result(60)
        assert all(sender.result(60).problems == () for sender in senders)
    sent(engine, office)
    told = "SELECT recipient, count(*) FILTER (WHERE status = 'pending'), count(*) FROM"
    everybody = rows(engine, f"{told} communique.deliveries GROUP BY 1")
    assert {row[1:] for row in everybody} == {(0, 6)}
    assert len({mail["Message-ID"] for mail in office.arrived}) == len(office.arrived)
