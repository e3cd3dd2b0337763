"""`communique sources`: who is watched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

import typer
from rich.markup import escape

from communique.census import Census, count, count_by
from communique.cli.common import (
    DeskOption,
    JsonOption,
    console,
    errors,
    named,
    print_json,
    print_table,
    visible,
)
from communique.cli.standings import aligned, words
from communique.database import database
from communique.health import NOT_RUN, WORST_FIRST
from communique.settings import Settings
from communique.standing import standings
from scrapers.facts import load_sources
from scrapers.readers import reader
from scrapers.sources import DESKS, Kind, ListingFacts, Source

app = typer.Typer(help="Who is watched.", no_args_is_help=True)
KINDS = get_args(Kind)
# From so many columns on, a line holds all that is told of a source.
ROOMY = 130


def _kind(value: str | None) -> str | None:
    if value is not None and value not in KINDS:
        raise typer.BadParameter(f"no kind {value!r}; there are {', '.join(KINDS)}")
    return value


KindOption = typer.Option(None, help=f"One of {', '.join(KINDS)}.", callback=_kind, metavar="KIND")
StatesOption = typer.Option(
    False, "--states", help="Ask the store, where there is one, how each source stands."
)


@app.command("list")
def list_command(
    desk: str | None = DeskOption,
    kind: str | None = KindOption,
    with_states: bool = StatesOption,
    as_json: bool = JsonOption,
) -> None:
    """List the sources, and count them by desk and kind.

    Counted are those enabled and disabled, their listings seen and inferred and, with --states,
    how they stood after their last turn.

    Example: communique sources list --desk china
    """
    settings = Settings()
    sources = [
        source
        for source in load_sources(settings.sources)
        if desk in (None, source.desk) and kind in (None, source.kind)
    ]
    states = _states(settings, sources) if with_states else None
    if as_json:
        print_json(_as_json(sources, states))
        return
    _print_list(sources, states)
    console.print()
    _print_counts("desk", _in_order(count_by(sources, lambda s: s.desk, states), DESKS))
    console.print()
    _print_counts("kind", _in_order(count_by(sources, lambda s: s.kind, states), KINDS))
    console.print(f"\n{_summary(count(sources, states))}")


@app.command()
def show(
    source: str = typer.Argument(help="Id of the source."), as_json: bool = JsonOption
) -> None:
    """Show all facts of one source.

    Example: communique sources show cn_mfa_en
    """
    found = named(load_sources(Settings().sources), source)
    if as_json:
        print_json(found.model_dump())
        return
    console.print(f"[bold]{escape(found.id)}[/]  {escape(found.publisher)}", soft_wrap=True)
    for name, value in _facts(found):
        console.print(f"  {name:<11}{escape(value)}", highlight=False, soft_wrap=True)
    for listing in found.listings:
        said = ", ".join(_listing_facts(listing))
        console.print(f"  {'listing':<11}{escape(listing.url)}", highlight=False, soft_wrap=True)
        console.print(f"  {'':<11}{escape(said)}", style="dim", highlight=False, soft_wrap=True)


def _print_list(sources: Sequence[Source], states: Mapping[str, str] | None) -> None:
    """A line each, with less in it where the terminal is narrow: an id can always be copied."""
    columns = ["id", "desk", "kind", "publisher", "reader", "seen", "inferred", "enabled"]
    if console.width < ROOMY:
        columns = ["id", "desk", *(["kind"] if states is None else []), "publisher", "enabled"]
    columns += ["state"] if states is not None else []
    rows = [[visible(str(row[name] or "")) for name in columns] for row in _rows(sources, states)]
    lines = aligned(columns, rows, cut=columns.index("publisher"))
    for number, line in enumerate(lines):
        console.print(line, style=None if number else "bold", no_wrap=True)


def _states(settings: Settings, sources: Sequence[Source]) -> dict[str, str] | None:
    """How these sources stand, by the store. None, and a word about it, where there is no store:
    none is made only to be asked."""
    if not settings.database_url and not (settings.home / "postgres").exists():
        home = settings.home.resolve()
        said = f"No store in {home} yet (COMMUNIQUE_HOME), so no source has a state."
        errors.print(said, markup=False, soft_wrap=True)
        return None
    with database(settings) as engine:
        enabled = [source for source in sources if source.enabled]
        found = {each.source: each.state for each in standings(engine, enabled, settings.clock())}
        return {source.id: found.get(source.id, NOT_RUN) for source in enabled}


def _rows(
    sources: Iterable[Source], states: Mapping[str, str] | None
) -> Iterator[dict[str, object]]:
    for source in sources:
        listings = count([source])
        state = (states or {}).get(source.id)
        yield {
            "id": source.id,
            "desk": source.desk,
            "kind": source.kind,
            "publisher": source.publisher,
            "reader": source.reader,
            "seen": listings.seen or None,
            "inferred": listings.inferred or None,
            "enabled": "yes" if source.enabled else "no",
            "state": words(state) if state else None,
        }


def _as_json(sources: Sequence[Source], states: Mapping[str, str] | None) -> dict[str, Any]:
    def told(source: Source) -> dict[str, Any]:
        facts = source.model_dump()
        return facts if states is None else facts | {"state": states.get(source.id)}

    def counted(groups: Mapping[str, Census]) -> dict[str, Any]:
        return {name: asdict(census) for name, census in groups.items()}

    return {
        "sources": [told(source) for source in sources],
        "counts": {
            "all": asdict(count(sources, states)),
            "desk": counted(count_by(sources, lambda s: s.desk, states)),
            "kind": counted(count_by(sources, lambda s: s.kind, states)),
        },
    }


def _in_order(groups: Mapping[str, Census], order: Sequence[str]) -> dict[str, Census]:
    return {name: groups[name] for name in order if name in groups}


def _print_counts(by: str, groups: Mapping[str, Census]) -> None:
    seen = {state for census in groups.values() for state in census.states}
    states = [state for state in reversed(WORST_FIRST) if state in seen]
    numbers = ("sources", "enabled", "disabled", "seen", "inferred", *states)
    rows = (
        {by: name}
        | {key: value or None for key, value in (asdict(census) | dict(census.states)).items()}
        for name, census in groups.items()
    )
    print_table((by, *numbers), rows, right=numbers)


def _summary(census: Census) -> str:
    many = "" if census.sources == 1 else "s"
    told = f"{census.sources} source{many}: {census.enabled} enabled, {census.disabled} disabled; "
    told += f"listings: {census.seen} seen, {census.inferred} inferred"
    states = [f"{census.states[s]} {words(s)}" for s in WORST_FIRST if s in census.states]
    return told + (f"; {', '.join(states)}" if states else "")


def _facts(source: Source) -> Iterator[tuple[str, str]]:
    where = f" in {source.host_country}" if source.host_country else ""
    yield "desk", source.desk
    yield "kind", f"{source.kind} of {source.country or 'no country'}{where}"
    yield "languages", ", ".join(source.languages)
    yield "time zone", source.time_zone
    layout = "layout inferred" if reader(source.reader).inferred else "layout seen"
    yield "reader", f"{source.reader} ({layout})"
    yield "pace", f"a request every {source.delay:g} seconds, by {source.fetch}"
    if source.cadence:
        yield "cadence", f"publishes at least every {source.cadence} days"
    if not source.enabled:
        yield "disabled", source.note or ""
    elif source.note:
        yield "note", source.note
    for name, pattern in (("articles", source.articles), ("series", source.series)):
        if pattern:
            yield name, pattern
    for alias in source.aliases:
        yield "alias", alias


def _listing_facts(listing: ListingFacts) -> Iterator[str]:
    yield listing.type
    if listing.language:
        yield listing.language
    yield f"seen on {listing.seen_on}" if listing.seen_on else listing.confidence
    if listing.at_least > 1:
        yield f"at least {listing.at_least} entries"
    if listing.valid_until:
        yield f"not asked for after {listing.valid_until}"
    if listing.fields:
        kept = listing.fields.model_dump(exclude_none=True, exclude_defaults=True)
        yield "fields " + " ".join(f"{name}={path}" for name, path in kept.items())
    if listing.paging:
        page = listing.paging
        yield f"pages by {page.parameter} from {page.first} in steps of {page.step}"
