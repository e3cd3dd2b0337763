"""Statements find their story when they are settled."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from communique.settling import settle
from communique.stories import group
from communique.stories.candidates import (
    MOST_COMPARED,
    MOST_PER_HASH,
    Standing,
    look_up,
    shape_of_text,
)
from communique.stories.prints import STORE
from communique.stories.signatures import prints_of
from tests.communique.alert_rows import NOW, Posted, edit, post
from tests.communique.stories.prose import NOTICE, chinese, prose

REMARK = prose(1)


def posted(engine: Engine, *texts: str, title: str = "On bridges") -> list[Posted]:
    """Each text at an address of its own, of a source of its own."""
    count = stored(engine, "SELECT count(*) FROM communique.statements")[0][0]
    return [
        post(
            engine,
            title=title,
            text=words,
            source=f"mission_{count + number}",
            url=f"https://{count + number}.example/",
        )
        for number, words in enumerate(texts)
    ]


def stored(engine: Engine, query: str, **asked: Any) -> Sequence[Any]:
    with engine.connect() as connection:
        return connection.execute(text(query), asked).all()


def stories(engine: Engine) -> list[int]:
    """The story of every statement, in order."""
    return [
        row[0] for row in stored(engine, "SELECT story_id FROM communique.statements ORDER BY id")
    ]


def parts(engine: Engine) -> dict[int, int]:
    return dict(
        map(
            tuple, stored(engine, "SELECT id, part_of FROM communique.statements WHERE part_of > 0")
        )
    )


@contextmanager
def statements_sent(engine: Engine) -> Iterator[list[str]]:
    sent: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield sent
    event.remove(engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("batch", [1, 200], ids=["one by one", "in one batch"])
def test_reposts_join_the_earliest_and_leave_no_empty_story_behind(
    engine: Engine, batch: int
) -> None:
    first, *_ = posted(engine, REMARK, prose(2), "Home > News. " + REMARK, REMARK.upper())
    settle(engine, NOW, batch=batch, steps=(group,))
    assert stories(engine) == [first.story, first.story + 1, first.story, first.story]
    assert stored(engine, "SELECT count(*) FROM communique.stories") == [(2,)]
    settle(engine, NOW, steps=(group,))
    assert stories(engine) == [first.story, first.story + 1, first.story, first.story]


@pytest.mark.parametrize("longer_first", [True, False])
@pytest.mark.parametrize("batch", [1, 200])
def test_a_remark_is_linked_to_the_conference_that_holds_it_whichever_comes_first(
    engine: Engine, longer_first: bool, batch: int
) -> None:
    conference = prose(5, 30) + " " + REMARK + " " + prose(6, 30)
    texts = [conference, REMARK] if longer_first else [REMARK, conference]
    made = posted(engine, *texts)
    settle(engine, NOW, batch=batch, steps=(group,))
    assert len(set(stories(engine))) == 2
    remark, whole = (made[1], made[0]) if longer_first else made
    assert parts(engine) == {remark.statement: whole.statement}


def test_one_conference_under_two_addresses_is_one_story_though_it_was_edited(
    engine: Engine,
) -> None:
    conference = [prose(number, 6) for number in range(20, 35)]
    edited = [*conference[:4], prose(99, 5), *conference[5:]]
    posted(engine, "\n".join(conference), "\n".join(edited))
    settle(engine, NOW, steps=(group,))
    assert len(set(stories(engine))) == 1


def test_a_notice_of_another_country_is_another_story(engine: Engine) -> None:
    serbia = NOTICE.format(day="21 March", many=6, country="Serbia", city="Canton")
    peru = NOTICE.format(day="9 May", many=12, country="Peru", city="Hebei")
    posted(engine, serbia, peru, "Print this page. " + peru)
    settle(engine, NOW, steps=(group,))
    one, two, three = stories(engine)
    assert one != two == three


def test_chinese_reposts_in_either_script_are_one_story(engine: Engine) -> None:
    simplified = "中国政府坚决反对有关国家滥用国家安全概念，对中国企业采取歧视性做法。" + chinese(4)
    traditional = "中國政府堅決反對有關國家濫用國家安全概念，對中國企業採取歧視性做法。" + chinese(
        4
    )
    posted(engine, simplified, traditional)
    settle(engine, NOW, steps=(group,))
    assert len(set(stories(engine))) == 1


def test_a_short_notice_joins_nothing(engine: Engine) -> None:
    posted(engine, "Closed on Monday.", "Closed on Monday.", "", "")
    settle(engine, NOW, steps=(group,))
    assert len(set(stories(engine))) == 4


def test_a_later_wording_keeps_its_story_and_is_found_by_its_repost(engine: Engine) -> None:
    first, other = posted(engine, prose(1), prose(2))
    settle(engine, NOW, steps=(group,))
    edit(engine, other, "On bridges", prose(1))
    settle(engine, NOW, steps=(group,))
    assert stories(engine) == [first.story, other.story]
    edit(engine, first, "On bridges", prose(3))
    settle(engine, NOW, steps=(group,))
    posted(engine, prose(3), prose(2))
    settle(engine, NOW, steps=(group,))
    assert stories(engine) == [first.story, other.story, first.story, other.story]


def test_two_stories_are_never_made_one_by_a_text_that_is_near_both(engine: Engine) -> None:
    half, other_half = prose(1, 10), prose(2, 9)
    one, two = posted(engine, half, other_half)
    settle(engine, NOW, steps=(group,))
    posted(engine, half + " " + other_half)
    settle(engine, NOW, steps=(group,))
    assert stories(engine) == [one.story, two.story, one.story]
    # What it holds besides is linked, so that it is not lost.
    assert parts(engine) == {two.statement: two.statement + 1}


def test_a_statement_that_somebody_joined_to_a_story_stays_there(engine: Engine) -> None:
    (first,) = posted(engine, prose(1))
    post(engine, text=prose(2), url="https://joined.example/", story=first.story)
    posted(engine, prose(2))
    settle(engine, NOW, steps=(group,))
    assert set(stories(engine)) == {first.story}


def test_a_batch_costs_the_same_few_statements_however_large_it_is(engine: Engine) -> None:
    posted(engine, *map(prose, range(20)))
    settle(engine, NOW, steps=(group,))
    sent = []
    for many in (5, 100):
        posted(engine, *(prose(number % 20) for number in range(many)))
        with statements_sent(engine) as each:
            settle(engine, NOW, steps=(group,))
        sent.append(len(each))
    assert sent[0] == sent[1] <= 16


def test_a_passage_that_hundreds_share_costs_no_more_than_one_that_a_few_do(
    engine: Engine,
) -> None:
    boilerplate = prose(1, 6)
    posted(engine, *(boilerplate + prose(number, 12) for number in range(100, 180)))
    settle(engine, NOW, steps=(group,))
    assert len(set(stories(engine))) == 80
    made = prints_of(shape_of_text("", boilerplate + prose(999, 12)))
    with engine.connect() as connection:
        known = look_up(connection, STORE, [made])
    assert max(map(len, known.holders.values())) == MOST_PER_HASH
    newcomer = Standing(0, 0, 0, 200)
    assert len(known.candidates(newcomer, made)) <= MOST_COMPARED


def test_two_workers_that_settle_at_once_tell_one_story(engine: Engine) -> None:
    posted(engine, *[REMARK] * 6, *[prose(2)] * 6)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: settle(engine, NOW, batch=2, steps=(group,)), range(3)))
    told = stories(engine)
    assert len(set(told[:6])) == len(set(told[6:])) == 1
    assert told[0] != told[6]


def test_no_text_breaks_the_grouping(engine: Engine) -> None:
    chance = random.Random(3)
    codes = (32, 65, 0x4E2D, 0x301, 0x200D, 0xE01, 0x1F600)
    odd = ["".join(map(chr, chance.choices(codes, k=900))) for _ in range(6)]
    posted(engine, *odd, "a " * 40_000, "中" * 40_000, "\n" * 500)
    assert settle(engine, NOW, steps=(group,)).problems == ()
