"""`communique search`: the rules' language over all statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NoReturn

import typer
from rich.text import Text
from sqlalchemy import Connection, text

from communique.cli.common import (
    JsonOption,
    console,
    counted,
    errors,
    parse_day,
    print_json,
    the_line,
)
from communique.cli.passages import INDENT, indented, marked
from communique.mail.clean import shown
from communique.mail.excerpts import Excerpt
from communique.rules import RuleError
from communique.search import Found, Results, SearchError, highlights_of, passages_of
from communique.search import search as find

_WAITING = text("SELECT count(*) FROM communique.revisions WHERE settled_at IS NULL")
PASSAGES = 3  # shown of each statement
QueryArgument = typer.Argument(
    help='What to look for, as in a rule: words, "phrases", AND, OR, NOT, country:DE, ...'
)
SinceOption = typer.Option(
    None, help="Published on this day or later.", parser=parse_day, metavar="DAY"
)
UntilOption = typer.Option(
    None, help="Published on this day or earlier.", parser=parse_day, metavar="DAY"
)


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command()(search)


def search(
    query: str = QueryArgument,
    newest: bool = typer.Option(
        True, "--newest/--best", help="The newest first, or the best of the newest thousand."
    ),
    since: date | None = SinceOption,
    until: date | None = UntilOption,
    limit: int = typer.Option(20, min=1, max=1000, help="How many statements to a page."),
    after: str | None = typer.Option(
        None, help="Go on where the page before ended: the word that it printed.", metavar="PLACE"
    ),
    patience: float = typer.Option(
        0.7, min=0.05, max=600, help="Seconds after which to show what was found until then."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Search all statements with the language of the rules; what matches is shown in its passage.

    A quoted phrase is found as it stands, a word in all its forms; Chinese in either script. Where
    a page took too long, it says down to which day it looked, and how to go on. A statement is
    found in its current wording; one that was withdrawn is marked.

    Example: communique search 'huawei AND "clean network" country:DE' --since 2020-01-01
    """
    check_period(since, until)
    with the_line() as line, line.engine.connect() as connection:
        tell_waiting(connection)
        try:
            results = find(
                connection,
                query,
                order="newest" if newest else "best",
                since=since,
                until=until,
                limit=limit,
                after=after,
                patience=patience,
            )
        except (RuleError, SearchError) as error:
            refuse(query, error)
    if as_json:
        print_json(_as_json(results))
        return
    for hit in results.hits:
        _print(hit)
    for said in _summary(results):
        console.print(said, markup=False, highlight=False, soft_wrap=True)


def check_period(since: date | None, until: date | None) -> None:
    """A period that ends before it begins is wrong usage: nothing can be found in it."""
    if since and until and until < since:
        raise typer.BadParameter(f"the period ends ({until}) before it begins ({since})")


def refuse(query: str, error: RuleError | SearchError) -> NoReturn:
    """Ends with exit status 2, saying what is wrong with a query, and where."""
    said = str(error)
    if isinstance(error, RuleError):
        before, rest = query[: error.position], query[error.position :]
        said = f"{shown(before)}▸{shown(rest)}\n{said}"
    errors.print(said, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2)


def tell_waiting(connection: Connection) -> None:
    """Says how many wordings cannot be found yet: a search would miss them silently."""
    waiting = connection.execute(_WAITING).scalar_one()
    if waiting:
        errors.print(
            f"{waiting:,} new wordings cannot be found yet. Run: communique alert",
            markup=False,
            highlight=False,
        )


def _print(hit: Found) -> None:
    day = f"{hit.published_on:%Y-%m-%d}" if hit.published_on else f"seen {hit.day}"
    passages, more = passages_of(hit, PASSAGES)
    titles = [each for each in passages if each.field == "title"]
    title = marked(titles[0]) if titles else Text(shown(hit.title))
    head = Text(f"{day}  ") + title.copy() + Text(f"  [{hit.id}]", style="dim")
    head.stylize("bold")
    console.print(head, soft_wrap=True, highlight=False)
    facts = [hit.publisher, hit.country, hit.language]
    facts += [f"withdrawn {hit.withdrawn_at:%Y-%m-%d}"] if hit.withdrawn_at else []
    indented(Text(shown(" · ".join(fact for fact in facts if fact)), style="dim"))
    # In one piece, however narrow the terminal, so that it can be followed.
    console.print(Text(INDENT + shown(hit.url), style="dim"), soft_wrap=True, highlight=False)
    for excerpt in passages:
        if excerpt.field == "text":
            indented(marked(excerpt))
    if more:
        indented(Text(f"and {counted(more, 'more passage')}", style="dim"))


def _summary(results: Results) -> list[str]:
    lines = [] if results.hits else ["Nothing was found."]
    if results.ranked is not None and results.partial:
        lines.append(
            f"The best of the newest {results.ranked:,} that may match, back to "
            f"{results.looked_until or 'an unknown day'}; older ones: --until that day."
        )
    elif results.partial:
        reached = results.looked_until
        back = f"back to {reached}" if reached else "at the newest"
        lines.append(
            f"Not everything was looked at: only {back} ({results.examined:,} statements read). "
            "What is older: the next page, --until an earlier day, or more --patience."
        )
    if results.next:
        lines.append(f"Next page: --after {results.next}")
    return lines


def _as_json(results: Results) -> dict[str, Any]:
    return {
        "hits": [_hit(hit) for hit in results.hits],
        "next": results.next,
        "partial": results.partial,
        "looked_until": results.looked_until,
        "examined": results.examined,
        "ranked": results.ranked,
    }


def _hit(hit: Found) -> dict[str, Any]:
    names = ("id", "source", "publisher", "country", "language", "url", "title", "published_on",
             "first_seen_at", "withdrawn_at", "topics", "story_id", "score")  # fmt: skip
    passages: Sequence[Excerpt] = passages_of(hit, PASSAGES)[0]
    return {name: getattr(hit, name) for name in names} | {
        "highlights": highlights_of(hit),
        "passages": ["".join(piece.text for piece in each.pieces) for each in passages],
    }
