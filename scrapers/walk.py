"""One listing, page by page, newest first, until what is older is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from scrapers import periods
from scrapers.errors import Gone, NothingListed, ScrapeError, TimedOut, Unreadable
from scrapers.listings import canonical_entries, read_listing
from scrapers.sources import ListingFacts, Source
from scrapers.values import Capture, Entry, Known, ListingSeen, Walked
from scrapers.visit import Fetch, located

# A backfill goes no deeper than this into a listing, and a collect that has turned so many pages
# without meeting what it knows fails loudly: the rest is a backfill's work.
MOST_PAGES = 5000
MOST_PAGES_COLLECT = 20
# Of a listing with an address for every day, month or year a collect asks for so many, and a
# first one, where there is nothing yet today, for so many before.
MOST_PERIODS = 62
FIRST_PERIODS = 4
# So many known entries at the end of a page say that what follows is known too. Fewer known ones
# at its head are pinned there and say nothing; as many before one that is not known say that the
# listing is in no order of time, and that nothing follows from its order.
RUN_OF_KNOWN = 3

# What the store knows of these canonical addresses of the source; unknown ones are absent.
Lookup = Callable[[Sequence[str]], Mapping[str, Known]]
Entries = Sequence[tuple[str, Entry]]


@dataclass(slots=True)
class Allowance:
    """How long a crawl may go on asking. ends: of time.monotonic; None: as long as it takes. left:
    how many addresses, pages of listings among them, it had no time to ask for."""

    ends: float | None = None
    left: int = 0

    def spent(self) -> bool:
        """Whether nothing more is to be asked for."""
        return self.ends is not None and time.monotonic() >= self.ends


@dataclass(frozen=True, slots=True)
class Plan:
    """How far a crawl goes.

    now: the run's clock (aware). since: walk the listings page by page back to this day (a
    backfill); None: turn a page only while something on it is not known. until: leave alone what
    a listing dates after this day. walked: when each listing was last walked; one that never was
    is read one page deep, what is older is a backfill's work. listings: visit only these; None:
    all of the source. unread: by listing, further pages that the last run could not read.
    pending: addresses that are due for a look whether a listing names them or not. back_to: a
    collect has missed something since this day: walk back to it, known or not. resume: by
    listing, the page that a killed backfill goes on from. later: second opinions are heard when
    all is fetched. allowance: when it has to end; what is left then, the next crawl finds.
    """

    now: datetime
    since: date | None = None
    until: date | None = None
    walked: Mapping[str, datetime] = field(default_factory=dict)
    listings: frozenset[str] | None = None
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pending: tuple[tuple[str, Entry], ...] = ()
    back_to: date | None = None
    resume: Mapping[str, str] = field(default_factory=dict)
    later: bool = False
    allowance: Allowance = field(default_factory=Allowance)

    @property
    def most_pages(self) -> int:
        """How deep a listing is read."""
        return MOST_PAGES_COLLECT if self.since is None else MOST_PAGES


@dataclass(slots=True)
class Walk:
    """One listing's walk. queue: pages to read; again: those the last run could not read; all: the
    pages known so far; named: addresses in their order; met: whether one of them was
    known; begun: whether its own address was read; stale: pages in succession that brought nothing
    unknown."""

    source: Source
    facts: ListingFacts
    fetch: Fetch
    lookup: Lookup
    plan: Plan
    queue: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    all: dict[str, None] = field(default_factory=dict)
    named: dict[str, None] = field(default_factory=dict)
    met: bool = False
    begun: bool = False
    stale: int = 0
    jumped: bool = False

    @property
    def read(self) -> bool:
        """Whether a later walk may count on what this one has read: what an earlier one could not
        read of days is asked for page by page."""
        return self.begun or periods.period_of(self.facts.url) is not None

    def result(self) -> Walked:
        """What the walk says of the series that the listing is."""
        comparable = (
            self.plan.since is None
            and self.facts.url in self.plan.walked
            and periods.period_of(self.facts.url) is None
            and bool(self.named)
        )
        return Walked(self.facts.url, tuple(self.named), self.met if comparable else None)


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
        address = (this.queue or this.again).pop(0)
        if address in this.asked:
            continue
        this.asked.add(address)
        this.all.setdefault(address)
        if this.plan.allowance.spent():
            yield _put_off(this, address), ()
            continue
        capture = this.fetch(address, this.source, None)
        try:
            listing = read_listing(this.source, this.facts, capture, this.plan.now)
        except ScrapeError as error:
            yield _unread(this, address, capture, error), ()
            continue
        listing = listing if this.plan.since is None else listing.whole()
        entries = canonical_entries(this.source, listing)
        this.all.update(dict.fromkeys(listing.pages))
        seen = ListingSeen(address, this.facts.url, len(entries), capture, pages=len(this.all))
        known = _known(this, entries)
        this.begun = this.begun or address == this.facts.url
        yield seen, entries
        fresh = [url for url, _ in entries if url not in this.named]
        this.named.update(dict.fromkeys(fresh))
        this.met = this.met or _meets(entries, known)
        this.stale = 0 if set(fresh) - known else this.stale + bool(entries)
        if _enough(this, entries, fresh, known):
            this.queue.clear()
            continue
        if len(this.asked) >= this.plan.most_pages:
            pages = len(this.asked)
            yield _failed(this, f"{pages} pages of it name nothing known: {_BACKFILL}"), ()
            this.queue.clear()
            return
        waiting = {*this.asked, *this.queue}
        this.queue += [page for page in listing.pages if page not in waiting]
        _jump(this, entries, known)


def _unread(this: Walk, address: str, capture: Capture, error: ScrapeError) -> ListingSeen:
    """A page that could not be read. A day on which nothing was published is no failure: that is
    for the walk as a whole to say."""
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


def _known(this: Walk, entries: Entries) -> set[str]:
    """Which of these are known: visited, or noted by a walk and still to be visited."""
    pending = {url for url, _ in this.plan.pending}
    urls = [url for url, _ in entries]
    return {*this.lookup(urls), *pending.intersection(urls)} if urls else set()


def _meets(entries: Entries, known: Collection[str]) -> bool:
    """Whether a page reaches what is known. What may be pinned on top says nothing of that."""
    urls = [url for url, _ in entries]
    told = urls if len(urls) <= RUN_OF_KNOWN else urls[RUN_OF_KNOWN - 1 :]
    return any(url in known for url in told)


def _enough(this: Walk, entries: Entries, fresh: Collection[str], known: Collection[str]) -> bool:
    """Whether what is older is known, or out of the plan's reach."""
    plan, days = this.plan, [e.published.on for _, e in entries if e.published and e.published.on]
    goal, first = plan.since or plan.back_to, this.facts.url not in plan.walked
    if this.facts.type == "sitemap":
        # Its further ones hold other things, not older ones; those that changed come first.
        bounded = plan.since is None and (first or this.stale >= RUN_OF_KNOWN)
        return bounded and len(this.asked) > RUN_OF_KNOWN
    if not fresh:
        return True
    if goal is not None and (days or plan.since is not None):
        return bool(days) and max(days) < goal
    if first:
        return True
    unknown = [number for number, (url, _) in enumerate(entries) if url not in known]
    if not unknown:
        return True
    after, ahead = len(entries) - 1 - unknown[-1], unknown[-1] + 1 - len(unknown)
    return after >= RUN_OF_KNOWN and ahead < RUN_OF_KNOWN


def _jump(this: Walk, entries: Entries, known: Collection[str]) -> None:
    """A backfill that goes on skips the pages that it has done, from the first page on that brings
    nothing new; it begins one page earlier, since what is taken out of a listing moves the rest
    up."""
    goal = this.plan.resume.get(this.facts.url)
    if goal is None or this.jumped or any(url not in known for url, _ in entries):
        return
    this.jumped = True
    if goal in this.asked:
        return
    if goal in this.queue:
        done = max(this.queue.index(goal) - 1, 0)
        this.asked.update(this.queue[:done])
        del this.queue[:done]
    else:
        this.queue = [goal]
