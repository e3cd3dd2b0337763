"""Listings that move, shrink and skip: nothing new is hidden, and what was missed is known."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from tests.command import answer
from tests.communique.cli.test_live import World, article, listing, world  # noqa: F401
from tests.servers import Reply

PROSE = f"<p>{'This page lists what the spokesperson has said to the press. ' * 8}</p>"
OPEN = "SELECT kind, filled_at IS NULL FROM communique.gaps ORDER BY id"


def show(world: World, *pages: list[int]) -> None:  # noqa: F811
    """The listing's pages, and an article for every number on them."""
    for number, numbers in enumerate(pages):
        one = listing(range(0))
        items = "".join(
            f'<li><a href="./t{n}.shtml">Regular Press Conference {n} '
            f"on March {n % 28 + 1}, 2026</a></li>"
            for n in numbers
        )
        script = f"<script>var currentPage = {number}; var countPage = {len(pages)};</script>"
        whole = f'<div class="newsLst_mod"><ul>{items}</ul></div>{PROSE}{script}'
        body = f"<html><body>{whole}</body></html>"
        name = "default" if number == 0 else f"default_{number}"
        world.web.pages[f"/press/{name}.shtml"] = Reply(headers=one.headers, body=body)
        for n in numbers:
            world.web.pages.setdefault(f"/press/t{n}.shtml", article(n))


def facts(world: World, **changed: str) -> None:  # noqa: F811
    file = Path(world.settings["sources"]) / "china.yaml"
    lines = "".join(f"  {name}: {value}\n" for name, value in changed.items())
    file.write_text(file.read_text() + lines)


def test_a_reordered_listing_hides_nothing_new(world: World) -> None:  # noqa: F811
    show(world, [10, 9, 8, 7, 6, 5])
    world.collect("2026-03-20T06:00:00Z")
    show(world, [5, 6, 7, 12, 8, 9, 10], [4, 3, 11], [2, 1])
    assert world.collect("2026-03-21T06:00:00Z")["counts"]["new"] >= 4
    assert world.rows("SELECT count(*) FROM communique.addresses WHERE url LIKE '%t11.%'") == [(1,)]


def test_a_feed_that_no_longer_reaches_what_was_known_leaves_a_gap_until_a_backfill(
    world: World,  # noqa: F811
) -> None:
    show(world, [3, 2, 1])
    world.collect("2026-03-20T06:00:00Z")
    show(world, [13, 12, 11, 10])
    world.collect("2026-03-27T06:00:00Z")
    world.collect("2026-03-28T06:00:00Z")
    assert world.rows(OPEN) == [("window", True)]
    around = world.rows("SELECT after, before FROM communique.gaps")
    assert [url.rpartition("/")[2] for url in around[0]] == ["t3.shtml", "t10.shtml"]
    show(world, [13, 12, 11, 10], [9, 8, 7], [6, 5, 4, 3])
    answer("backfill", "--since", "2026-03-01", settings=world.at("2026-03-29T06:00:00Z"))
    assert world.rows(OPEN) == [("window", False)]
    assert world.rows("SELECT count(*) FROM analyst.statements") == [(13,)]


def test_what_a_backfill_finds_in_a_gap_or_an_outage_is_news_and_what_is_older_is_not(
    world: World,  # noqa: F811
) -> None:
    number = "substring(url FROM '\\d+(?=\\.s)')::int"
    old = f"SELECT {number} FROM communique.statements WHERE backfilled"
    show(world, [4, 3])
    world.collect("2026-03-07T06:00:00Z")
    show(world, [16, 15])
    world.collect("2026-03-18T06:00:00Z")  # 5 to 14 are missed
    show(world, [16, 15, 14], [10, 9, 4], [3, 2, 1])
    answer("backfill", "--since", "2026-03-01", settings=world.at("2026-03-19T06:00:00Z"))
    assert sorted(world.rows(old)) == [(1,), (2,)]
    world.web.pages["/press/default.shtml"] = Reply(403)
    for day in (21, 25):
        world.collect(f"2026-03-{day}T06:00:00Z", status=1)
    show(world, [23, 22, 17], [16, 15, 14], [13, 10, 9])
    there = world.web.pages["/press/t22.shtml"]
    world.web.pages["/press/t22.shtml"] = Reply(503)  # so that the next collect reads it
    answer("backfill", "--since", "2026-03-01", settings=world.at("2026-03-26T06:00:00Z"))
    world.web.pages["/press/t22.shtml"] = there
    world.collect("2026-03-27T06:00:00Z")
    assert (22,) in world.rows(f"SELECT {number} FROM communique.statements")
    assert sorted(world.rows(old)) == [(1,), (2,), (13,)]


def test_a_gap_is_filled_when_the_listing_is_paged_again(world: World) -> None:  # noqa: F811
    show(world, [3, 2, 1])
    world.collect("2026-03-20T06:00:00Z")
    show(world, [13, 12, 11, 10])
    world.collect("2026-03-27T06:00:00Z")
    show(world, [14, 13, 12, 11, 10], [9, 8, 7], [6, 5, 4, 3])
    world.collect("2026-03-28T06:00:00Z")
    assert world.rows(OPEN) == [("window", False)]
    assert world.rows("SELECT count(*) FROM analyst.statements") == [(14,)]


def test_an_outage_that_paging_bridges_is_no_gap(world: World) -> None:  # noqa: F811
    show(world, [3, 2, 1])
    world.collect("2026-03-20T06:00:00Z")
    show(world, [9, 8, 7], [6, 5, 4], [3, 2, 1])
    assert world.collect("2026-03-27T06:00:00Z")["counts"]["new"] == 6
    assert world.rows(OPEN) == []


def test_a_listing_that_stands_for_another_begins_where_that_one_ended(
    world: World,  # noqa: F811
) -> None:
    show(world, [4, 3, 2, 1])
    world.collect("2026-03-05T06:00:00Z")
    world.web.pages["/press/default.shtml"] = Reply(404)
    world.collect("2026-03-08T06:00:00Z", status=1)
    show(world, [14, 13, 12, 11], [10, 9, 8, 7], [6, 5, 4, 3], [2, 1])
    for page in ("", "_1", "_2", "_3"):
        there = world.web.pages.pop(f"/press/default{page}.shtml")
        world.web.pages[f"/press/index{page}.shtml"] = there
    file = Path(world.settings["sources"]) / "china.yaml"
    file.write_text(file.read_text().replace("default.shtml", "index.shtml"))
    world.collect("2026-03-16T06:00:00Z")
    assert world.rows("SELECT count(*) FROM analyst.statements") == [(14,)]
    assert world.rows(OPEN) == []


def test_a_page_that_a_listing_has_no_more_is_no_failure(world: World) -> None:  # noqa: F811
    show(world, [4, 3, 2, 1])
    world.collect("2026-03-05T06:00:00Z")
    show(world, [9, 8, 7, 6], [5, 4, 3, 2])
    world.web.pages["/press/default_1.shtml"] = Reply(404)
    world.collect("2026-03-10T06:00:00Z", status=1)
    world.collect("2026-03-11T06:00:00Z", status=1)  # it should be there
    show(world, [9, 8, 7, 6, 5, 4, 3])
    assert world.collect("2026-03-12T06:00:00Z")["state"] == "ok"
    assert world.collect("2026-03-13T06:00:00Z")["listings_read"] == 1


def test_skipped_numbers_are_looked_for_once(world: World) -> None:  # noqa: F811
    facts(world, series="'/t(\\d+)\\.shtml'")
    show(world, [12, 10, 7])
    for hidden in (8, 11):
        world.web.pages[f"/press/t{hidden}.shtml"] = article(hidden)
    assert world.collect("2026-03-20T06:00:00Z")["counts"]["new"] == 5
    assert world.web.paths.count("/press/t9.shtml") == 1
    show(world, [40, 13, 12, 10, 7])
    world.collect("2026-03-21T06:00:00Z")
    assert world.web.paths.count("/press/t9.shtml") == 1
    assert "/press/t20.shtml" not in world.web.paths  # too many are missing to be a series
    assert {still_open for _, still_open in world.rows(OPEN)} == {False}


def test_a_days_listing_that_was_missed_is_read_later(world: World) -> None:  # noqa: F811
    file = Path(world.settings["sources"]) / "china.yaml"
    daily = f'["{world.web.url}/press/{{year}}-{{month}}-{{day}}.shtml"]'
    file.write_text(file.read_text().replace(f"[{world.web.url}/press/default.shtml]", daily))
    for day, number in (("18", 1), ("19", 2), ("20", 3), ("21", 4), ("22", 5)):
        world.web.pages[f"/press/2026-03-{day}.shtml"] = listing(range(number, number + 1))
        world.web.pages[f"/press/t{number}.shtml"] = article(number)
    assert world.collect("2026-03-19T06:00:00Z")["counts"]["new"] == 1
    del world.web.pages["/press/2026-03-21.shtml"]  # a day without any statement
    assert world.collect("2026-03-22T06:00:00Z")["counts"]["new"] == 3
    (covered,) = answer(
        *("backfill", "--since", "2026-03-18", "--until", "2026-03-20"),
        settings=world.at("2026-03-22T07:00:00Z"),
    )
    assert covered["counts"]["new"] == 0
    assert world.rows("SELECT count(*) FROM analyst.statements") == [(4,)]


def test_what_a_listing_dates_after_until_is_left_alone(world: World) -> None:  # noqa: F811
    world.publish(range(1, 10))  # on March 2 to 10
    answer(
        *("backfill", "--since", "2026-03-01", "--until", "2026-03-05"),
        settings=world.at("2026-03-20T06:00:00Z"),
    )
    assert world.rows("SELECT count(*) FROM communique.addresses") == [(4,)]


def test_paging_that_never_ends_fails_loudly(world: World) -> None:  # noqa: F811
    world.publish(range(1, 4))
    world.collect("2026-03-20T06:00:00Z")
    show(world, *([page * 2 + 100, page * 2 + 101] for page in range(60)))
    covered = world.collect("2026-03-21T06:00:00Z", status=1)
    assert covered["state"] == "failing"
    assert any("communique backfill" in said for said in covered["listings_not_read"])


def test_a_backfill_that_did_not_reach_a_gap_leaves_it_open(world: World) -> None:  # noqa: F811
    show(world, [3, 2, 1])
    world.collect("2026-03-20T06:00:00Z")
    show(world, [13, 12, 11, 10])
    world.collect("2026-03-27T06:00:00Z")
    gap = ("backfill", "--since", "2026-03-01")
    answer(*gap, settings=world.at("2026-03-28T06:00:00Z"))  # its window is all that there is
    assert world.rows(OPEN) == [("window", True)]
    show(world, [13, 12, 11, 10], [9, 8, 7], [6, 5, 4, 3])
    early = (*gap, "--until", "2026-03-10")
    answer(*early, settings=world.at("2026-03-29T06:00:00Z"))
    assert world.rows(OPEN) == [("window", True)]
    answer(*gap, settings=world.at("2026-03-30T06:00:00Z"))
    assert world.rows(OPEN) == [("window", False)]


def test_a_backfill_of_older_days_is_no_walk_of_the_newest(world: World) -> None:  # noqa: F811
    file = Path(world.settings["sources"]) / "china.yaml"
    daily = f'["{world.web.url}/press/{{year}}-{{month}}-{{day}}.shtml"]'
    file.write_text(file.read_text().replace(f"[{world.web.url}/press/default.shtml]", daily))
    for day in range(10, 23):
        world.web.pages[f"/press/2026-03-{day}.shtml"] = listing(range(day, day + 1))
        world.web.pages[f"/press/t{day}.shtml"] = article(day)
    world.collect("2026-03-16T06:00:00Z")
    older = ("backfill", "--since", "2026-03-10", "--until", "2026-03-12")
    answer(*older, settings=world.at("2026-03-22T05:00:00Z"))
    assert world.collect("2026-03-22T06:00:00Z")["counts"]["new"] == 7


def test_the_gap_of_a_listing_that_was_out_begins_when_it_was_last_read(
    world: World,  # noqa: F811
) -> None:
    file = Path(world.settings["sources"]) / "china.yaml"
    first, second = (f"{world.web.url}/press/{name}.shtml" for name in ("default", "second"))
    file.write_text(file.read_text().replace(f"[{first}]", f"[{first}, {second}]"))
    for number in (2, 3, 9, 10, 20, 21, 22):
        world.web.pages[f"/press/t{number}.shtml"] = article(number)
    world.web.pages["/press/default.shtml"] = listing(range(2, 3))
    world.web.pages["/press/second.shtml"] = listing(range(3, 4))
    world.collect("2026-03-20T06:00:00Z")
    world.web.pages["/press/second.shtml"] = Reply(404)
    world.web.pages["/press/default.shtml"] = listing(range(9, 11))
    show(world, [10, 9, 2])
    world.collect("2026-03-26T06:00:00Z", status=1)
    world.web.pages["/press/second.shtml"] = listing(range(20, 23))
    world.collect("2026-03-27T06:00:00Z")
    ((after,),) = world.rows("SELECT after FROM communique.gaps WHERE listing LIKE '%second%'")
    assert after.endswith(("/t2.shtml", "/t3.shtml"))


def test_a_page_that_could_not_be_read_is_read_though_the_next_run_died(
    world: World,  # noqa: F811
) -> None:
    show(world, [3, 2, 1])
    world.collect("2026-03-20T06:00:00Z")
    show(world, [9, 8, 3, 7], [6, 5, 4, 2])
    there = world.web.pages["/press/default_1.shtml"]
    world.web.pages["/press/default_1.shtml"] = Reply(404)
    world.collect("2026-03-21T06:00:00Z", status=1)
    with world.store.begin() as connection:  # a run that was killed after its first page
        connection.execute(
            text("""
                WITH killed AS (
                    INSERT INTO communique.runs (kind, key, desk, started_at)
                    VALUES ('collect', 'killed', 'china', '2026-03-22T06:00:00Z') RETURNING id)
                INSERT INTO communique.captures
                    (run_id, source_id, listing, url, fetched_at, outcome, entries)
                SELECT killed.id, 'ministry', listing, url, '2026-03-22T06:00:00Z', 'listed', 3
                FROM communique.captures, killed WHERE url = listing ORDER BY captures.id LIMIT 1
            """)
        )
    world.web.pages["/press/default_1.shtml"] = there
    assert world.collect("2026-03-23T06:00:00Z")["counts"]["new"] == 3


def test_numbers_skipped_in_a_run_that_died_are_looked_for_by_the_next(
    world: World,  # noqa: F811
) -> None:
    show(world, [12, 10])
    world.collect("2026-03-20T06:00:00Z")  # as if killed before it looked for numbers
    facts(world, series="'/t(\\d+)\\.shtml'")
    world.web.pages["/press/t11.shtml"] = article(11)
    assert world.collect("2026-03-21T06:00:00Z")["counts"]["new"] == 1
