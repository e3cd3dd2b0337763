"""`communique watchlists`: the rules."""

from __future__ import annotations

import typer

app = typer.Typer(help="The rules: check and measure them.", no_args_is_help=True)
