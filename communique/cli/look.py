"""`communique show`: all that the store holds of one statement, without SQL."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from communique.cli.common import JsonOption, errors, print_json, the_line
from communique.cli.looking import print_evidence, print_shown
from communique.cli.verify import as_dict as proof_as_dict
from communique.cli.verify import print_proofs, proofs_of
from communique.showing import Shown, shown_statement


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command()(show)


def show(
    statement: int = typer.Argument(help="Number of the statement."),
    evidence: bool = typer.Option(
        False, "--evidence", help="Where the raw bytes lie, and whether they prove it."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Show one statement: its facts and wordings, what became of it, who else said it, its text.

    What an edit took out is red, or stands in [-...-]; what it put in is green, or in {+...+}.

    Exit status 1 when there is no such statement, or its evidence does not hold.

    Example: communique show 12 --evidence
    """
    with the_line() as line:
        with line.engine.connect() as connection:
            found = shown_statement(connection, statement)
        proofs = proofs_of(line, statement) if evidence else []
    if found is None:
        errors.print(f"There is no statement {statement}.")
        raise typer.Exit(1)
    if as_json:
        said = {"evidence": [proof_as_dict(proof) for proof in proofs]} if evidence else {}
        print_json(as_dict(found) | said)
    else:
        print_shown(found)
        if evidence:
            print_evidence(found)
            print_proofs(proofs)
    if not all(proof.holds for proof in proofs):
        raise typer.Exit(1)


def as_dict(found: Shown) -> dict[str, Any]:
    """A statement for a machine: its facts, and the rest beside them. `story`: the others of its
    story; `held_by`: the longer statement that it is part of."""
    rest = asdict(found)
    facts, held_by = rest.pop("facts"), rest.pop("part_of")
    return dict(facts) | rest | {"held_by": held_by}
