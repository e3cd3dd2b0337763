"""One listing, page by page, newest first, until what is older is known."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from scrapers import periods
from scrapers.about import about
from scrapers.errors import Gone, NothingListed, ScrapeError, Soft404, TimedOut, Unreadable
from scrapers.listings import canonical_entries, read_listing
from scrapers.plan import Entries, Walk
from scrapers.reach import enough, goes_beyond, jump, known_of, meets, put_in
from scrapers.values import Capture, Listing, ListingSeen
from scrapers.visit import located

log = logging.getLogger(__name__)

# Of a listing with an address for every day, month or year a collect asks for so many, and a
# first one, where there is nothing yet today, for so many before.
MOST_PERIODS = 62
FIRST_PERIODS = 4


def walk(this: Walk) -> Iterator[tuple[ListingSeen, Entries]]:
    """Each page that is read, with its entries by canonical address."""
    facts, plan = this.facts, this.plan
    this.again = list(plan.unread.get(facts.url, ()))
    period = periods.period_of(facts.url)
    if period is None:
        this.queue.append(facts.url)
        yield from _pages(this)
        if facts.type == "sitemap" and len(this.asked) > 1 and not this.named:
            yield _failed(this, f"none of {len(this.asked)} sitemaps names a statement"), ()
        return
    first = plan.since is None and facts.url not in plan.walked
    asked = 0
    for asked, address in enumerate(_left(this, period), 1):
        this.queue.append(address)
        yield from _pages(this)
        if first and this.named:
            break
        if plan.since is None and asked >= MOST_PERIODS:
            yield _failed(this, f"{asked} of its addresses asked for: {_BACKFILL}"), ()
            break
    if asked and not this.named:
        yield _failed(this, f"none of its last {asked} addresses names a statement"), ()


_BACKFILL = "communique backfill reads the rest"


def _left(this: Walk, period: periods.Period) -> list[str]:
    """The addresses to ask for; those that a killed backfill has done are not among them, except
    the last."""
    found, goal = list(_addresses(this, period)), this.plan.resume.get(this.facts.url)
    this.jumped = True
    return found[found.index(goal) :] if goal in found else found


def _addresses(this: Walk, period: periods.Period) -> Iterator[str]:
    plan, zone = this.plan, this.source.time_zone
    newest = periods.day_in(plan.now, zone)
    if plan.since is not None:
        newest = min(newest, plan.until or newest)
        return periods.addresses(this.facts.url, newest, plan.since)
    last = plan.walked.get(this.facts.url)
    oldest = periods.day_in(last, zone) if last is not None else newest
    # What was published late in the last period that was read is in it only now.
    for _ in range(1 if last is not None else FIRST_PERIODS - 1):
        oldest = periods.before(oldest, period)
    return periods.addresses(this.facts.url, newest, oldest)


def _pages(this: Walk) -> Iterator[tuple[ListingSeen, Entries]]:
    while this.queue or this.again:
        again = not this.queue
        address = (this.queue or this.again).pop(0)
        if address in this.asked:
            continue
        this.asked.add(address)
        dropped = again and this.begun and address not in this.all
        this.all.setdefault(address)
        if this.plan.allowance.spent():
            yield _put_off(this, address), ()
            continue
        capture, listing = _page(this, address)
        if isinstance(listing, ScrapeError):
            if this.beyond:  # nobody counts on it: the next deeper look comes by itself
                with about(source=this.source.id, address=address):
                    log.warning("beyond what is known: %s", listing)
                return
            yield _unread(this, address, capture, listing, dropped=dropped), ()
            continue
        listing = listing if this.plan.since is None else listing.whole()
        entries: Entries = canonical_entries(this.source, listing)
        this.all.update(dict.fromkeys(listing.pages))
        seen = ListingSeen(address, this.facts.url, len(entries), capture, pages=len(this.all))
        known = known_of(this, entries)
        entries = put_in(entries, known) if this.beyond else entries
        this.begun = this.begun or address == this.facts.url
        yield seen, entries
        fresh = [url for url, _ in entries if url not in this.named]
        this.named.update(dict.fromkeys(fresh))
        this.met = this.met or meets(entries, known)
        this.stale = 0 if set(fresh) - known else this.stale + bool(entries)
        if this.beyond or enough(this, entries, fresh, known):
            this.beyond = goes_beyond(this)
            if not this.beyond:
                this.queue.clear()
                continue
        if len(this.asked) >= this.plan.most_pages:
            pages = len(this.asked)
            yield _failed(this, f"{pages} pages of it name nothing known: {_BACKFILL}"), ()
            this.queue.clear()
            return
        waiting = {*this.asked, *this.queue}
        this.queue += [page for page in listing.pages if page not in waiting]
        jump(this, entries, known)


def _page(this: Walk, address: str) -> tuple[Capture, Listing | ScrapeError]:
    """What came from an address, and what it lists, or why that could not be read."""
    with about(source=this.source.id, address=address):
        capture = this.fetch(address, this.source, None)
        try:
            return capture, read_listing(this.source, this.facts, capture, this.plan.now)
        except ScrapeError as error:
            return capture, error.kept()


def _unread(
    this: Walk, address: str, capture: Capture, error: ScrapeError, *, dropped: bool
) -> ListingSeen:
    """A page that could not be read. A day on which nothing was published is no failure: that is
    for the walk as a whole to say. Nor is a page of before that is gone, and that the listing does
    not name any more (dropped)."""
    if dropped and isinstance(error, Gone | Soft404):
        return ListingSeen(address, this.facts.url, 0, capture, pages=len(this.all))
    quiet = isinstance(error, Gone | NothingListed)
    if quiet and periods.period_of(this.facts.url) is not None:
        return ListingSeen(address, this.facts.url, 0, capture, pages=len(this.all))
    if _past_the_end(this, address, capture):
        return ListingSeen(address, this.facts.url, 0, capture, pages=len(this.all))
    error = located(error, this.source, address)
    return ListingSeen(address, this.facts.url, 0, capture, error, pages=len(this.all))


def _put_off(this: Walk, address: str) -> ListingSeen:
    """A page for which there was no time: the next run reads it, as one that could not be read."""
    this.plan.allowance.left += 1
    late = TimedOut("not asked for: the turn's time was over")
    error = located(late, this.source, address)
    return ListingSeen(address, this.facts.url, 0, None, error, pages=len(this.all))


def _past_the_end(this: Walk, address: str, capture: Capture) -> bool:
    """Whether an API refuses a page behind its last one, as WordPress does where the last is full;
    a guard's refusal is no JSON."""
    further = this.facts.paging is not None and address != this.facts.url
    refused = capture.status in (400, 404) and capture.body.lstrip().startswith((b"{", b"["))
    return further and refused


def _failed(this: Walk, reason: str) -> ListingSeen:
    error = Unreadable(f"the listing: {reason}", source=this.source.id, url=this.facts.url)
    return ListingSeen(this.facts.url, this.facts.url, 0, None, error, pages=len(this.all))
