"""What must come of each visit, and what must be in the store: said by the world, not by the code
that is under test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.world.calendar import SELECTED, WINDOW, Host, Item
from tests.world.faults import HEALTHY, Episode
from tests.world.pages import listed
from tests.world.words import Wording

# The days after its first sight on which a statement is looked at again (DESIGN, fine print).
LOOKS = (1, 2, 4, 7, 14, 30)
GONE = {"404": "gone", "410": "gone", "soft 404": "soft_404", "home": "soft_404"}
AT_LEAST = 2
# Outcomes of a visit after which nobody need ask what is wrong with the source.
NOT_BROKEN = ("new", "revised", "unchanged", "implausible", "gone", "soft_404", "disallowed")
# Families whose listing is one page, of twice as many statements.
FEEDS = ("feed", "teaser", "sitemap", "json")


@dataclass
class Read:
    """What was read of a statement so far. by_family: by its family's reader, whose layout a
    host may leave overnight."""

    wording: Wording | None = None
    by_family: bool = False


def fault(host: Host, day: int, attempt: int) -> Episode | None:
    """What is wrong with a host in a run; None: nothing, or nothing any more."""
    found = host.fault(day)
    return None if found is None or (found.cured and attempt) else found


def listing_outcomes(host: Host, day: int, attempt: int, first: bool) -> set[str]:
    """How a visit to a page of the listing may end. first: it is the listing's first page."""
    wrong = fault(host, day, attempt)
    if wrong is None or wrong.place == "pages" or wrong.outcome == HEALTHY:
        return {"listed"} if len(listed(host, day)) >= AT_LEAST else {"unreadable"}
    if wrong.name in ("nothing listed", "one listed") and not first:
        return {"listed", "unreadable"}
    return {wrong.outcome}


def is_listed(host: Host, day: int) -> bool:
    """Whether one of the day's runs could read the listing."""
    return any(listing_outcomes(host, day, attempt, True) == {"listed"} for attempt in (0, 1))


def page_fault(host: Host, item: Item, day: int, attempt: int) -> str | None:
    """What is wrong with a statement's page in a run: the outcome; None: nothing."""
    wrong = fault(host, day, attempt)
    if wrong is None or wrong.outcome == HEALTHY or wrong.place == "listing":
        return None
    if wrong.place == "pages" and (item.number % 2 or host.family == "feed"):
        return None
    return wrong.outcome


def page_outcomes(
    host: Host, item: Item, day: int, attempt: int, read: Read, moved: bool
) -> set[str]:
    """How a visit to a statement's address may end, after what was read of it before. moved: by
    an old address that redirects to its own."""
    wrong = page_fault(host, item, day, attempt)
    if wrong is not None:
        blue = fault(host, day, attempt)
        known = read.wording is not None and host.validators != "none"
        is_304 = blue is not None and blue.name.startswith("304") and known
        return {wrong, "unchanged"} if is_304 else {wrong}
    if not item.stands(day):
        return {GONE[item.withdrawn_as]}
    expected = _readable(item, item.wording(day), read)
    if read.by_family and _left_layout(host, day):
        expected |= {"unreadable"}
    return expected | {"duplicate_address"} if moved else expected


def _readable(item: Item, wording: Wording, read: Read) -> set[str]:
    if read.wording == wording:
        return {"unchanged"}
    if item.odd_date:
        return {"implausible"}
    return {"new"} if read.wording is None else {"revised"}


def _left_layout(host: Host, day: int) -> bool:
    return host.layout_changes is not None and day >= host.layout_changes


def note(host: Host, item: Item, day: int, outcome: str, read: Read) -> None:
    """Takes down what a visit with this outcome has read."""
    if outcome in ("new", "revised", "implausible"):
        if outcome == "new" or read.wording is None:
            read.by_family = not _left_layout(host, day) and host.family in SELECTED
        read.wording = item.wording(day)


def first_listed(host: Host, item: Item, days: int) -> int | None:
    """The first day on which a listing that could be read named the statement: on its first page,
    or on any where the listing was walked before the statement appeared."""
    walked = False
    for day in range(days):
        if not is_listed(host, day):
            continue
        shown = listed(host, day)
        if host.family in FEEDS:
            shown = shown[: 2 * WINDOW]
        elif not walked or item.appears <= 0:
            shown = shown[:WINDOW]
        if item in shown:
            return day
        walked = True
    return None


def must_be_stored(host: Host, item: Item, days: int) -> bool:
    """Whether it stood, was named and could be read, all on one day."""
    if item.unlisted:
        return _must_be_guessed(host, item, days)
    first = first_listed(host, item, days)
    if first is None:
        return False
    return any(
        page_fault(host, item, day, attempt) is None
        and listing_outcomes(host, day, attempt, True) == {"listed"}
        and item in listed(host, day)[:WINDOW]
        and item.stands(day)
        for day in range(first, days)
        for attempt in (0, 1)
    )


def _must_be_guessed(host: Host, item: Item, days: int) -> bool:
    """Whether its number was found skipped on a day on which nothing was wrong."""
    beside = [each for each in host.items if abs(each.number - item.number) == 1]
    known = [first_listed(host, each, days) for each in beside]
    if len(known) < 2 or None in known:
        return False
    day = max(each for each in known if each is not None)
    return fault(host, day, 0) is None and item.stands(day)


def looks(host: Host, item: Item, days: int) -> Iterator[int]:
    """The days on which a statement is sure to be looked at again."""
    first = first_listed(host, item, days)
    if first is None:
        return
    if host.family == "feed":
        yield from (
            day
            for day in range(first, days)
            if is_listed(host, day) and item in listed(host, day)[: 2 * WINDOW]
        )
        return
    yield from (first + step for step in LOOKS if first + step < days)


def wordings_seen(host: Host, item: Item, days: int) -> list[Wording]:
    """The wordings that stood when somebody was sure to look, and could."""
    found: list[Wording] = []
    for day in looks(host, item, days):
        readable = page_fault(host, item, day, 0) is None and item.stands(day)
        if readable and not _left_layout(host, day) and item.wording(day) not in found:
            found.append(item.wording(day))
    return found


def must_be_withdrawn(host: Host, item: Item, days: int) -> bool:
    """Whether somebody was sure to find it gone, and to confirm that on the next day."""
    if item.gone is None or host.family == "feed":
        return False
    return any(
        day >= item.gone
        and day + 1 < days
        and all(page_fault(host, item, each, 0) is None for each in (day, day + 1))
        for day in looks(host, item, days)
    )
