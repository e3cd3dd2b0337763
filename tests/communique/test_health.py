"""What is expected of a source follows from its own past, and no alarm from what is not known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from communique.health import alike, learned_cadence, plain, publishing, usual_entries

TODAY = date(2026, 3, 2)


def days(*ages: int) -> list[date]:
    return [TODAY - timedelta(days=age) for age in ages]


@pytest.mark.parametrize(
    ("published", "cadence"),
    [
        (days(*range(100)), 2),  # every day: never less than two days are allowed
        (days(*(age for age in range(100) if (TODAY - timedelta(age)).weekday() < 5)), 3),
        (days(*range(0, 40, 5)), 5),
        (days(*range(0, 35, 5)), None),  # seven days are too few
        (days(*range(0, 35, 5), *range(0, 35, 5)), None),  # two statements of a day are one day
        (days(0, 30, 60, 90, 120, 130, 140, 179, 400), 39),  # what is older than 180 days is past
        (days(*range(0, 180, 20)), 20),
        (days(*range(100), 179), 2),  # one long holiday in a hundred gaps is no rule
        (days(0, *range(100, 110)), 60),
        ([], None),
    ],
)
def test_the_cadence_is_what_95_of_100_gaps_do_not_exceed(
    published: list[date], cadence: int | None
) -> None:
    assert learned_cadence(published) == cadence


def test_a_source_that_falls_silent_does_not_become_one_of_which_nothing_is_known() -> None:
    long_ago = [day - timedelta(days=1000) for day in days(*range(0, 40, 5))]
    cadence = learned_cadence(long_ago)
    assert cadence == 5
    assert publishing(max(long_ago), TODAY, cadence) == "late"


def test_a_page_that_froze_before_its_cadence_was_known_is_not_ok_for_ever() -> None:
    assert publishing(TODAY - timedelta(days=60), TODAY, None) == "ok"
    assert publishing(TODAY - timedelta(days=61), TODAY, None) == "quiet"
    assert publishing(None, TODAY, None) == "ok"


@pytest.mark.parametrize(
    ("age", "state"), [(-1, "ok"), (3, "ok"), (4, "quiet"), (9, "quiet"), (10, "late")]
)
def test_quiet_is_past_one_cadence_and_late_past_three(age: int, state: str) -> None:
    assert publishing(TODAY - timedelta(days=age), TODAY, 3) == state
    assert publishing(TODAY - timedelta(days=age), TODAY, None) == "ok"
    assert publishing(None, TODAY, 3) == "ok"


def test_a_listing_is_too_short_under_a_third_of_what_is_usual_unless_it_varies() -> None:
    good = [(30, True)] * 5
    assert usual_entries(9, good) == 30
    assert usual_entries(10, good) is None
    assert usual_entries(1, good[:4]) is None
    assert usual_entries(2, [(2, False), *good]) == 30
    assert usual_entries(2, [(30, True), (2, False), *good]) is None
    assert usual_entries(1, [(30, True), (2, False), *good]) == 30
    assert usual_entries(3, [(n, True) for n in (9, 1, 12, 3, 8)]) is None


def test_errors_are_told_in_plain_words_and_are_alike_whatever_their_address() -> None:
    one = "no connection: [Errno 111] refused [source=one address=https://one.example/a selector=b]"
    two = "2 of 3 listings: no connection: [Errno 111] refused (https://two.example/)"
    assert plain(one) == "no connection: [Errno 111] refused"
    assert alike(plain(one) + " (https://one.example/a)") == alike(two)
    assert alike("names 2 addresses, usually 30") == alike("names 1 addresses, usually 12")
    assert alike("the server says 404") != alike("the server says 410")


def test_an_error_holds_no_command_to_a_terminal() -> None:
    assert plain("titled \x1b[2J\x9b31m\u202e 'x'") == "titled [2J 31m 'x'"
