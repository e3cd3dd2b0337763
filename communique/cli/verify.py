"""`communique verify`: whether the archive still proves what the store says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from communique.cli.common import JsonOption, console, counted, errors, print_json, the_line
from communique.evidence import Damage, Proof, verify_all, verify_statement
from communique.evidence.claims import count
from communique.health import plain
from communique.jobs import Line

# Named one by one in a terminal; --json has them all.
SHOWN = 50


@dataclass(slots=True)
class Tally:
    """What a verification found. others: readings by another version than today's, how many were
    the same, differ, or are not read any more; unread: wordings whose page was not read again."""

    wordings: int = 0
    failed: list[Proof] = field(default_factory=list)
    damaged: list[Damage] = field(default_factory=list)
    others: dict[str, Counter[str]] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)

    def add(self, one: Proof | Damage) -> None:
        """Counts a proof, or a damaged place."""
        if isinstance(one, Damage):
            self.damaged.append(one)
            return
        self.wordings += 1
        if not one.holds:
            self.failed.append(one)
        elif one.reading == "not read":
            self.unread.update(one.notes)
        elif one.today != one.reader:
            counted = self.others.setdefault(f"{one.reader}, now {one.today}", Counter())
            counted[one.reading] += 1


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command()(verify)


def verify(
    statement: int | None = typer.Argument(None, help="Number of a statement."),
    every: bool = typer.Option(False, "--all", help="Every wording of every statement."),
    as_json: bool = JsonOption,
) -> None:
    """Prove wordings from the archive: the bytes are there, unchanged, and read as stored.

    For each wording: its capture, the WARC file and the record are there; the record's digests and
    the page's SHA-256 hold; and the reader that read it, if it is the same today, finds the same
    title, text and date in it. Where the reader has changed since, it says so. Nothing is fetched.

    Exit status 1 when something does not hold, or a file of the archive is damaged.

    Example: communique verify --all
    """
    if every == (statement is not None):
        raise typer.BadParameter("expected the number of a statement, or --all")
    with the_line() as line:
        if statement is not None:
            found = _of_statement(line, statement)
            tally = _counted(found)
            _print(tally, found, as_json=as_json)
        else:
            with _progress(count(line.engine)) as watched:
                tally = _counted(watched(_of_all(line)))
            _print(tally, None, as_json=as_json)
    if tally.failed or tally.damaged:
        raise typer.Exit(1)


def proofs_of(line: Line, statement: int) -> list[Proof]:
    """The proof of each wording of a statement; empty: there is no such statement."""
    sources = {source.id: source for source in line.sources}
    return verify_statement(line.engine, sources, statement, limit=line.settings.max_body)


def print_proofs(found: Iterable[Proof]) -> None:
    """What `communique show --evidence` says beside where the bytes lie."""
    for proof in found:
        for words in lines(proof, places=False):
            _line(words)


def _of_statement(line: Line, statement: int) -> list[Proof]:
    found = proofs_of(line, statement)
    if not found:
        errors.print(f"There is no statement {statement}.")
        raise typer.Exit(1)
    return found


def _of_all(line: Line) -> Iterator[Proof | Damage]:
    sources = {source.id: source for source in line.sources}
    return verify_all(line.engine, sources, limit=line.settings.max_body)


def _counted(found: Iterable[Proof | Damage]) -> Tally:
    tally = Tally()
    for one in found:
        tally.add(one)
    tally.failed.sort(key=lambda proof: (proof.statement, proof.number))
    return tally


@contextmanager
def _progress(wordings: int) -> Iterator[Any]:
    """Shows on a terminal how many wordings are through."""
    columns = (TextColumn("Verifying"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=wordings)

        def watched(found: Iterable[Proof | Damage]) -> Iterator[Proof | Damage]:
            for one in found:
                bar.advance(task, isinstance(one, Proof))
                yield one

        yield watched


def _print(tally: Tally, every: list[Proof] | None, *, as_json: bool) -> None:
    if as_json:
        said: dict[str, Any] = {
            "wordings": tally.wordings,
            "failed": [as_dict(proof) for proof in tally.failed],
            "damaged": [asdict(damage) for damage in tally.damaged],
            "other_versions": {name: dict(found) for name, found in tally.others.items()},
            "not_read": sum(tally.unread.values()),
        }
        print_json(said | ({"proofs": [as_dict(one) for one in every]} if every else {}))
        return
    for proof in every or ():
        for words in lines(proof):
            _line(words)
    for proof in () if every else tally.failed[:SHOWN]:
        for words in lines(proof):
            _line(words)
    if not every and len(tally.failed) > SHOWN:
        _line(f"... and {len(tally.failed) - SHOWN} more (--json names them all)")
    for damage in tally.damaged[:SHOWN]:
        _line(f"{damage.warc}: damaged at byte {damage.offset}: {damage.reason}")
    for reader, found in sorted(tally.others.items()):
        counted = ", ".join(f"{number} {what}" for what, number in sorted(found.items()))
        _line(f"Read by {reader}: {counted}.")
    for note, number in tally.unread.most_common() if not every else ():
        _line(f"{number} not read again: {note}.")
    statements = len({proof.statement for proof in tally.failed})
    _line(_summary(tally, statements))


def _summary(tally: Tally, statements: int) -> str:
    if tally.failed:
        return (
            f"{len(tally.failed)} of {counted(tally.wordings, 'wording')} not proved, "
            f"of {counted(statements, 'statement')}."
        )
    verb = "is" if tally.wordings == 1 else "are"
    return f"{counted(tally.wordings, 'wording')} {verb} proved by the archive."


def lines(proof: Proof, *, places: bool = True) -> Iterator[str]:
    """A proof as a person reads it. places: and where the bytes lie."""
    name = f"Statement {proof.statement}, wording {proof.number}"
    state = "proved" if proof.holds else "NOT PROVED"
    yield f"{name} ({proof.source}, {proof.url}): {state}"
    for said in (*proof.problems, *proof.notes):
        yield f"  {plain(said, 1000)}"
    if proof.holds and proof.reading == "same" and proof.today == proof.reader:
        yield f"  {proof.reader} reads the same title, text and date in these bytes"
    if not places:
        return
    yield f"  {proof.warc}, record {proof.record_id}"
    yield f"  SHA-256 of the page: {proof.body}"


def as_dict(proof: Proof) -> dict[str, Any]:
    """A proof for a machine."""
    return asdict(proof) | {"holds": proof.holds}


def _line(said: str) -> None:
    console.print(
        plain(said, 4000) if not said.startswith("  ") else "  " + plain(said, 4000),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
