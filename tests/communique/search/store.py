"""Statements in a store, settled, so that they can be searched."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Engine, text

from communique.rules import Document
from communique.settling import settle
from tests.command import shared
from tests.communique.alert_rows import NOW, post

_SOURCE = text("""
    INSERT INTO communique.sources (id, desk, publisher, kind, country, host_country, time_zone)
    VALUES (:id, 'china', :publisher, :kind, :country, :host_country, 'UTC')
    ON CONFLICT DO NOTHING
""")


def fill(engine: Engine, documents: Iterable[Document]) -> list[int]:
    """Stores documents as statements, one a day, the last the newest; returns their numbers."""
    numbers = []
    for number, document in enumerate(documents):
        source = {
            "id": document.source,
            "publisher": document.publisher,
            "kind": document.kind,
            "country": document.country,
            "host_country": document.host_country,
        }
        with engine.begin() as connection:
            connection.execute(_SOURCE, source)
        posted = post(
            engine,
            title=document.title,
            text=document.text,
            source=document.source,
            language=document.language,
            url=f"https://{document.source}.example/{number}",
        )
        numbers.append(posted.statement)
    days = text("UPDATE communique.statements SET topics = :topics, published_on = "
                "date '2020-01-01' + :number WHERE id = :id")  # fmt: skip
    with engine.begin() as connection:
        for number, (id_, document) in enumerate(zip(numbers, documents, strict=True)):
            values = {"id": id_, "number": number, "topics": list(document.topics)}
            connection.execute(days, values)
    assert settle(engine, NOW).problems == ()
    return numbers


def corpus_documents() -> list[Document]:
    """The texts that are known of, of sources by publisher and country; skips the test by name
    where they are not there."""
    lines = shared("corpus/texts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        Document(
            title=row["title"] or "",
            text=row["text"] or "",
            language=row["lang"] or "",
            source=f"s{hash_of(row)}",
            publisher=row["publisher"] or "",
            country=row["country"],
            kind="embassy" if "mbassy" in (row["publisher"] or "") else "news",
            topics=tuple(row["topics"] or ()),
        )
        for row in rows
    ]


def hash_of(row: dict[str, str]) -> int:
    names = f"{row['publisher']} {row['country']}"
    return sum(ord(letter) * place for place, letter in enumerate(names, 1)) % 100_000
