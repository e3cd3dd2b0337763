"""`communique sources check` and `sources new`: whether the facts of a source hold on the web."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import typer
import yaml

from communique.checking import look_at, looking
from communique.cli.checked import as_json, print_listed, print_look, print_remarks, say
from communique.cli.common import (
    DeskOption,
    JsonOption,
    RequiredDesk,
    chosen,
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
from scrapers.sources import Source
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
    machine: bool = JsonOption,
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
                look = look_at(one, fetch, line.settings.clock())
                works = works and look.works
                if machine:
                    told.append(as_json(look))
                else:
                    print_look(look)
                    _propose(line, one, look.listings, confirm)
                if confirm and machine:
                    _confirm(line, one, look.listings)
    if machine:
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
        made = draft.draft(url, desk, fetch, line.settings.clock(), line.sources)
        path = _file(line, desk)
        taken = {one.id for one in line.sources}
        known = [one.id for one in line.sources if _hosts(one) & _hosts(made.source)]
    typer.echo(draft.written(made.source, _defaults(path)))
    if made.source.id in taken:
        say(f"To decide: id: {made.source.id} is taken")
    for words in made.ask:
        say(f"To decide: {words}")
    if known:
        say(f"Already watched on this host: {', '.join(known)}")
    print_listed(made.listed, say)
    print_remarks(made.source, [made.listed])
    say(f"Paste it into {path}, then: communique sources check {made.source.id}")
    if not made.listed.works:
        raise typer.Exit(1)


def _looking(line: Line) -> AbstractContextManager[Fetch]:
    """As in a run, at the same pace; but nothing is kept."""
    return looking(line.policy, line.turns.turns(), line.settings.clock, line.replay)


def _propose(line: Line, source: Source, found: Sequence[probe.Listed], confirm: bool) -> None:
    due = [listed for listed in found if listed.works]
    failed = len(found) - len(due)
    if failed:
        path, verb = _file(line, source.desk), "does" if failed == 1 else "do"
        say(f"  {failed} of {_listings(len(found))} {verb} not work: correct or remove in {path}")
    if not due:
        return
    day = line.settings.clock().date()
    if confirm:
        _confirm(line, source, found)
        say(f"  written: confidence: seen, seen_on: {day} for {_listings(len(due))}")
    elif any(listed.facts.confidence != "seen" for listed in due):
        what = f"{len(due)} of {_listings(len(found))}: confidence: seen, seen_on: {day}"
        say(f"  proposed for {what} (communique sources check {source.id} --confirm writes it)")


def _listings(count: int) -> str:
    return "1 listing" if count == 1 else f"{count} listings"


def _confirm(line: Line, source: Source, found: Sequence[probe.Listed]) -> None:
    """Writes it, or leaves the file as it was where the facts would not load any more."""
    urls = [listed.facts.url for listed in found if listed.works]
    path = _file(line, source.desk)
    before = path.read_bytes()  # its line ends are its own, too
    after = confirmed(before.decode("utf-8"), source.id, urls, line.settings.clock().date())
    _write(path, after.encode("utf-8"))
    try:
        load_sources(line.settings.sources)
    except SourceFactsError:
        _write(path, before)
        raise


def _write(path: Path, content: bytes) -> None:
    """All or nothing, whenever the process dies."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


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
