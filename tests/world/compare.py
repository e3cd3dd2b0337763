"""The store beside the truth: what is missing, doubled, invented, or told as what it was not."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from communique.database import database
from communique.settings import Settings
from tests.world import truth
from tests.world.calendar import SELECTED, START, Host, Item, World
from tests.world.report import Report
from tests.world.run import DELAY, Seen
from tests.world.server import CONTROL

# What a run of one source may take; what the process may hold.
LONGEST = 60.0
MOST_MEMORY = 300_000_000
# A request's start is noted just before it is sent, and the kernel's clock for arrivals ticks every
# four milliseconds: on a busy machine two starts that are a delay apart arrive so much closer.
JITTER = 0.05
PUT_OFF = "the turn's time was over"
CUT = "stopped after "
FINE = ("ok", "quiet", "late")
FAILED = ("blocked", "soft_404", "broken", "unreadable", "gone", "disallowed")


@dataclass
class _Comparison:
    world: World
    connection: Connection
    report: Report
    hosts: dict[str, Host] = field(default_factory=dict)
    items: dict[tuple[str, str], Item] = field(default_factory=dict)

    def rows(self, query: str) -> list[Any]:
        return list(self.connection.execute(text(query)).all())

    def item(self, source: str, url: str) -> tuple[Item | None, bool]:
        """The statement that an address of a source is of, and whether by an old address."""
        path = urlsplit(url).path
        own = path[4:] if path.startswith("/old/") else path
        if (source, f"{own}/") in self.items:  # its twin without the slash
            own = f"{own}/"
        return self.items.get((source, own)), own != path


def compare(world: World, settings: Settings, seen: Seen) -> Report:
    """All that is wrong, and the tables that show what was right."""
    report = Report()
    with database(settings) as engine, engine.connect() as connection:
        comparison = _Comparison(world, connection, report)
        for host in world.hosts:
            comparison.hosts[host.id] = host
            comparison.items |= {(host.id, item.path): item for item in host.items}
        _outcomes(comparison)
        _statements(comparison)
        _states(comparison)
        _doubts(comparison)
        _unvisited(comparison)
    _manners(world, seen, report)
    _measures(seen, report)
    return report


def _when(moment: datetime) -> tuple[int, int]:
    """Day and attempt of a moment of the runs' clock."""
    return (moment.date() - START).days, int(moment.minute >= 45)


def _outcomes(this: _Comparison) -> None:
    """Every visit, in its order, beside what the world says must come of it."""
    read: defaultdict[tuple[str, str], truth.Read] = defaultdict(truth.Read)
    query = "SELECT source_id, url, listing, outcome, fetched_at, error FROM communique.captures"
    for source, url, listing, outcome, at, error in this.rows(f"{query} ORDER BY id"):
        host, (day, attempt) = this.hosts[source], _when(at)
        if PUT_OFF in (error or ""):
            this.report.counted["pages put off to the next run"] += 1
            continue
        if listing is not None:
            expected = truth.listing_outcomes(host, day, attempt, url == listing)
            this.report.told["listing", "/".join(sorted(expected)), outcome] += 1
        else:
            item, moved = this.item(source, url)
            if item is None:
                this.report.wrong("invented", f"{source}: visited {url}, which nobody listed")
                continue
            known = read[source, item.path]
            expected = truth.page_outcomes(host, item, day, attempt, known, moved)
            this.report.told["statement", "/".join(sorted(expected)), outcome] += 1
            if outcome in expected:
                truth.note(host, item, day, outcome, known)
        if outcome not in expected:
            wanted = " or ".join(sorted(expected))
            fault = truth.fault(host, day, attempt)
            said = f"{fault.place}: {fault.name}" if fault else "healthy"
            this.report.wrong(
                "outcome", f"day {day}.{attempt} {url} ({said}): {outcome}, not {wanted}: {error}"
            )


def _statements(this: _Comparison) -> None:
    stored: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    query = """
        SELECT id, source_id, url, title, text, published_on, published_at, withdrawn_at,
               revision_number FROM communique.statements
    """
    for row in this.rows(query):
        item, _ = this.item(row.source_id, row.url)
        if item is None:
            this.report.wrong("invented", f"{row.source_id}: {row.url}: {row.title!r}")
        else:
            stored[row.source_id, item.path].append(row)
    revisions: defaultdict[int, list[Any]] = defaultdict(list)
    for revision in this.rows("SELECT * FROM communique.revisions ORDER BY statement_id, number"):
        revisions[revision.statement_id].append(revision)
    for (source, path), item in this.items.items():
        host, rows = this.hosts[source], stored[source, path]
        must = truth.must_be_stored(host, item, this.world.days)
        this.report.counted["statements published"] += 1
        this.report.counted["of them as PDF, stored"] += item.pdf and bool(rows)
        this.report.counted["of them by their skipped number"] += item.unlisted and bool(rows)
        this.report.counted["statements that must be stored"] += must
        this.report.counted["statements stored"] += len(rows)
        if must and not rows:
            this.report.wrong("lost", f"{source}: {path}, appeared on day {item.appears}")
        if len(rows) > 1:
            this.report.wrong("doubled", f"{source}: {path}: {[row.url for row in rows]}")
        for row in rows[:1]:
            _facts(this, host, item, row, revisions[row.id])


def _facts(this: _Comparison, host: Host, item: Item, row: Any, revisions: list[Any]) -> None:
    """One stored statement's date, wordings and withdrawal."""
    on = None if item.odd_date else item.at.astimezone(ZoneInfo(host.zone)).date()
    if row.published_on != on:
        this.report.wrong("date", f"{row.source_id}: {row.url}: {row.published_on}, not {on}")
    if row.published_at is not None and row.published_at != item.at:
        this.report.wrong("date", f"{row.source_id}: {row.url}: {row.published_at}, not {item.at}")
    true = {(_folded(w.title), _folded(w.text)): w for _, w in item.wordings}
    kept = [true.get((_folded(each.title), _folded(each.text))) for each in revisions]
    for each, wording in zip(revisions, kept, strict=True):
        if wording is None:
            said = f"{each.title!r}: {each.text[:200]!r} ({each.reader})"
            this.report.wrong("wording", f"{row.source_id}: {row.url}: {said}")
    for wording in truth.wordings_seen(host, item, this.world.days):
        this.report.counted["wordings that must be seen"] += 1
        if wording not in kept:
            this.report.wrong("edit", f"{row.source_id}: {row.url}: missed {wording.text[-60:]!r}")
    this.report.counted["revisions stored"] += len(revisions)
    withdrawn = truth.must_be_withdrawn(host, item, this.world.days)
    this.report.counted["withdrawals that must be confirmed"] += withdrawn
    this.report.counted["withdrawals stored"] += row.withdrawn_at is not None
    if withdrawn and row.withdrawn_at is None:
        this.report.wrong("withdrawal", f"{row.source_id}: {row.url}: gone on day {item.gone}")
    if item.gone is None and row.withdrawn_at is not None:
        this.report.wrong("withdrawal", f"{row.source_id}: {row.url} stands, but is withdrawn")


def _doubts(this: _Comparison) -> None:
    """What another reader had to read in the place of the family's is stored, and marked."""
    query = """
        SELECT s.source_id, s.url, a.suspect FROM communique.statements s
        JOIN communique.revisions r ON r.statement_id = s.id AND r.number = s.revision_number
        JOIN communique.addresses a ON a.statement_id = s.id AND a.url = s.url
        WHERE r.reader LIKE 'generic/%'
    """
    for source, url, suspect in this.rows(query):
        if this.hosts[source].family in SELECTED:
            this.report.counted["statements read in a new layout"] += 1
            if suspect is None:
                this.report.wrong("doubt", f"{source}: {url} is not marked")


def _folded(words: str) -> str:
    return " ".join(words.split())


def _states(this: _Comparison) -> None:
    """A source is told as failing on every day on which its listing fails, or of several new
    statements not one can be read; and on no day on which nothing fails."""
    pages, tried = _pages_by_day(this)
    query = """
        SELECT c.source_id, r.key, c.state, c.error FROM communique.coverage c
        JOIN communique.runs r ON r.id = c.run_id ORDER BY c.source_id, c.started_at
    """
    rows, before = this.rows(query), dict[str, str]()
    for source, key, state, error in rows:
        day = int(key.split(":")[0].removeprefix("day "))
        host, attempt = this.hosts[source], int((source, day) in tried)
        outcomes = pages[source, day]
        if (error or "").startswith(CUT):
            this.report.counted["turns that had no time for all"] += 1
            before[source] = state
            continue
        if truth.listing_outcomes(host, day, attempt, True) != {"listed"}:
            expected = "failing"
        elif sum(outcomes.values()) > 1 and not any(outcomes[x] for x in truth.NOT_BROKEN):
            expected = "failing" if day == 0 else "either"
        elif any(outcomes[x] for x in FAILED) or before.get(source) not in (None, *FINE):
            expected = "either"  # some pages fail, or nothing was read that ends what was wrong
        else:
            expected = "healthy"
        before[source] = state
        this.report.states[expected, state] += 1
        if expected != "either" and (state in FINE) != (expected == "healthy"):
            this.report.wrong("state", f"day {day}: {source}: {state}, not {expected}: {error}")
    if len(rows) != len(this.hosts) * this.world.days:
        this.report.wrong("state", f"{len(rows)} rows of coverage for {len(this.hosts)} sources")


def _pages_by_day(
    this: _Comparison,
) -> tuple[dict[tuple[str, int], Counter[str]], set[tuple[str, int]]]:
    """How the visits to each source's statements ended on each day, the last of each address, and
    the days on which it had a second run."""
    last: defaultdict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    tried: set[tuple[str, int]] = set()
    query = "SELECT source_id, url, listing, outcome, fetched_at FROM communique.captures"
    for source, url, listing, outcome, at in this.rows(f"{query} ORDER BY id"):
        day, attempt = _when(at)
        if attempt:
            tried.add((source, day))
        if listing is None:
            last[source, day][url] = outcome
    counted = {key: Counter(outcomes.values()) for key, outcomes in last.items()}
    return defaultdict(Counter, counted), tried


def _unvisited(this: _Comparison) -> None:
    query = "SELECT source_id, url FROM communique.addresses WHERE outcome IS NULL"
    for source, url in this.rows(query):
        this.report.wrong("outcome", f"{source}: {url} was listed and never visited")


def _manners(world: World, seen: Seen, report: Report) -> None:
    """Pace, robots.txt and forbidden addresses, by the server's own log."""
    hosts = world.by_address()
    last: dict[str, float] = {}
    gaps: list[float] = []
    for address, at, day, attempt, path in sorted(seen.arrivals, key=lambda each: each[1]):
        if address not in hosts:
            if address != CONTROL:
                report.wrong("trespass", f"day {day}: asked {address} for {path}")
            continue
        wrong = truth.fault(hosts[address], day, attempt)
        forbidden = wrong is not None and wrong.outcome == "disallowed" and path != "/robots.txt"
        if forbidden or path.startswith("/internal/"):
            report.wrong("robots", f"day {day}: {address} was asked for {path}")
        if address in last:
            gaps.append(at - last[address])
            delay = DELAY
            if gaps[-1] < delay - JITTER:
                report.wrong(
                    "pace", f"day {day}: {address}{path} after {gaps[-1]:.3f} of {delay} s"
                )
        last[address] = at
    report.counted["requests"] = len(seen.arrivals)
    report.least_gap = min(gaps, default=0.0)


def _measures(seen: Seen, report: Report) -> None:
    for (source, day, attempt), seconds in seen.seconds.items():
        if seconds > LONGEST:
            report.wrong("time", f"day {day}.{attempt}: {source} took {seconds:.0f} s")
    report.longest_turn = max(seen.seconds.values(), default=0.0)
    report.longest_run = max(seen.runs.values(), default=0.0)
    report.memory = seen.memory
    if seen.memory > MOST_MEMORY:
        report.wrong("memory", f"{seen.memory / 1e6:.0f} MB at most, of 300")
    for crash in seen.crashes:
        report.wrong("crash", crash)
