"""From unjudged wordings to the outbox: none twice, none missed, no silence without reason."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from communique import refusals
from communique.alerting import AlertReport, judge
from communique.rulebook import sync_rules
from communique.schema import Change
from communique.settling import settle
from communique.subscriptions import subscribe, unsubscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, Posted, edit, post

NETWORK = """
title: The network plan
rules:
  - {id: plan, name: The plan, severity: urgent, query: '"clean network"'}
  - {id: firm, name: The firm, severity: notice, query: acme}
"""
TALKS = "rules: [{id: talks, name: Talks, severity: info, query: '\"talks go on\"'}]"
TITLE = "On the so-called network plan"
BODY = "We regret the plan. A clean network shuts nobody out. Talks go on."

Judge = Callable[..., AlertReport]


@pytest.fixture
def watchlists(tmp_path: Path) -> Path:
    folder = tmp_path / "watchlists"
    folder.mkdir()
    (folder / "network.yaml").write_text(NETWORK)
    (folder / "talks.yaml").write_text(TALKS)
    return folder


@pytest.fixture
def judged(engine: Engine, watchlists: Path) -> Judge:
    """Subscribes ana to `network`, and judges whenever it is called."""
    hears(engine, "ana@example.org")

    def run(now: datetime = NOW, **options: Any) -> AlertReport:
        return judge(engine, load_watchlists(watchlists), now, **options)

    return run


def hears(engine: Engine, email: str, watchlist: str = "network") -> None:
    with engine.begin() as connection:
        subscribe(connection, email, watchlist, NOW, known={watchlist})


def rows(engine: Engine, query: str) -> Sequence[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def told(engine: Engine) -> Sequence[tuple[object, ...]]:
    """Every delivery as (kind, status, held_because), in order."""
    return rows(engine, "SELECT kind, status, held_because FROM communique.deliveries ORDER BY id")


def test_a_story_is_told_once_per_subscription_however_many_sources_post_it(
    engine: Engine, judged: Judge
) -> None:
    hears(engine, "ben@example.org")
    first = post(engine)
    for number in range(3):
        post(
            engine, source=f"mission_{number}", url=f"https://{number}.example/", story=first.story
        )
    report = judged()
    assert (report.judged, report.queued, report.held) == (4, 2, {"same story": 6})
    assert judged() == AlertReport(0, 0, 0, {}, ())
    recipients = "SELECT recipient, statement_id FROM analyst.alerts WHERE status = 'pending'"
    assert rows(engine, recipients) == [
        ("ana@example.org", first.statement),
        ("ben@example.org", first.statement),
    ]


def test_all_rules_of_a_watchlist_share_one_alert_and_other_watchlists_are_others_business(
    engine: Engine, judged: Judge
) -> None:
    post(engine, text=BODY + " Acme builds it.")
    report = judged()
    assert (report.matches, report.queued) == (3, 1)
    seen = "SELECT watchlist, rule, rule_version, severity FROM analyst.alerts ORDER BY rule"
    assert rows(engine, seen) == [
        ("network", "firm", 1, "notice"),
        ("network", "plan", 1, "urgent"),
    ]


@pytest.mark.parametrize(
    ("title", "body", "outcome"),
    [
        pytest.param(TITLE, BODY.replace("nobody", "no one"), ("pending", None), id="inside"),
        pytest.param(TITLE.upper(), BODY, ("held", "same passage"), id="unmatched title"),
        pytest.param(
            TITLE, BODY.replace("go on", "rest"), ("held", "same passage"), id="elsewhere"
        ),
        pytest.param(TITLE, BODY.replace(" A ", "\n\nA  "), ("held", "same passage"), id="blanks"),
        pytest.param(TITLE, BODY + " Acme builds it.", ("pending", None), id="another rule"),
        pytest.param(TITLE, "We regret the plan. Talks go on.", ("pending", None), id="taken out"),
    ],
)
def test_an_edit_is_told_where_it_touches_a_matched_passage(
    engine: Engine, judged: Judge, title: str, body: str, outcome: tuple[str, str | None]
) -> None:
    posted = post(engine)
    judged()
    edit(engine, posted, title, body)
    judged(NOW + timedelta(hours=6))
    assert told(engine)[1:] == [("wording", *outcome)]
    linked = "SELECT count(*) FROM analyst.alerts WHERE kind = 'wording'"
    assert rows(engine, linked)[0][0] != 0


def test_an_edit_is_told_though_a_newer_reader_than_the_first_had_read_what_stood(
    engine: Engine, judged: Judge
) -> None:
    first = post(engine)
    judged()
    second = edit(engine, first, TITLE, BODY.replace("nobody", "no one"))
    with engine.begin() as connection:
        connection.execute(text(
            f"UPDATE communique.revisions SET reader = 'test/2' WHERE id = {second.revision}; "
            "INSERT INTO communique.changes "
            "(statement_id, kind, at, revision_id, earlier_revision_id) VALUES "
            f"({first.statement}, 'edited', now(), {second.revision}, {first.revision})"
        ))  # fmt: skip
    assert judged().queued == 1
    assert told(engine)[1:] == [("wording", "pending", None)]


@pytest.mark.parametrize("often", [True, False], ids=["one by one", "all at once"])
def test_an_edit_that_first_makes_a_rule_hold_is_new_unless_the_story_was_told(
    engine: Engine, judged: Judge, often: bool
) -> None:
    first = post(engine, text="Talks go on.")
    repost = post(
        engine, source="two", url="https://two.example/", text="Talks.", story=first.story
    )
    for each in (first, repost):
        edit(engine, each, TITLE, BODY)
        if often:
            judged()
    judged()
    assert told(engine) == [("new", "pending", None), ("wording", "pending", None)]


def test_an_edit_elsewhere_that_makes_another_rule_hold_is_told(
    engine: Engine, judged: Judge, watchlists: Path
) -> None:
    calm = "  - {id: calm, name: Calm, severity: info, query: shuts NOT regret}\n"
    (watchlists / "network.yaml").write_text(NETWORK + calm)
    posted = post(engine)
    judged()
    edit(engine, posted, TITLE, BODY.replace("regret", "welcome"))
    assert judged().queued == 1


def test_a_rule_that_is_younger_than_an_edit_elsewhere_tells_nothing_of_it(
    engine: Engine, judged: Judge, watchlists: Path
) -> None:
    posted = post(engine)
    judged()
    more = "  - {id: shuts, name: Shuts, severity: info, query: shuts}\n"
    (watchlists / "network.yaml").write_text(NETWORK + more)
    edit(engine, posted, TITLE, BODY + " Good day.")
    assert judged().held == {"same passage": 1}


def test_the_same_edit_by_a_repost_is_told_once_but_a_later_one_again(
    engine: Engine, judged: Judge
) -> None:
    first = post(engine)
    repost = post(engine, source="two", url="https://two.example/", story=first.story)
    judged()
    edited = BODY.replace("nobody", "no one")
    for each in (first, repost):
        edit(engine, each, TITLE, edited)
    assert judged().held == {"same story": 1}
    edit(engine, first, TITLE, BODY + " Good day.")
    edit(engine, first, TITLE, edited + " Good night.")
    assert judged().queued == 2


def test_a_wording_that_stands_again_is_told_again_once_though_others_had_the_same_edit(
    engine: Engine, judged: Judge
) -> None:
    first = post(engine)
    repost = post(engine, source="two", url="https://two.example/", story=first.story)
    judged()
    said = BODY.replace("nobody", "no one")
    changed = [edit(engine, each, TITLE, said) for each in (first, repost)]
    for one, before in zip(changed, (first, repost), strict=True):
        noted(engine, "edited", one, before)
    assert judged().queued == 1  # the first one's; the repost says the same
    noted(engine, "restored", repost, changed[1])
    assert judged().queued == 1
    noted(engine, "restored", changed[1], repost)
    assert judged().queued == 1
    noted(engine, "restored", first, changed[0])
    noted(engine, "restored", changed[0], first)
    assert judged().queued == 0  # as the repost did
    noted(engine, "restored", first, changed[0])
    assert judged().queued == 1  # once more than the repost


def noted(engine: Engine, kind: str, one: Posted, before: Posted) -> None:
    """What intake notes of an edit."""
    ids = {"revision_id": one.revision, "earlier_revision_id": before.revision}
    with engine.begin() as connection:
        number = len(connection.execute(text("SELECT FROM communique.changes")).all())
        at = {"statement_id": one.statement, "kind": kind, "at": NOW + timedelta(hours=number)}
        connection.execute(insert(Change).values(**at, **ids))


def test_two_edits_that_make_different_rules_hold_are_each_told(
    engine: Engine, judged: Judge, watchlists: Path
) -> None:
    calm = "  - {{id: no_{0}, name: Calm, severity: info, query: shuts NOT {0}}}\n"
    more = "".join(calm.format(word) for word in ("regret", "talks"))
    (watchlists / "network.yaml").write_text(NETWORK + more)
    first = post(engine)
    repost = post(engine, source="two", url="https://two.example/", story=first.story)
    judged()
    edit(engine, first, TITLE, BODY.replace("regret", "welcome"))
    edit(engine, repost, TITLE, BODY.replace("Talks", "Speeches"))
    assert judged().queued == 2


def test_a_backfill_is_never_told_until_someone_posts_the_story_anew(
    engine: Engine, judged: Judge
) -> None:
    old = post(engine, backfilled=True, on=date(2019, 5, 1))
    edit(engine, old, TITLE, BODY.replace("nobody", "no one"), backfilled=True)
    assert judged().held == {"backfill": 2}
    post(engine, source="two", url="https://two.example/", story=old.story)
    assert judged().queued == 1
    newest = "SELECT kind, status, late FROM communique.deliveries ORDER BY id DESC LIMIT 1"
    assert rows(engine, newest) == [("new", "pending", True)]


@pytest.mark.parametrize(
    ("on", "seen", "late"),
    [
        (date(2026, 2, 22), datetime(2026, 3, 1, 15, 59, tzinfo=timezone.utc), False),
        # In Shanghai it is the eighth day already.
        (date(2026, 2, 22), datetime(2026, 3, 1, 16, 0, tzinfo=timezone.utc), True),
        (None, NOW, False),
    ],
)
def test_what_is_first_seen_more_than_a_week_after_its_date_is_labelled_late(
    engine: Engine, judged: Judge, on: date | None, seen: datetime, late: bool
) -> None:
    post(engine, on=on, seen=seen)
    judged(seen)
    assert rows(engine, "SELECT status, late FROM analyst.alerts") == [("pending", late)]


def test_a_subscription_hears_only_of_what_is_judged_while_it_runs(
    engine: Engine, judged: Judge
) -> None:
    post(engine)
    judged()
    hears(engine, "ben@example.org")
    with engine.begin() as connection:
        unsubscribe(connection, "ana@example.org", "network", NOW)
    judged()
    post(engine, url="https://one.example/2")
    judged()
    assert rows(engine, "SELECT recipient, story_id FROM communique.deliveries ORDER BY id") == [
        ("ana@example.org", 1),
        ("ben@example.org", 2),
    ]


def test_a_withdrawal_is_told_once_to_whoever_was_told_even_where_a_repost_stands(
    engine: Engine, judged: Judge
) -> None:
    first = post(engine)
    repost = post(engine, source="two", url="https://two.example/", story=first.story)
    old = post(engine, url="https://one.example/old", backfilled=True)
    judged()
    hears(engine, "ben@example.org")
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE communique.statements SET withdrawn_at = :now WHERE id IN (:one, :other)"),
            {"now": NOW + timedelta(days=1), "one": repost.statement, "other": old.statement},
        )
    assert [judged(NOW + timedelta(days=2)).queued for _ in range(2)] == [1, 0]
    last = "SELECT kind, recipient, statement_id FROM analyst.alerts ORDER BY delivery_id DESC"
    assert rows(engine, last)[0] == ("withdrawn", "ana@example.org", repost.statement)


@pytest.mark.parametrize("together", [True, False])
def test_a_page_that_two_sources_list_is_told_as_withdrawn_once(
    engine: Engine, judged: Judge, together: bool
) -> None:
    first = post(engine)
    same = post(engine, source="two", story=first.story)
    other = post(engine, source="two", url="https://two.example/", story=first.story)
    judged()
    gone = text("UPDATE communique.statements SET withdrawn_at = :at WHERE id = :id")
    counts = []
    for day, posted in enumerate((same, first, other), 1):
        with engine.begin() as connection:
            connection.execute(gone, {"at": NOW + timedelta(days=day), "id": posted.statement})
        if posted is not same or not together:
            counts.append(judged(NOW + timedelta(days=day)).queued)
    assert counts == ([1, 1] if together else [1, 0, 1])
    with engine.begin() as connection:  # and anew when it was back meanwhile
        connection.execute(text("UPDATE communique.statements SET withdrawn_at = NULL"))
        connection.execute(gone, {"at": NOW + timedelta(days=9), "id": first.statement})
    assert judged(NOW + timedelta(days=9)).queued == 1


def test_a_withdrawal_that_waits_for_a_digest_is_not_told_of_what_stands_again(
    engine: Engine, judged: Judge
) -> None:
    with engine.begin() as connection:
        subscribe(connection, "ben@example.org", "network", NOW, known={"network"}, how="weekly")
    first = post(engine)
    judged()
    gone = text("UPDATE communique.statements SET withdrawn_at = :at WHERE id = :id")
    for day, at in ((1, NOW), (2, None), (3, NOW + timedelta(days=3))):
        with engine.begin() as connection:
            connection.execute(gone, {"at": at, "id": first.statement})
        judged(NOW + timedelta(days=day))
    waits = """SELECT status, held_because FROM communique.deliveries
               WHERE kind = 'withdrawn' AND recipient = 'ben@example.org' ORDER BY id"""
    assert rows(engine, waits) == [
        ("held", "stood again before its withdrawal was told"),
        ("pending", None),
    ]


def test_what_is_judged_again_by_an_operator_is_told_and_held_no_second_time(
    engine: Engine, judged: Judge
) -> None:
    first = post(engine)
    post(engine, source="two", url="https://two.example/", story=first.story)
    edit(engine, first, TITLE, BODY.replace("nobody", "no one"))
    judged()
    before = told(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE communique.revisions SET judged_at = NULL"))
    report = judged()
    assert (report.judged, report.queued, report.held) == (3, 0, {})
    assert told(engine) == before


def test_two_judges_at_once_tell_everything_once(engine: Engine, judged: Judge) -> None:
    stories = [post(engine, url=f"https://one.example/{number}").story for number in range(20)]
    for number, story in enumerate(stories):
        post(engine, source="two", url=f"https://two.example/{number}", story=story)
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _: judged(batch=5), range(3)))
    reports.append(judged())
    assert sum(report.judged for report in reports) == 40
    assert sum(report.queued for report in reports) == 20
    assert rows(engine, "SELECT count(DISTINCT story_id) FROM communique.deliveries") == [(20,)]
    assert unexplained(engine) == []


def test_a_judge_killed_in_the_middle_leaves_nothing_half_done(
    engine: Engine, judged: Judge, watchlists: Path
) -> None:
    post(engine)
    with engine.begin() as holder:
        # The delivery's foreign key waits for this lock when the match is written already.
        holder.execute(text("SELECT FROM communique.subscriptions FOR UPDATE"))
        process = in_a_process_of_its_own(engine, watchlists)
        wait_until(lambda: waits_for_a_lock(engine))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    wait_until(lambda: not waits_for_a_lock(engine))
    assert rows(engine, "SELECT (SELECT count(*) FROM communique.matches), judged_at IS NULL "
                        "FROM communique.revisions") == [(0, True)]  # fmt: skip
    assert judged().queued == 1


def in_a_process_of_its_own(engine: Engine, watchlists: Path) -> subprocess.Popen[bytes]:
    program = (
        "import sys; from pathlib import Path; from datetime import datetime, timezone\n"
        "from sqlalchemy import create_engine\n"
        "from communique.alerting import judge\n"
        "from communique.watchlists import load_watchlists\n"
        "judge(create_engine(sys.argv[1]), load_watchlists(Path(sys.argv[2])), "
        "datetime.now(timezone.utc))"
    )
    url = engine.url.render_as_string(hide_password=False)
    return subprocess.Popen([sys.executable, "-c", program, url, str(watchlists)])


def waits_for_a_lock(engine: Engine, processes: int = 1) -> bool:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock'"
    )
    return int(str(rows(engine, query)[0][0])) >= processes


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_a_revision_that_cannot_be_judged_is_named_waits_and_stops_no_other(
    engine: Engine, judged: Judge
) -> None:
    bad = post(engine)
    post(engine, url="https://one.example/2")
    post(engine, url="https://one.example/3", text="Nothing of note.")
    with engine.begin() as connection:
        connection.execute(text(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE 'disk of doom'; END $$; "
            "CREATE TRIGGER refuse BEFORE INSERT ON communique.matches FOR EACH ROW "
            f"WHEN (NEW.revision_id = {bad.revision}) EXECUTE FUNCTION refuse()"
        ))  # fmt: skip
    report = judged(batch=2)
    assert (report.judged, report.queued) == (2, 1)
    (problem,) = report.problems
    assert f"Revision {bad.revision} " in problem
    assert "https://one.example/eng/1.htm" in problem
    assert "disk of doom" in problem
    edit(engine, bad, TITLE, BODY.replace("nobody", "no one"))  # waits for the first one
    problems = judged(batch=1).problems
    assert [each.split()[1] for each in problems] == [str(bad.revision), str(bad.revision + 3)]
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER refuse ON communique.matches"))
    assert judged().queued == 2


def test_a_changed_rule_is_a_new_version_and_a_removed_one_is_retired(
    engine: Engine, judged: Judge, watchlists: Path
) -> None:
    judged()
    file = watchlists / "network.yaml"
    file.write_text(NETWORK.replace("severity: urgent", "severity: info"))
    judged(NOW + timedelta(days=1))
    file.write_text("\n".join(NETWORK.splitlines()[:-1]))
    judged(NOW + timedelta(days=2))
    file.write_text(NETWORK)
    with engine.begin() as connection:
        ids = sync_rules(connection, load_watchlists(watchlists), NOW + timedelta(days=3))
    versions = (
        "SELECT rule, version, severity, retired_at IS NULL FROM communique.rules "
        "WHERE watchlist = 'network' ORDER BY rule, version"
    )
    assert rows(engine, versions) == [
        ("firm", 1, "notice", False),
        ("firm", 2, "notice", True),
        ("plan", 1, "urgent", True),
        ("plan", 2, "info", True),
        ("plan", 3, "urgent", True),
    ]
    newest = "SELECT max(id) FROM communique.rules WHERE watchlist = 'network' GROUP BY rule"
    assert {(number,) for key, number in ids.items() if key[0] == "network"} == set(
        rows(engine, newest)
    )


@pytest.mark.parametrize(
    "broken",
    [
        NETWORK.replace('"clean network"', '"clean network" AND ('),
        "rules: [oops",
        "nothing",
        "nowhere",
    ],
    ids=["a rule", "a file", "no file at all", "no folder"],
)
def test_what_cannot_be_read_stays_in_force_as_it_last_was_and_is_reported(
    engine: Engine, judged: Judge, watchlists: Path, broken: str
) -> None:
    judged()
    if broken == "nowhere":
        watchlists.rename(watchlists.with_name("gone"))
    elif broken == "nothing":
        for file in watchlists.iterdir():
            file.unlink()
    else:
        (watchlists / "network.yaml").write_text(broken)
    post(engine)
    report = judged()
    assert report.queued == 1
    assert any("plan" in each and "stays in force as version 1" in each for each in report.problems)


def test_a_watchlist_that_left_its_subscribers_behind_is_reported(
    engine: Engine, judged: Judge, watchlists: Path
) -> None:
    (watchlists / "network.yaml").unlink()
    (problem,) = judged().problems
    assert "network" in problem
    assert "subscribers" in problem


def test_who_chose_only_rules_that_are_no_longer_in_force_is_reported(
    engine: Engine, judged: Judge, watchlists: Path
) -> None:
    judged()
    with engine.begin() as connection:
        for email, rules in (
            ("ben", ("plan",)),
            ("cy", ("plan", "firm")),
            ("di", ("talks/talks",)),
        ):
            of = "*" if email == "di" else "network"
            subscribe(connection, f"{email}@example.org", of, NOW, known={of}, rules=rules)
    assert judged().problems == ()
    (watchlists / "network.yaml").write_text(NETWORK.replace("id: plan", "id: plans"))
    (problem,) = judged().problems
    assert "network chose only plan, which is not in force" in problem
    (watchlists / "talks.yaml").write_text(TALKS.replace("id: talks", "id: talk"))
    assert len(judged().problems) == 2


def unexplained(engine: Engine) -> Sequence[tuple[object, ...]]:
    """Matches of a subscribed watchlist that no delivery tells of or holds back."""
    return rows(
        engine,
        "SELECT m.id FROM communique.matches m JOIN communique.rules r ON r.id = m.rule_id "
        "JOIN communique.subscriptions USING (watchlist) WHERE NOT EXISTS (SELECT FROM "
        "communique.delivery_matches d WHERE d.match_id = m.id)",
    )


def test_whatever_is_posted_edited_and_rerun_each_match_is_told_or_held_and_no_story_new_twice(
    engine: Engine, judged: Judge, watchlists: Path
) -> None:
    dice = random.Random(5)
    sentences = ["A clean network shuts nobody out.", "Acme builds it.", "Talks go on.", "Hm."]
    known: list[Posted] = []
    for number in range(120):
        body = " ".join([*dice.sample(sentences, dice.randint(1, 4)), f"Number {number}."])
        backfilled = dice.random() < 0.2
        if known and dice.random() < 0.5:
            edit(engine, dice.choice(known), TITLE, body, backfilled=backfilled)
        else:
            story = dice.choice(known).story if known and dice.random() < 0.4 else None
            url = f"https://one.example/{number}"
            known.append(post(engine, url=url, text=body, story=story, backfilled=backfilled))
        if dice.random() < 0.2:
            severity = dice.choice(["info", "notice", "urgent"])
            changed = NETWORK.replace("severity: urgent", f"severity: {severity}")
            (watchlists / "network.yaml").write_text(changed)
            assert judged(batch=7).problems == ()
    judged()
    assert unexplained(engine) == []
    twice = (
        "SELECT story_id FROM communique.deliveries WHERE kind = 'new' AND status <> 'held' "
        "GROUP BY story_id HAVING count(*) > 1"
    )
    assert rows(engine, twice) == []
    told_of_backfill = (
        "SELECT d.id FROM communique.deliveries d JOIN communique.revisions r "
        "ON r.id = d.revision_id WHERE r.backfilled AND d.status <> 'held'"
    )
    assert rows(engine, told_of_backfill) == []


def test_what_joins_another_story_while_it_is_judged_is_judged_as_what_it_is_now(
    engine: Engine, judged: Judge
) -> None:
    first = post(engine)
    judged()
    second = post(engine, source="two", url="https://two.example/", text=f"Now: {BODY}")
    settle(engine, NOW, steps=())
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as other:
            other.execute(
                text(f"SELECT FROM communique.stories WHERE id = {second.story} FOR UPDATE")
            )
            report = pool.submit(judged)
            wait_until(lambda: waits_for_a_lock(engine))
            other.execute(text(
                f"UPDATE communique.statements SET story_id = {first.story} "
                f"WHERE id = {second.statement}; "
                f"DELETE FROM communique.stories WHERE id = {second.story}"
            ))  # fmt: skip
        assert report.result().problems == ()
    assert judged().problems == ()
    assert told(engine) == [("new", "pending", None), ("new", "held", "same story")]


def test_a_judge_that_gave_way_to_another_worker_tells_everything_once(
    engine: Engine, judged: Judge
) -> None:
    one = post(engine)
    two = post(engine, source="two", url="https://two.example/")
    settle(engine, NOW, steps=())
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as other:
            lock = "SELECT FROM communique.stories WHERE id = {} FOR UPDATE"
            other.execute(text(lock.format(two.story)))
            report = pool.submit(judged)
            wait_until(lambda: waits_for_a_lock(engine))
            other.execute(text(lock.format(one.story)))  # the judge waits longer, and gives way
        assert (report.result().judged, report.result().queued) == (2, 2)
    assert [kind for kind, *_ in told(engine)] == ["new", "new"]


def test_the_second_wording_waits_for_the_first_which_another_judge_has(
    engine: Engine, judged: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "TRIES", 1)
    first = post(engine)
    edit(engine, first, TITLE, BODY.replace("nobody", "no one"))
    settle(engine, NOW, steps=())
    with ThreadPoolExecutor(1) as pool, engine.connect() as other:
        lock = f"SELECT FROM communique.revisions WHERE id = {first.revision} FOR UPDATE"
        other.execute(text(lock))
        report = pool.submit(judged)
        wait_until(lambda: waits_for_a_lock(engine))
        assert told(engine) == []
        other.rollback()
        assert report.result().problems == ()
    assert told(engine) == [("new", "pending", None), ("wording", "pending", None)]
