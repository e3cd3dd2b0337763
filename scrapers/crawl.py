"""One source, from its listings to findings: the first half of the line, as a stream of values.

`crawl` yields, lazily and in this order: for each page of a listing a ListingSeen; then one Listed
with every address that this round of listings named; then one Finding an address. Whoever consumes
it records each value before asking for the next, so a process that dies loses nothing recorded and
the next run finds the rest: a listing's addresses are handed over all together, because a later
run stops paging at the first address it knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scrapers.addresses import canonical
from scrapers.errors import DuplicateAddress
from scrapers.listings import read_listing
from scrapers.periods import day_in
from scrapers.plan import Allowance, Lookup, Plan, Walk
from scrapers.sources import Source
from scrapers.values import Capture, Entry, Finding, Known, Listed, ListingSeen, Walked
from scrapers.visit import Fetch, visit
from scrapers.walk import walk

__all__ = ["Allowance", "Lookup", "Plan", "crawl", "read_listing", "visit_unlisted"]


@dataclass(slots=True)
class _Seen:
    """What one crawl has met so far: addresses still to visit, those done, listings walked, and
    which of these could be read."""

    todo: dict[str, tuple[Entry, Capture | None]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    walked: list[Walked] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

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
        this = Walk(source, facts, fetch, lookup, plan)
        for page, entries in walk(this):
            for url, entry in entries:
                if not _after(entry, plan):
                    seen.add(url, entry, page.capture if entry.body is not None else None)
            yield page
            del page, entries  # what is visited next takes its time, and memory of its own
            if plan.since is not None:
                yield from _visit_listed(source, fetch, lookup, plan, seen)
        seen.walked.append(this.result())
        if this.read:
            seen.read.append(facts.url)
    for url, entry in plan.pending:
        seen.add(url, entry)
    yield from _visit_listed(source, fetch, lookup, plan, seen)


def _after(entry: Entry, plan: Plan) -> bool:
    """Whether a listing dates it after what the plan wants. What has no date is visited."""
    on = entry.published.on if entry.published is not None else None
    return plan.until is not None and on is not None and on > plan.until


def _visit_listed(
    source: Source, fetch: Fetch, lookup: Lookup, plan: Plan, seen: _Seen
) -> Iterator[Listed | Finding]:
    todo, seen.todo = seen.todo, {}
    if todo or seen.walked:
        entries = tuple((url, entry) for url, (entry, _) in todo.items())
        # A backfill of older days says nothing of what a collect has to look back to.
        newest = plan.until is None or plan.until >= day_in(plan.now, source.time_zone)
        listings = tuple(seen.read) if newest else ()
        yield Listed(source.id, entries, listings, tuple(seen.walked))
    known = lookup(list(todo)) if todo else {}
    # What nobody has looked at yet comes first: a turn may end before all had theirs.
    for url, (entry, capture) in sorted(todo.items(), key=lambda item: item[0] in known):
        if url in seen.done:  # an alias led here a moment ago
            continue
        seen.done.add(url)
        before = known.get(url)
        if before is not None and _is_dated_anew(source, entry, before, plan):
            before = replace(before, due=True)
        if plan.since is not None and before is not None and before.statement is not None:
            yield Finding(source.id, url, entry=entry, fetch_url=entry.url, known=True)
            continue
        if plan.allowance.spent() and _is_asked(entry, capture, before):
            plan.allowance.left += 1
            continue
        # Without a name: it would be kept until the next one is there.
        yield _not_twice(
            visit(source, url, entry, fetch, before, plan.now, capture=capture, later=plan.later),
            before,
            lookup,
            seen,
        )


def _is_dated_anew(source: Source, entry: Entry, before: Known, plan: Plan) -> bool:
    """Whether a listing dates it no earlier than the last look at it, on an earlier day: its
    address may have been used again. What it dates in the future says nothing."""
    on = entry.published.on if entry.published is not None else None
    if on is None or before.visited_at is None:
        return False
    today = day_in(plan.now, source.time_zone)
    looked = day_in(before.visited_at, source.time_zone)
    return looked <= on <= today and looked < today


def _is_asked(entry: Entry, capture: Capture | None, before: Known | None) -> bool:
    """Whether a visit would ask the host for anything."""
    carried = entry.body is not None and capture is not None
    return not carried and (before is None or before.due)


def visit_unlisted(source: Source, url: str, fetch: Fetch, lookup: Lookup, plan: Plan) -> Finding:
    """Visits an address that no listing has named, to see whether there is a statement."""
    address = canonical(url, source)
    finding = visit(source, address, Entry(url), fetch, None, plan.now)
    return _not_twice(finding, None, lookup, _Seen())


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
