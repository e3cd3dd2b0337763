"""`communique replay`: every capture of an archive in its order, as if each moment were now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from communique.collecting import Job, collect_source, visit_address
from communique.coverage import SourceCoverage
from communique.jobs import Line
from communique.runs import close_run, open_run
from communique.visits import listed_entry_of
from scrapers.about import about
from scrapers.addresses import canonical, host_of
from scrapers.errors import ScrapeError
from scrapers.readers import reader
from scrapers.replay import Replay
from scrapers.sources import Source
from scrapers.visit import stands_at


@dataclass(frozen=True, slots=True)
class Moment:
    """One capture of the archive and whose it may be: sources that share a host may both claim a
    page. listing: it is a page of this listing; None: it is a statement's page."""

    at: datetime
    url: str
    sources: tuple[Source, ...]
    listing: str | None


def moments(replay: Replay, sources: Sequence[Source]) -> Iterator[Moment]:
    """The archive's captures, oldest first, that belong to one of these sources: the first pages
    of their listings, and addresses that look like their statements. Others (robots.txt, further
    pages, which the walk from a first page asks for itself) have no moment of their own."""
    listings = {_key(facts.url): (s, facts.url) for s in sources for facts in s.listings}
    for capture in replay.captures():
        found = listings.get(_key(capture.url))
        if found is not None:
            yield Moment(capture.fetched_at, capture.url, found[:1], found[1])
            continue
        owners = tuple(s for s in sources if _is_statement(stands_at(s, capture.url), s))
        if owners:
            yield Moment(capture.fetched_at, stands_at(owners[0], capture.url), owners, None)


def replay_moment(line: Line, moment: Moment, run_key: str) -> SourceCoverage | None:
    """Does what the daily run would have done at that moment, with the archive as it was then.
    None for a page that several sources could have published and none has listed."""
    if line.replay is None:
        raise ValueError("replay_moment needs a line that replays")
    source = _owner(line, moment)
    if source is None:
        return None
    replay = line.replay.at(moment.at)
    run_id = open_run(line.engine, "replay", run_key, source.desk, moment.at)
    job = Job(
        engine=line.engine,
        run_id=run_id,
        kind="replay",
        clock=lambda: moment.at,
        topics=line.topics,
    )
    with about(run=run_key, run_number=run_id, source=source.id):
        if moment.listing is not None:
            listings = frozenset({moment.listing})
            coverage = collect_source(job, source, replay.fetch, listings=listings)
        else:
            coverage = visit_address(job, source, moment.url, replay.fetch)
    close_run(line.engine, run_key, moment.at)
    return coverage


def _owner(line: Line, moment: Moment) -> Source | None:
    if len(moment.sources) == 1:
        return moment.sources[0]
    named = (
        source
        for source in moment.sources
        if listed_entry_of(line.engine, source.id, canonical(moment.url, source))
    )
    return next(named, None)


def _key(url: str) -> str:
    return re.sub(r"^https?://", "", url).split("#")[0]


def _is_statement(url: str, source: Source) -> bool:
    if not source.listings:
        return False
    try:
        address = canonical(url, source)
    except ScrapeError:  # no address that a source could have
        return False
    if host_of(address) != host_of(canonical(source.listings[0].url, source)):
        return False
    if source.articles is not None:
        return re.search(source.articles, address) is not None
    return reader(source.reader).is_address(address)
