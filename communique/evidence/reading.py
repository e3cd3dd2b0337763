"""What archived bytes say today: a wording's page, or its part of a listing, read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from communique.evidence.claims import Claim
from communique.rows import listed_entry
from scrapers.errors import ScrapeError, Unreadable
from scrapers.listings import canonical_entries, read_listing
from scrapers.sources import ListingFacts, Source
from scrapers.values import Capture, Entry, Statement
from scrapers.visit import read_again, second_opinion
from scrapers.warc import ArchivedResponse

# The reader of what a listing carried whole, feeds above all.
FEED = "feed"


class Bytes:
    """One archived response, from which several wordings may have been read: a listing with the
    texts in it is taken apart once. response: with a whole body."""

    def __init__(self, response: ArchivedResponse) -> None:
        self.response = response
        self._entries: dict[tuple[str, datetime], Mapping[str, Entry]] = {}

    def statement(
        self,
        claim: Claim,
        source: Source,
        now: datetime,
        by: str | None,
        entry: Entry | None = None,
    ) -> Statement:
        """What is read here for a claim. by: the reader's name; None: today's. entry: what its
        listing said of it; None: what the store says that a listing said. Raises ScrapeError."""
        if by == FEED or (by is None and claim.reader.startswith(f"{FEED}/")):
            entry = self._carried(claim, source, now)
        entry = entry or listed_entry(claim.asked, claim.listed)
        return read_again(source, entry, self._capture(claim), now, by)

    def doubt(self, claim: Claim, source: Source, now: datetime) -> str | None:
        """Why what today's reader finds here is doubtful; None: it is not. Raises ScrapeError."""
        if claim.reader.startswith(f"{FEED}/"):
            return None
        entry = listed_entry(claim.asked, claim.listed)
        return second_opinion(source, entry, self._capture(claim), now)

    def named(self, source: Source, now: datetime) -> Iterator[Mapping[str, Entry]]:
        """What these bytes name, by canonical address, taken as a page of each listing of the
        source that they may be one of."""
        own = self.response.place.url
        facts = sorted(source.listings, key=lambda one: one.url != own)
        for one in (*facts, ListingFacts(url=own, type="rss")):
            if (one.url, now) not in self._entries:
                self._entries[one.url, now] = self._listed(source, one, now)
            yield self._entries[one.url, now]

    def _carried(self, claim: Claim, source: Source, now: datetime) -> Entry:
        for entries in self.named(source, now):
            entry = entries.get(claim.address or "") or entries.get(claim.url)
            if entry is not None and entry.body is not None:
                return entry
        raise Unreadable("the listing in the archive does not carry its text")

    def _listed(self, source: Source, facts: ListingFacts, now: datetime) -> Mapping[str, Entry]:
        # Not asked for at the listing's own address: whether it named enough is not the question.
        capture = Capture(
            url="",
            final_url=self.response.place.url,
            fetched_at=self.response.fetched_at,
            status=self.response.status,
            headers=self.response.headers,
            body=self.response.body,
        )
        try:
            listing = read_listing(source, facts, capture, now).whole()
        except ScrapeError:
            return {}
        return dict(canonical_entries(source, listing))

    def _capture(self, claim: Claim) -> Capture:
        return Capture(
            url=claim.asked,
            final_url=claim.final_url or claim.asked,
            fetched_at=claim.captured_at,
            status=self.response.status,
            headers=self.response.headers,
            body=self.response.body,
        )


def as_spelt(entry: Entry, claim: Claim) -> Entry:
    """What another listing said, under the address that was asked for."""
    return replace(entry, url=claim.asked, body=None)
