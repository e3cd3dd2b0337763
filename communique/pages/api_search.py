"""The search of the JSON API: the page's, with the page's parameters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Query
from sqlalchemy import Connection

from communique.pages import api_models as models
from communique.pages.statements_asked import Asked, AskedError
from communique.pages.statements_asked import asked as as_asked
from communique.rules import RuleError
from communique.rules.parse import QUERY_LIMIT
from communique.search import Found, Order, Results, SearchError, highlights_of, newest, search

PATIENCE = 0.7  # seconds


def _filter(what: str) -> Any:
    return Query(description=f"{what}; several: any of them.", max_length=50)


def _asked(
    q: Annotated[
        str, Query(max_length=QUERY_LIMIT, description="A query, as in a rule; empty: every one.")
    ] = "",
    country: Annotated[tuple[str, ...], _filter("Countries of publishers (ISO 3166)")] = (),
    publisher: Annotated[tuple[str, ...], _filter("Publishers")] = (),
    source: Annotated[tuple[str, ...], _filter("Ids of sources")] = (),
    topic: Annotated[tuple[str, ...], _filter("Topics")] = (),
    language: Annotated[tuple[str, ...], _filter("Languages (ISO 639)")] = (),
    since: Annotated[str, Query(description="First day, such as 2019-01-01.")] = "",
    until: Annotated[str, Query(description="Last day.")] = "",
    order: Annotated[
        Order, Query(description="`newest` first, or the `best` of the newest thousand.")
    ] = "newest",
    after: Annotated[str, Query(max_length=40, description="`next` of the page before.")] = "",
) -> Asked:
    filters = {
        "country": country,
        "publisher": publisher,
        "source": source,
        "topic": topic,
        "language": language,
    }
    return as_asked(q, filters, since=since, until=until, order=order, after=after)


AskedOfApi = Annotated[Asked, Depends(_asked)]


def searched(connection: Connection, asked: Asked, limit: int) -> models.Hits:
    """A page of what is asked for. Raises HTTPException 422 for what makes no sense."""
    try:
        results = _results(connection, asked, limit)
    except (RuleError, AskedError, SearchError) as error:
        raise HTTPException(422, str(error)) from error
    return models.Hits(
        items=[_hit(each) for each in results.hits],
        next=results.next,
        partial=results.partial,
        looked_until=results.looked_until,
    )


def _results(connection: Connection, asked: Asked, limit: int) -> Results:
    query, (since, until) = asked.query(), asked.period()
    after = asked.after or None
    if query:
        return search(
            connection,
            query,
            order=asked.order,
            since=since,
            until=until,
            limit=limit,
            after=after,
            patience=PATIENCE,
        )
    if asked.order == "best":
        raise AskedError("The best of what? Give a query in `q`, or order by the newest.")
    return newest(connection, since=since, until=until, limit=limit, after=after, patience=PATIENCE)


def _hit(found: Found) -> models.Hit:
    names = models.Hit.model_fields.keys() - {"highlights"}
    values = {name: getattr(found, name) for name in names}
    return models.Hit.model_validate(values | {"highlights": highlights_of(found)})
