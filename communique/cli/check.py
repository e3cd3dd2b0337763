"""`communique sources check` and `sources new`: whether the facts of a source hold on the web."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
import yaml

from communique.cli.common import (
    DeskOption,
    JsonOption,
    RequiredDesk,
    chosen,
    console,
    errors,
    named,
    print_json,
    the_line,
)
from communique.jobs import Line
from scrapers import draft, probe
from scrapers.addresses import host_of
from scrapers.confirm import confirmed
from scrapers.errors import SourceFactsError
from scrapers.facts import load_sources
from scrapers.fetch import Fetcher
from scrapers.sources import Source
from scrapers.values import Finding
from scrapers.visit import Fetch


def add_to(app: typer.Typer) -> None:
    """Hangs these commands on `communique sources`."""
    app.command()(check)
    app.command()(new)


def check(
    source: str | None = typer.Argument(None, help="Id of the source; none: all that are enabled."),
    desk: str | None = DeskOption,
    confirm: bool = typer.Option(
        False, help="Write `seen` and today's date into the file for each listing that works."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Visit a source's listings and two newest statements of each, and say what was found.

    Nothing is stored. Exit status 1 when a listing does not work.

    Example: communique sources check cn_embassy_mk --confirm
    """
    with the_line() as line:
        asked = (named(line.sources, source),) if source else chosen(line, desk, None)
        told, works = [], True
        with _looking(line) as fetch:
            for one in asked:
                found = list(probe.listings(one, fetch, line.settings.clock()))
                rules = list(probe.robots(one, fetch))
                works = works and bool(found) and all(listed.works for listed in found)
                if as_json:
                    told.append(_as_json(one, found, rules))
                else:
                    _print(one, found, rules)
                    _propose(line, one, found, confirm)
                if confirm and as_json:
                    _confirm(line, one, found)
    if as_json:
        print_json(told)
    if not works or not asked:
        raise typer.Exit(1)


def new(
    url: str = typer.Argument(help="Address of a page, feed or sitemap that lists statements."),
    desk: str = RequiredDesk,
) -> None:
    """Draft a source from one of its pages: facts to correct and paste, and what they bring.

    Exit status 1 when its newest statements could not be read.

    Example: communique sources new https://www.gov.si/en/news/ --desk europe
    """
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{url!r} is no address such as https://www.gov.si/en/news/")
    with the_line() as line, _looking(line) as fetch:
        made = draft.draft(url, desk, fetch, line.settings.clock())
        path = _file(line, desk)
        taken = {one.id for one in line.sources}
        known = [one.id for one in line.sources if _hosts(one) & _hosts(made.source)]
    typer.echo(draft.written(made.source, _defaults(path)))
    if made.source.id in taken:
        _say(f"To decide: id: {made.source.id} is taken")
    for words in made.ask:
        _say(f"To decide: {words}")
    if known:
        _say(f"Already watched on this host: {', '.join(known)}")
    _print_listed(made.listed, _say)
    _say(f"Paste it into {path}, then: communique sources check {made.source.id}")
    if not made.listed.works:
        raise typer.Exit(1)


@contextmanager
def _looking(line: Line) -> Iterator[Fetch]:
    """As in a run, at the same pace; but nothing is kept."""
    if line.replay is not None:
        yield line.replay.fetch
        return
    with Fetcher(line.policy, turn=line.turns.turns(), clock=line.settings.clock) as fetcher:
        yield fetcher.fetch


def _say(words: str) -> None:
    errors.print(words, markup=False, soft_wrap=True)


def _show(words: str) -> None:
    console.print(words, markup=False, highlight=False, soft_wrap=True)


def _print(source: Source, found: Sequence[probe.Listed], rules: Sequence[probe.Robots]) -> None:
    _show(f"{source.id}: {source.publisher} (desk {source.desk}, reader {source.reader})")
    for rule in rules:
        _show(f"  {rule.url}: {_rules(rule)}")
    for listed in found:
        _print_listed(listed, _show)
    ours = {facts.url for facts in source.listings}
    for kind, url in dict.fromkeys(feed for listed in found for feed in listed.feeds):
        if url not in ours:
            _show(f"  offered, not among its listings: {kind} {url}")


def _rules(rule: probe.Robots) -> str:
    if not rule.found:
        return "no rules"
    said = [f"forbids {url}" for url in rule.forbidden] or ["allows its listings"]
    if rule.delay:
        said.append(f"asks for {rule.delay:g} s between requests")
    said += [f"names sitemap {url}" for url in rule.sitemaps[:5]]
    return ", ".join(said)


def _print_listed(listed: probe.Listed, say: Callable[[str], None]) -> None:
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


def _finding(finding: Finding) -> str:
    statement = finding.statement
    if statement is None:
        reason = finding.error.reason if finding.error else "nothing new since the last look"
        return f"failed: {finding.fetch_url or finding.url}: {reason}"
    published = statement.published
    day = f"{published.on} ({published.precision})" if published.on else "no date"
    said = f"{day}  {statement.language}  {len(statement.text):,} characters  {statement.title}"
    opinion = finding.suspect or "no doubt of the generic reader's"
    return f"read by {statement.reader}: {said}\n      {opinion}"


def _propose(line: Line, source: Source, found: Sequence[probe.Listed], confirm: bool) -> None:
    due = [listed for listed in found if listed.works]
    failed = len(found) - len(due)
    if failed:
        _say(f"  {failed} of {len(found)} listings do not work: correct or remove them in "
             f"{_file(line, source.desk)}")  # fmt: skip
    if not due:
        return
    day = line.settings.clock().date()
    if confirm:
        _confirm(line, source, found)
        _say(f"  written: confidence: seen, seen_on: {day} for {len(due)} listings")
    elif any(listed.facts.confidence != "seen" for listed in due):
        _say(f"  proposed for {len(due)} of {len(found)} listings: confidence: seen, seen_on: {day}"
             f" (communique sources check {source.id} --confirm writes it)")  # fmt: skip


def _confirm(line: Line, source: Source, found: Sequence[probe.Listed]) -> None:
    """Writes it, or leaves the file as it was where the facts would not load any more."""
    urls = [listed.facts.url for listed in found if listed.works]
    path = _file(line, source.desk)
    before = path.read_text(encoding="utf-8")
    path.write_text(
        confirmed(before, source.id, urls, line.settings.clock().date()), encoding="utf-8"
    )
    try:
        load_sources(line.settings.sources)
    except SourceFactsError:
        path.write_text(before, encoding="utf-8")
        raise


def _file(line: Line, desk: str) -> Path:
    return line.settings.sources / f"{desk}.yaml"


def _defaults(path: Path) -> dict[str, Any]:
    """What the file of a desk says for all its sources; nothing where there is no such file."""
    if not path.is_file():
        return {}
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
    found = document.get("defaults") if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _hosts(source: Source) -> set[str]:
    hosts = {host_of(facts.url) for facts in source.listings}
    return {host.removeprefix("www.") for host in hosts}


def _as_json(
    source: Source, found: Sequence[probe.Listed], rules: Sequence[probe.Robots]
) -> dict[str, Any]:
    return {
        "source": source.id,
        "robots": [asdict(rule) for rule in rules],
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
            for listed in found
        ],
    }


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
