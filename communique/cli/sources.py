"""`communique sources`: who is watched."""

from __future__ import annotations

import typer

from communique.cli.common import DeskOption, JsonOption, console, named, print_json, print_table
from communique.settings import Settings
from scrapers.facts import load_sources

app = typer.Typer(help="Who is watched.", no_args_is_help=True)


@app.command("list")
def list_command(desk: str | None = DeskOption, as_json: bool = JsonOption) -> None:
    """List the sources, with their desk, reader and number of listings.

    Example: communique sources list --desk china
    """
    sources = [s for s in load_sources(Settings().sources) if desk in (None, s.desk)]
    if as_json:
        print_json([source.model_dump() for source in sources])
        return
    rows = [
        {
            "id": source.id,
            "desk": source.desk,
            "kind": source.kind,
            "publisher": source.publisher,
            "reader": source.reader,
            "listings": len(source.listings),
            "enabled": "yes" if source.enabled else "no",
        }
        for source in sources
    ]
    print_table(
        ("id", "desk", "kind", "publisher", "reader", "listings", "enabled"),
        rows,
        right=("listings",),
    )
    console.print(f"{len(sources)} sources")


@app.command()
def show(source: str = typer.Argument(help="Id of the source.")) -> None:
    """Show all facts of one source.

    Example: communique sources show cn_mfa_en
    """
    print_json(named(load_sources(Settings().sources), source).model_dump())
