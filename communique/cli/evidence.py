"""A statement's evidence as a file: what `communique export --evidence` does."""

from __future__ import annotations

from pathlib import Path

import typer

from communique.cli.common import errors, the_line
from communique.evidence.bundle import bundle
from communique.exports import ExportError, whole_file

EvidenceOption = typer.Option(
    None,
    "--evidence",
    metavar="STATEMENT",
    help="Instead, one statement's evidence: a zip that anybody can verify.",
)


def write_bundle(statement: int, out: Path | None) -> None:
    """Writes the evidence of a statement, all or nothing. out: by default
    statement-NUMBER.zip here."""
    path = out or Path(f"statement-{statement}.zip")
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a folder: name a file")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}")
    with the_line() as line:
        sources = {source.id: source for source in line.sources}
        made = bundle(line.engine, sources, statement, limit=line.settings.max_body)
    try:
        with whole_file(path) as file:
            file.write(made)
    except ExportError as error:
        errors.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    said = f"{path}: {len(made):,} bytes. README.txt in it says how to verify it."
    errors.print(said, markup=False, highlight=False, soft_wrap=True)
