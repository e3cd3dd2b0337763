"""A reread as people ask for one: which wordings, what would change, counted and shown by source,
and written down where somebody wants it. The command line and the DAG show the same."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timezone

from sqlalchemy import Engine, text

from communique.diffs import diff
from communique.evidence.claims import Wanted
from communique.health import plain
from communique.jobs import Line
from communique.rereading import Reread, apply, described, reread

# How many of a source's are kept as examples, of each result.
KEPT = 20
# Statements that are written in one transaction.
AT_ONCE = 50
TROUBLE = ("unread", "doubtful", "same version", "no evidence")
# What is shown to somebody who is to approve of it.
SOURCES_SHOWN, EXAMPLES_SHOWN, OPERATIONS_SHOWN = 100, 12, 12

_READERS = text("""
SELECT DISTINCT split_part(reader, '/', 1) FROM communique.revisions ORDER BY 1
""")


class RereadRefused(ValueError):
    """What was asked for cannot be read again; the message says why."""


@dataclass(slots=True)
class Tally:
    """What was found of one source. examples: of what is not equal."""

    results: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    examples: list[Reread] = field(default_factory=list)

    def add(self, one: Reread) -> None:
        """Counts one."""
        self.results[one.result] += 1
        if one.result == "differs":
            self.parts.update(one.differs)
        alike = sum(kept.result == one.result for kept in self.examples)
        if one.result != "equal" and alike < KEPT:
            self.examples.append(one)


@dataclass(slots=True)
class Difference:
    """What a reread would change. tallies: by source. mark: names exactly these changes, in
    whatever order they were found: two rereads with the same one would write the same."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    _digests: set[bytes] = field(default_factory=set)

    def add(self, one: Reread) -> None:
        """Counts one."""
        self.tallies.setdefault(one.claim.source, Tally()).add(one)
        if (digest := _digest(one)) is not None:
            self._digests.add(digest)

    def holds(self, one: Reread) -> bool:
        """Whether exactly this change is one of these."""
        return _digest(one) in self._digests

    @property
    def mark(self) -> str:
        """See the class."""
        added = sum(int.from_bytes(digest, "big") for digest in self._digests) % 2**256
        return f"{self.total['differs']}:{added:064x}"

    @property
    def total(self) -> Counter[str]:
        """How many of each result."""
        return sum((tally.results for tally in self.tallies.values()), Counter())


def _digest(one: Reread) -> bytes | None:
    """Names what would be written of a wording; None: nothing."""
    if one.result != "differs" or one.found is None:
        return None
    said = (one.claim.revision, one.found.sha256, one.found.title, one.differs, described(one),
            one.found.published)  # fmt: skip
    return hashlib.sha256(repr(said).encode("utf-8", "replace")).digest()


def wanted_of(sources: Collection[str] | None, reader: str | None, since: date | None) -> Wanted:
    """The wordings that stand: of these sources (None: of all), read by this reader (its name, with
    or without a version), fetched since a day (UTC)."""
    return Wanted(
        standing=True,
        sources=tuple(sorted(sources)) if sources is not None else None,
        reader=reader.split("/")[0] if reader else None,
        since=datetime.combine(since, time(), timezone.utc) if since else None,
    )


def check_reader(engine: Engine, name: str) -> None:
    """Raises RereadRefused where something was read, but nothing by a reader of this name."""
    with engine.connect() as connection:
        known = connection.execute(_READERS).scalars().all()
    if known and name.split("/")[0] not in known:
        said = f"no reader {name!r} read anything; there are {', '.join(known)}"
        raise RereadRefused(said)


def found_by(line: Line, wanted: Wanted) -> Iterator[Reread]:
    """The wanted wordings, read again by today's readers. Changes nothing."""
    sources = {source.id: source for source in line.sources}
    yield from reread(line.engine, wanted, sources, limit=line.settings.max_body)


def difference(found: Iterable[Reread]) -> Difference:
    """All of them counted; only examples are kept."""
    counted = Difference()
    for one in found:
        counted.add(one)
    return counted


def write(
    line: Line, found: Iterable[Reread], approved: Difference | None = None
) -> tuple[int, int]:
    """Writes down those that differ, a few in a transaction: how many wordings, how many dates.
    approved: nothing but what it holds, whatever else was stored, or read otherwise, meanwhile."""
    reworded = dated = 0
    wanted = (one for one in found if approved is None or approved.holds(one))
    for batch in _batches(one for one in wanted if one.result == "differs"):
        done = apply(line.engine, batch, line.topics, line.settings.clock())
        reworded, dated = reworded + done[0], dated + done[1]
    return reworded, dated


def _batches(found: Iterable[Reread]) -> Iterator[Sequence[Reread]]:
    batch: list[Reread] = []
    for one in found:
        batch.append(one)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def summary(found: Difference) -> str:
    """What a reread would change, in Markdown, for whoever is to approve of it. What strangers
    wrote stands in code, which nothing renders."""
    total = found.total
    said = f"**{total['differs']} of {sum(total.values())} wordings are read otherwise today.**"
    lines = [said, "", *_table(found.tallies)]
    differing = [
        (source, one)
        for source, tally in sorted(found.tallies.items())
        for one in [one for one in tally.examples if one.result == "differs"][:3]
    ]
    for source, one in differing[:EXAMPLES_SHOWN]:
        lines += ["", *_example(source, one)]
    if total["differs"] > min(len(differing), EXAMPLES_SHOWN):
        lines += ["", "More examples: `communique reread --json`."]
    return "\n".join(lines)


def _table(tallies: Mapping[str, Tally]) -> Iterator[str]:
    columns = ("equal", "title", "text", "date", *TROUBLE)
    yield f"| source | {' | '.join(columns)} |"
    yield f"| --- |{' ---: |' * len(columns)}"
    worst = sorted(tallies.items(), key=lambda item: (-item[1].results["differs"], item[0]))
    for source, tally in worst[:SOURCES_SHOWN]:
        numbers = tally.results + tally.parts
        yield f"| {source} | {' | '.join(str(numbers[name] or '') for name in columns)} |"
    if len(worst) > SOURCES_SHOWN:
        yield f"| and {len(worst) - SOURCES_SHOWN} more |{' |' * len(columns)}"


def _example(source: str, one: Reread) -> Iterator[str]:
    if one.found is None:
        return
    yield f"Statement {one.claim.statement} of {source}, in {', '.join(one.differs)}:"
    yield ""
    yield "```diff"
    yield _code(f"  {one.claim.url}", 300)
    yield _code(f"  read by {one.claim.reader}, now by {one.found.reader}", 200)
    if dated := described(one):
        yield _code(f"  date: {dated}", 200)
    marks = {"insert": "+", "delete": "-", "equal": " "}
    earlier, later = (one.claim.title, one.claim.text), (one.found.title, one.found.text)
    for operation in diff(earlier, later)[:OPERATIONS_SHOWN]:
        said = f"{marks[operation['op']]} {operation['field']}: {operation['text']}"
        yield _code(said, 200)
    yield "```"


def _code(said: str, most: int) -> str:
    """A line within a fence: one line, and nothing that ends the fence."""
    return said[:2] + plain(said[2:], most).replace("`", "'")
