"""One source, from its listings to findings: the first half of the line, as a stream of values.

`crawl` yields, lazily and in this order: for each page of a listing a ListingSeen; then one Listed
with every address that this round of listings named; then one Finding an address. Whoever consumes
it records each value before asking for the next, so a process that dies loses nothing recorded and
the next run finds the rest: a listing's addresses are handed over all together, because a later
run stops paging at the first address it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from scrapers.addresses import canonical, storable
from scrapers.charset import decode
from scrapers.dates import infer_years
from scrapers.errors import DuplicateAddress, NothingListed, ScrapeError, Unreadable
from scrapers.readers import Page, Reader, reader
from scrapers.sources import ListingFacts, Source
from scrapers.values import Capture, Entry, Finding, Known, Listed, Listing, ListingSeen
from scrapers.visit import Fetch, located, visit

# A backfill goes no deeper than this into a listing, and a collect that has turned so many pages
# without meeting what it knows fails loudly: the rest is a backfill's work.
MOST_PAGES = 5000
MOST_PAGES_COLLECT = 20
# Listings of which only the page after the last says that it was the last, or that hold others.
_MAY_END_EMPTY = ("json", "sitemap")

# What the store knows of these canonical addresses of the source; unknown ones are absent.
Lookup = Callable[[Sequence[str]], Mapping[str, Known]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How far a crawl goes.

    now: the run's clock (aware). since: walk the listings page by page back to this day (a
    backfill); None: turn a page only while its last entry is not known. listings_seen: addresses
    of listings that were walked before; a listing that was not is read one page deep, what is
    older is a backfill's work. listings: visit only these; None: all of the source. unread: by
    listing, further pages that the last run could not read. pending: addresses that are due for
    a look whether a listing names them or not.
    """

    now: datetime
    since: date | None = None
    listings_seen: frozenset[str] = frozenset()
    listings: frozenset[str] | None = None
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pending: tuple[tuple[str, Entry], ...] = ()


@dataclass(slots=True)
class _Seen:
    """What one crawl has met so far: addresses still to visit, those done, listings walked."""

    todo: dict[str, tuple[Entry, Capture | None]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    walked: list[str] = field(default_factory=list)

    def add(self, url: str, entry: Entry, capture: Capture | None = None) -> None:
        if url not in self.done:
            self.todo.setdefault(url, (entry, capture))


def crawl(
    source: Source, fetch: Fetch, lookup: Lookup, plan: Plan
) -> Iterator[ListingSeen | Listed | Finding]:
    """Visits one source. Raises nothing for what its pages do: that is in the values it yields."""
    seen = _Seen()
    for facts in source.listings:
        if plan.listings is not None and facts.url not in plan.listings:
            continue
        if facts.valid_until is not None and plan.now.date() > facts.valid_until:
            continue
        for page in _walk(source, facts, fetch, lookup, plan, seen):
            yield page
            if plan.since is not None:
                yield from _visit_listed(source, fetch, lookup, plan, seen)
    for url, entry in plan.pending:
        seen.add(url, entry)
    yield from _visit_listed(source, fetch, lookup, plan, seen)


def _visit_listed(
    source: Source, fetch: Fetch, lookup: Lookup, plan: Plan, seen: _Seen
) -> Iterator[Listed | Finding]:
    todo, seen.todo = seen.todo, {}
    if todo or seen.walked:
        entries = tuple((url, entry) for url, (entry, _) in todo.items())
        yield Listed(source.id, entries, tuple(seen.walked))
    known = lookup(list(todo))
    for url, (entry, capture) in todo.items():
        if url in seen.done:  # an alias led here a moment ago
            continue
        seen.done.add(url)
        before = known.get(url)
        if plan.since is not None and before is not None and before.statement is not None:
            yield Finding(source.id, url, entry=entry, fetch_url=entry.url, known=True)
            continue
        finding = visit(source, url, entry, fetch, before, plan.now, capture=capture)
        yield _not_twice(finding, before, lookup, seen)


def _walk(
    source: Source, facts: ListingFacts, fetch: Fetch, lookup: Lookup, plan: Plan, seen: _Seen
) -> Iterator[ListingSeen]:
    """The pages of one listing, newest first, until the plan says enough."""
    again = list(plan.unread.get(facts.url, ()))
    queue, asked, named = [facts.url], set[str](), set[str]()
    while queue or again:
        address = (queue or again).pop(0)
        if address in asked:
            continue
        asked.add(address)
        capture = fetch(address, source, None)
        try:
            listing = read_listing(source, facts, capture, plan.now)
        except ScrapeError as error:
            yield ListingSeen(address, facts.url, 0, capture, located(error, source, address))
            continue
        listing = listing if plan.since is None else listing.whole()
        entries = _canonical_entries(source, listing)
        for url, entry in entries:
            seen.add(url, entry, capture if entry.body is not None else None)
        yield ListingSeen(address, facts.url, len(entries), capture)
        fresh = {url for url, _ in entries} - named
        # A sitemap's further ones hold other things, not older ones: each is read.
        if facts.type != "sitemap" and (not fresh or _enough(facts, plan, entries, lookup)):
            queue.clear()
            continue
        named |= fresh
        if len(asked) >= (MOST_PAGES_COLLECT if plan.since is None else MOST_PAGES):
            yield ListingSeen(address, facts.url, 0, None, _no_end(source, address, len(asked)))
            break
        queue += [page for page in listing.pages if page not in asked and page not in queue]
    if facts.type == "sitemap" and len(asked) > 1 and not named:
        reason = f"none of {len(asked)} sitemaps names a statement"
        nothing = NothingListed(reason, source=source.id, url=facts.url)
        yield ListingSeen(facts.url, facts.url, 0, None, nothing)
    seen.walked.append(facts.url)


def _no_end(source: Source, address: str, pages: int) -> Unreadable:
    return Unreadable(
        f"{pages} pages of the listing name nothing known: communique backfill reads the rest",
        source=source.id,
        url=address,
    )


def _enough(
    facts: ListingFacts,
    plan: Plan,
    entries: Sequence[tuple[str, Entry]],
    lookup: Lookup,
) -> bool:
    """Whether what is older is known. An entry that is pinned on top says nothing of that."""
    if plan.since is not None:
        days = [e.published.on for _, e in entries if e.published and e.published.on]
        return bool(days) and max(days) < plan.since
    return facts.url not in plan.listings_seen or bool(lookup([entries[-1][0]]))


def read_listing(source: Source, facts: ListingFacts, capture: Capture, now: datetime) -> Listing:
    """What a captured page of a listing names. Raises the capture's own error where it is not
    usable, and NothingListed where it names nothing, or its first page less than its floor. A
    further page of an API or a sitemap may be empty, and an index has no statements of its own."""
    if capture.error is not None:
        raise capture.error
    page = Page(
        url=capture.final_url,
        html=decode(capture.body, capture.headers.get("content-type")),
        source=source,
        fetched_at=now,
        listing=facts,
        body=capture.body,
    )
    listing = _listing_reader(source, facts).listing(page)
    floor = facts.at_least if capture.url == facts.url else int(facts.type not in _MAY_END_EMPTY)
    whole = listing.whole()
    if len(whole.entries) < floor and not (facts.type == "sitemap" and whole.pages):
        raise NothingListed(
            f"the listing names {len(whole.entries)} addresses, at least {floor} were expected"
        )
    languages = (facts.language,) if facts.language else source.languages
    entries = infer_years(listing.entries, zone=source.time_zone, languages=languages)
    return replace(listing, entries=entries)


def _canonical_entries(source: Source, listing: Listing) -> list[tuple[str, Entry]]:
    entries: dict[str, Entry] = {}
    for entry in listing.entries:
        try:
            url = canonical(entry.url, source)
        except ScrapeError:  # a malformed link: visited as it stands, so its failure is recorded
            url = storable(entry.url)
        entries.setdefault(url, entry)
    return list(entries.items())


def _listing_reader(source: Source, facts: ListingFacts) -> Reader:
    if facts.type in ("rss", "atom"):
        return reader("feed")
    if facts.type == "sitemap" or facts.fields is not None:
        return reader(facts.type)
    return reader("generic" if source.reader == "feed" else source.reader)


def _not_twice(finding: Finding, before: Known | None, lookup: Lookup, seen: _Seen) -> Finding:
    """A redirect to an address whose statement another address has brought is an alias of it."""
    if finding.statement is None or finding.statement.url == finding.url:
        return finding
    target = finding.statement.url
    there = lookup([target]).get(target)
    own = before.statement if before is not None else None
    if there is not None and there.statement is not None and there.statement != own:
        error = DuplicateAddress(
            f"leads to {target}, which is known", source=finding.source, url=finding.url
        )
        return replace(finding, statement=None, error=error)
    seen.done.add(target)
    return finding
