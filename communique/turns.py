"""What one turn of a source saw: the last visit to each of its pages and listings in a run, counted
from the captures. In which state that leaves the source: communique/health.py.

A turn is named by `key`: its `run` and its `source`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.health import Seen, usual_entries
from scrapers.sources import Source

Found = Row[*tuple[Any, ...]]

READABLE = ("new", "revised", "unchanged", "implausible")
FAILED = ("blocked", "soft_404", "broken", "unreadable", "not_in_archive")
# An address of which no statement was ever read counts as missing in these cases too.
NEVER_READ = ("gone", "disallowed")
_UNREAD = [*FAILED, *NEVER_READ]
READ_FIRST = ("new", "implausible")

# The last visit to an address in this run is the one that counts, but what a visit stored stays
# stored: new and revised are never undone by a second look in the same run. fresh: it failed in no
# run before.
_PAGES = text("""
    SELECT outcome, unread, fresh, count(*) FROM (
        SELECT DISTINCT ON (c.address_id) c.outcome, a.statement_id IS NULL AS unread, NOT EXISTS (
                   SELECT FROM communique.captures e
                   WHERE e.address_id = c.address_id AND e.run_id <> c.run_id AND e.id < c.id
                     AND e.outcome = ANY(:failed)
               ) AS fresh
        FROM communique.captures c JOIN communique.addresses a ON a.id = c.address_id
        WHERE c.run_id = :run AND c.source_id = :source
        ORDER BY c.address_id, c.outcome NOT IN ('new', 'revised', 'implausible'), c.id DESC
    ) last GROUP BY outcome, unread, fresh
""")
_LISTINGS = text("""
    SELECT DISTINCT ON (url) id, url, listing, outcome, entries, fetched_at
    FROM communique.captures
    WHERE run_id = :run AND source_id = :source AND listing IS NOT NULL
    ORDER BY url, id DESC
""")
# A reading that counted as far too few keeps the number of its entries.
_READINGS = text("""
    SELECT entries, outcome = 'listed' FROM communique.captures
    WHERE source_id = :source AND url = :url AND listing = :url AND run_id <> :run
      AND entries > 0 AND fetched_at < :before
      AND (CAST(:since AS date) IS NULL OR fetched_at >= CAST(:since AS date))
    ORDER BY fetched_at DESC LIMIT 30
""")
_TOO_FEW = text(
    "UPDATE communique.captures SET outcome = 'unreadable', error = :error"
    " WHERE id = :id AND fetched_at = :at"
)
_OUTSTANDING = text("""
    SELECT count(*) FROM communique.addresses
    WHERE source_id = :source AND statement_id IS NULL AND outcome = ANY(:failed)
""")


def visited(connection: Connection, key: Mapping[str, Any]) -> Sequence[Found]:
    """The pages of statements that were visited: outcome, whether nothing was ever read there,
    whether it failed in no run before, and how many."""
    return connection.execute(_PAGES, {**key, "failed": _UNREAD}).all()


def listings_of(connection: Connection, key: Mapping[str, Any]) -> Sequence[Found]:
    """The pages of listings that were visited, each as it was visited last."""
    return connection.execute(_LISTINGS, key).all()


def seen(
    connection: Connection,
    key: Mapping[str, Any],
    pages: Sequence[Found],
    before: Found | None,
    *,
    by_listing: bool,
) -> Seen:
    """What the verdict rests on. pages: as `visited` tells them; before: the source's last turn."""
    listings = listings_of(connection, key)
    unread: Counter[str] = Counter()
    unread_new, afresh, afresh_new = 0, False, False
    for outcome, never_read, fresh, number in pages:
        if outcome in FAILED or (never_read and outcome in NEVER_READ):
            unread[outcome] += number
            unread_new += number * never_read
            afresh |= fresh
            afresh_new |= fresh and never_read
    return Seen(
        by_listing=by_listing,
        listings=Counter(page.outcome for page in listings),
        named=sum(page.entries or 0 for page in listings),
        read=sum(number for outcome, _, _, number in pages if outcome in READABLE),
        read_new=sum(number for outcome, _, _, number in pages if outcome in READ_FIRST),
        unread=unread,
        unread_new=unread_new,
        afresh=afresh,
        afresh_new=afresh_new,
        outstanding=connection.execute(_OUTSTANDING, {**key, "failed": _UNREAD}).scalar_one(),
        blind=before.state if before is not None and before.blind else None,
    )


def mark_collapsed(connection: Connection, key: Mapping[str, Any], source: Source) -> None:
    """A first page that names far fewer entries than usual is taken as not read. What a person
    has confirmed since counts from that day on."""
    confirmed = {facts.url: facts.seen_on for facts in source.listings}
    for page in listings_of(connection, key):
        if page.outcome != "listed" or page.url != page.listing:
            continue
        asked = {"url": page.url, "before": page.fetched_at, "since": confirmed.get(page.url)}
        earlier = [(n, good) for n, good in connection.execute(_READINGS, {**key, **asked})]
        usual = usual_entries(page.entries or 0, earlier)
        if usual is not None:
            error = f"the listing names {page.entries} addresses, usually {usual}"
            where = f" [source={source.id} address={page.url}]"
            connection.execute(
                _TOO_FEW, {"id": page.id, "at": page.fetched_at, "error": error + where}
            )
