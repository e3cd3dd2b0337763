"""Stories put right by hand, and told anew: who is told of them, and who is not told again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from communique.alerting import judge
from communique.schema import Change
from communique.settling import settle
from communique.stories import group
from communique.stories.corrections import NotThere, merge, split
from communique.stories.rebuilding import rebuild
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, Posted, edit, post
from tests.communique.stories.prose import prose

LATER = NOW + timedelta(days=1)
PLAN = "rules: [{id: plan, name: The plan, severity: urgent, query: '\"clean network\"'}]"
ABOUT = "A clean network shuts nobody out. "
ONE, TWO = ABOUT + prose(1), ABOUT + prose(2)

WAITING = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

Judge = Callable[[], int]


@pytest.fixture
def judged(engine: Engine, tmp_path: Path) -> Judge:
    """Subscribes ana to the plan; called, it judges and says how many messages are queued."""
    (tmp_path / "network.yaml").write_text(PLAN)
    hears(engine, "ana@example.org")

    def run() -> int:
        report = judge(engine, load_watchlists(tmp_path), LATER)
        assert report.problems == ()
        return report.queued

    return run


def hears(engine: Engine, email: str) -> None:
    with engine.begin() as connection:
        subscribe(connection, email, "network", NOW, known={"network"})


def posted(engine: Engine, words: str, number: int, **changed: Any) -> Posted:
    url = f"https://{number}.example/"
    return post(engine, text=words, source=f"mission_{number}", url=url, **changed)


def rows(engine: Engine, query: str) -> Sequence[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def stories(engine: Engine) -> list[int]:
    return [
        row[0] for row in rows(engine, "SELECT story_id FROM communique.statements ORDER BY id")
    ]


def told(engine: Engine) -> Sequence[tuple[Any, ...]]:
    """Every delivery, by recipient: of which statement, and whether it is held."""
    return rows(
        engine,
        "SELECT recipient, statement_id, status, held_because FROM communique.deliveries "
        "WHERE kind = 'new' ORDER BY recipient, statement_id",
    )


def sent(engine: Engine) -> None:
    """As if all that was pending had been mailed."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE communique.deliveries SET status = 'sent' WHERE status = 'pending'")
        )


def splits(engine: Engine, *gone: int, stays: int) -> Any:
    with engine.begin() as connection:
        return split(connection, gone, stays, LATER, "not the same")


def merges(engine: Engine, one: int, other: int) -> Any:
    with engine.begin() as connection:
        return merge(connection, one, other, LATER)


def test_what_is_split_off_is_told_of_and_the_rest_is_not_told_again(
    engine: Engine, judged: Judge
) -> None:
    first, second, third = (posted(engine, ONE, number) for number in range(3))
    assert judged() == 1
    sent(engine)
    done = splits(engine, second.statement, stays=first.statement)
    assert (done.statements, done.judged_again) == (1, 1)
    assert stories(engine) == [first.story, done.story_id, first.story]
    assert judged() == 1
    assert judged() == 0
    assert told(engine) == [
        ("ana@example.org", first.statement, "sent", None),
        ("ana@example.org", second.statement, "pending", None),
        ("ana@example.org", third.statement, "held", "same story"),
    ]
    again = posted(engine, ONE, 9)
    assert judged() == 0
    assert stories(engine)[-1] == first.story
    assert again.statement


def test_whoever_was_told_keeps_the_story_though_that_statement_is_the_one_split_off(
    engine: Engine, judged: Judge
) -> None:
    first, second = (posted(engine, ONE, number) for number in range(2))
    judged()
    sent(engine)
    done = splits(engine, first.statement, stays=second.statement)
    assert done.story_id == first.story
    assert stories(engine)[1] != first.story
    assert judged() == 1
    assert [row[2] for row in told(engine)] == ["sent", "pending"]


def test_whoever_subscribed_after_it_was_judged_is_not_told_of_what_is_split_off(
    engine: Engine, judged: Judge
) -> None:
    first, second = (posted(engine, ONE, number) for number in range(2))
    judged()
    with engine.begin() as connection:
        begins = LATER + timedelta(days=9)
        subscribe(connection, "ben@example.org", "network", begins, known={"network"})
    splits(engine, second.statement, stays=first.statement)
    assert judged() == 1
    assert [row[:2] for row in told(engine)] == [
        ("ana@example.org", first.statement),
        ("ana@example.org", second.statement),
    ]


def test_every_edit_of_what_is_split_off_is_told_of_also_where_an_earlier_wording_stands_again(
    engine: Engine, judged: Judge
) -> None:
    made = [posted(engine, ONE, number) for number in range(2)]
    judged()
    for one in made:
        later = edit(engine, one, "On the so-called network plan", ONE.replace("nobody", "no one"))
        with engine.begin() as connection:
            for kind, now, before in (
                ("edited", later.revision, one.revision),
                ("restored", one.revision, later.revision),
            ):
                change = {"kind": kind, "statement_id": one.statement, "at": LATER}
                connection.execute(
                    insert(Change).values(revision_id=now, earlier_revision_id=before, **change)
                )
    assert judged() == 2
    sent(engine)
    assert splits(engine, made[1].statement, stays=made[0].statement).judged_again == 3
    assert judged() == 3
    news = "SELECT kind, revision_id FROM communique.deliveries WHERE statement_id = {} ORDER BY id"
    assert rows(engine, news.format(made[1].statement)) == [
        ("new", made[1].revision),
        ("wording", later.revision),
        ("wording", made[1].revision),
    ]


def test_two_who_were_told_of_different_statements_both_hear_of_the_other_side(
    engine: Engine, judged: Judge
) -> None:
    first = posted(engine, ONE, 0)
    judged()
    hears(engine, "ben@example.org")
    second = posted(engine, ONE, 1)
    assert judged() == 1
    sent(engine)
    splits(engine, second.statement, stays=first.statement)
    assert judged() == 1
    third = posted(engine, ONE, 2)
    assert judged() in (0, 1)  # ben has not heard of the story that it joins, or ana has
    assert [row for row in told(engine) if row[0] == "ana@example.org"][:2] == [
        ("ana@example.org", first.statement, "sent", None),
        ("ana@example.org", second.statement, "pending", None),
    ]
    ben = [row for row in told(engine) if row[0] == "ben@example.org"]
    assert ben[0] == ("ben@example.org", second.statement, "sent", None)
    if stories(engine)[2] == stories(engine)[0]:
        assert ben[1] == ("ben@example.org", third.statement, "pending", None)


def test_after_a_merge_nobody_is_told_again_and_what_was_not_sent_yet_is_not_sent(
    engine: Engine, judged: Judge
) -> None:
    first, second = posted(engine, ONE, 0), posted(engine, TWO, 1)
    assert judged() == 2
    done = merges(engine, second.statement, first.statement)
    assert (done.story_id, done.statements) == (first.story, 2)
    assert stories(engine) == [first.story] * 2
    assert rows(engine, "SELECT count(*) FROM communique.stories") == [(1,)]
    assert told(engine) == [
        ("ana@example.org", first.statement, "pending", None),
        ("ana@example.org", second.statement, "held", "same story"),
    ]
    posted(engine, TWO, 2)
    posted(engine, ONE, 3)
    assert judged() == 0
    assert len(set(stories(engine))) == 1


def test_after_a_merge_of_two_told_stories_their_edits_and_reposts_stay_in_one_thread(
    engine: Engine, judged: Judge
) -> None:
    first, second = posted(engine, ONE, 0), posted(engine, TWO, 1)
    assert judged() == 2
    sent(engine)
    merges(engine, first.statement, second.statement)
    assert [row[2] for row in told(engine)] == ["sent", "sent"]
    edit(engine, second, "On the so-called network plan", TWO.replace("nobody", "no one"))
    assert judged() == 1
    kinds = "SELECT kind, story_id FROM communique.deliveries ORDER BY id"
    assert rows(engine, kinds)[-1] == ("wording", first.story)


def test_a_merged_story_split_again_is_as_it_was(engine: Engine, judged: Judge) -> None:
    first, second = posted(engine, ONE, 0), posted(engine, TWO, 1)
    judged()
    merges(engine, first.statement, second.statement)
    splits(engine, second.statement, stays=first.statement)
    assert judged() == 1
    assert [row[2:] for row in told(engine)] == [("pending", None), ("pending", None)]
    kept = "SELECT same, note FROM communique.story_corrections"
    assert rows(engine, kept) == [(False, "not the same")]


def test_what_is_left_of_a_merged_story_stays_one_when_all_is_told_anew(engine: Engine) -> None:
    one, two = posted(engine, ONE, 1), posted(engine, TWO, 2)
    like_one = posted(engine, ONE, 3)
    posted(engine, TWO, 4)
    settle(engine, NOW, steps=(group,))
    merges(engine, one.statement, two.statement)
    splits(engine, one.statement, two.statement, stays=like_one.statement)
    parted = stories(engine)
    assert parted[0] == parted[1] != parted[2] == parted[3]
    assert rebuild(engine, LATER, apply=True).moves == ()
    assert stories(engine) == parted


def test_what_is_not_there_to_be_put_right_is_said_and_changes_nothing(engine: Engine) -> None:
    first, second = posted(engine, ONE, 0), posted(engine, TWO, 1)
    settle(engine, NOW, steps=(group,))
    for wrong in (
        lambda: splits(engine, second.statement, stays=first.statement),
        lambda: splits(engine, first.statement, stays=first.statement),
        lambda: splits(engine, 99, stays=first.statement),
        lambda: merges(engine, first.statement, 99),
        lambda: merges(engine, first.statement, first.statement),
    ):
        with pytest.raises(NotThere):
            wrong()
    assert rows(engine, "SELECT * FROM communique.story_corrections") == []
    assert stories(engine) == [first.story, second.story]


def test_telling_anew_changes_nothing_where_nothing_has_changed(
    engine: Engine, judged: Judge
) -> None:
    conference = prose(5, 30) + " " + ONE + " " + prose(6, 30)
    for number, words in enumerate((ONE, TWO, ONE, conference, TWO)):
        posted(engine, words, number)
    judged()
    before = rows(engine, "SELECT id, story_id, part_of FROM communique.statements ORDER BY id")
    bands = "SELECT * FROM communique.signature_bands ORDER BY hash, revision_id"
    had = rows(engine, bands)
    for apply in (False, True):
        done = rebuild(engine, LATER, apply=apply)
        assert (done.wordings, done.moves, done.parts, done.judged_again) == (5, (), 0, 0)
    now = rows(engine, "SELECT id, story_id, part_of FROM communique.statements ORDER BY id")
    assert now == before
    assert rows(engine, bands) == had
    assert judged() == 0


def test_what_was_put_right_by_hand_holds_when_all_is_told_anew(
    engine: Engine, judged: Judge
) -> None:
    made = [posted(engine, words, number) for number, words in enumerate((ONE, ONE, ONE, TWO, TWO))]
    judged()
    splits(engine, made[1].statement, made[2].statement, stays=made[0].statement)
    merges(engine, made[1].statement, made[3].statement)
    judged()
    before = stories(engine)
    assert before[0] not in before[1:]
    assert len(set(before[1:])) == 1
    done = rebuild(engine, LATER, apply=True)
    assert (done.moves, stories(engine)) == ((), before)
    assert judged() == 0


def test_telling_anew_keeps_numbers_shows_first_and_tells_what_was_held(
    engine: Engine, judged: Judge
) -> None:
    first = posted(engine, ONE, 0)
    wrong = posted(engine, TWO, 1, story=first.story)
    apart = posted(engine, ONE, 2)
    judged()
    sent(engine)
    with engine.begin() as connection:  # as another version of grouping may have left it
        move = "UPDATE communique.statements SET story_id = :story WHERE id = :id"
        new = "INSERT INTO communique.stories (created_at) VALUES (now()) RETURNING id"
        other = connection.execute(text(new)).scalar_one()
        connection.execute(text(move), {"story": other, "id": apart.statement})
        connection.execute(text("UPDATE communique.fingerprints SET version = 0"))
        connection.execute(text("DELETE FROM communique.signature_bands"))
    before = stories(engine)
    shown = rebuild(engine, LATER, apply=False)
    assert [(move.statement_id, move.before) for move in shown.moves] == [
        (wrong.statement, first.story),
        (apart.statement, other),
    ]
    assert stories(engine) == before
    done = rebuild(engine, LATER, apply=True)
    assert done.moves == shown.moves
    kept, moved, back = stories(engine)
    assert kept == back == first.story != moved
    assert rows(engine, "SELECT DISTINCT version FROM communique.fingerprints") == [(1,)]
    assert rows(engine, "SELECT count(*) > 90 FROM communique.signature_bands") == [(True,)]
    assert done.judged_again == 1
    assert judged() == 1
    assert [row[1:] for row in told(engine)] == [
        (first.statement, "sent", None),
        (wrong.statement, "pending", None),
        (apart.statement, "held", "same story"),
    ]


def test_versions_in_two_languages_that_are_one_story_stay_one_when_all_is_told_anew(
    engine: Engine,
) -> None:
    first = posted(engine, ONE, 0)
    version = posted(engine, prose(7), 1, story=first.story)
    settle(engine, NOW, steps=(group,))
    pair = "INSERT INTO communique.translations VALUES (:one, :other, 0.9, 1)"
    with engine.begin() as connection:
        asked = {"one": first.statement, "other": version.statement}
        connection.execute(text(pair), asked)
    assert rebuild(engine, LATER, apply=True).moves == ()
    assert stories(engine) == [first.story] * 2


def test_a_mail_that_is_being_sent_while_stories_are_merged_is_not_called_held(
    engine: Engine, judged: Judge
) -> None:
    one = posted(engine, ONE, 1)
    judged()
    sent(engine)
    hears(engine, "ben@example.org")
    two = posted(engine, TWO, 2)
    assert judged() == 2
    sending = (
        "UPDATE communique.deliveries SET status = 'sent' "
        f"WHERE recipient = 'ana@example.org' AND statement_id = {two.statement}"
    )
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as sender:
            sender.execute(text(sending))
            merged = pool.submit(merges, engine, one.statement, two.statement)
            deadline = time.monotonic() + 20
            while not rows(engine, WAITING) and time.monotonic() < deadline:
                time.sleep(0.02)
        merged.result()
    assert told(engine) == [
        ("ana@example.org", one.statement, "sent", None),
        ("ana@example.org", two.statement, "sent", None),
        ("ben@example.org", two.statement, "pending", None),
    ]


def test_putting_right_and_storing_an_edit_of_the_same_statement_do_not_block_each_other(
    engine: Engine, judged: Judge
) -> None:
    one, two = posted(engine, ONE, 1), posted(engine, ONE, 2)
    judged()
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as intake:
            lock = f"SELECT FROM communique.statements WHERE id = {two.statement}"
            intake.execute(text(f"{lock} FOR NO KEY UPDATE"))
            done = pool.submit(splits, engine, two.statement, stays=one.statement)
            deadline = time.monotonic() + 20
            while not rows(engine, WAITING) and time.monotonic() < deadline:
                time.sleep(0.02)
            intake.execute(text(
                "INSERT INTO communique.changes (statement_id, kind, at, revision_id) "
                f"VALUES ({two.statement}, 'withdrawn', now(), {two.revision})"
            ))  # fmt: skip
        assert done.result().statements == 1
