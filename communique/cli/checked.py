"""What a look at a source has found, as people read it and as machines do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from communique.checking import Look, opinion, rules_in_words
from communique.cli.common import console, errors
from scrapers import probe
from scrapers.remarks import remarks
from scrapers.sources import Source
from scrapers.values import Finding


def say(words: str) -> None:
    """Prints on standard error, where all stands that asks for a decision."""
    errors.print(words, markup=False, soft_wrap=True)


def show(words: str) -> None:
    """Prints on standard output, whatever its width."""
    console.print(words, markup=False, highlight=False, soft_wrap=True)


def print_look(look: Look) -> None:
    """A source's line, its hosts' rules, its listings, what else its pages offer, and what a person
    should look at."""
    source = look.source
    show(f"{source.id}: {source.publisher} (desk {source.desk}, reader {source.reader})")
    for rule in look.robots:
        show(f"  {rule.url}: {rules_in_words(rule)}")
    for listed in look.listings:
        print_listed(listed, show)
    for kind, url in look.feeds:
        show(f"  offered, not among its listings: {kind} {url}")
    print_remarks(source, look.listings)


def print_remarks(source: Source, found: Sequence[probe.Listed]) -> None:
    """What a person should look at: on standard error, as all that asks for a decision."""
    for words in remarks(source, found):
        say(f"  Look: {words}")


def print_listed(listed: probe.Listed, say: Callable[[str], None]) -> None:
    """A listing and the statements that were read of it, by this function."""
    say(f"  {listed.facts.type} {listed.url} ({listed.facts.confidence})")
    if listed.error is not None:
        say(f"    failed: {listed.error.reason}")
        return
    days = listed.days
    span = f", dated {min(days)} to {max(days)}" if days else ", without dates"
    further = f", {listed.pages} further pages" if listed.pages else ""
    say(f"    {len(listed.entries)} addresses{span}{further}")
    for finding in listed.newest:
        say(f"    {_finding(finding)}")


def as_json(look: Look) -> dict[str, Any]:
    """The same for machines; `look`: what a person should look at."""
    return {
        "source": look.source.id,
        "robots": [asdict(rule) for rule in look.robots],
        "look": list(look.remarks),
        "listings": [
            {
                "url": listed.facts.url,
                "works": listed.works,
                "error": listed.error.reason if listed.error else None,
                "entries": len(listed.entries),
                "pages": listed.pages,
                "newest": max(listed.days, default=None),
                "feeds": [url for _, url in listed.feeds],
                "statements": [_statement(finding) for finding in listed.newest],
            }
            for listed in look.listings
        ],
    }


def _finding(finding: Finding) -> str:
    statement = finding.statement
    if statement is None:
        reason = finding.error.reason if finding.error else "nothing new since the last look"
        return f"failed: {finding.fetch_url or finding.url}: {reason}"
    published = statement.published
    day = f"{published.on} ({published.precision})" if published.on else "no date"
    said = f"{day}  {statement.language}  {len(statement.text):,} characters  {statement.title}"
    thought = opinion(finding.suspect, statement.reader)
    return f"read by {statement.reader}: {said}\n      {thought}"


def _statement(finding: Finding) -> dict[str, Any]:
    statement = finding.statement
    return {
        "url": finding.url,
        "error": finding.error.reason if finding.error else None,
        "suspect": finding.suspect,
        "title": statement.title if statement else None,
        "published_on": statement.published.on if statement else None,
        "language": statement.language if statement else None,
        "characters": len(statement.text) if statement else 0,
        "reader": statement.reader if statement else None,
    }
