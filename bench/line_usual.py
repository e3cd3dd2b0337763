"""The usual assembly for the same work: what one finds when one asks how it is done.

charset-normalizer, BeautifulSoup on the whole page, dateparser, datasketch's MinHash and LSH, one
regular expression a rule, one INSERT a row and a commit a document, with a full-text column and
its index. It stores and finds less: no revisions, no proof, no order of posting, no Chinese search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import dateparser
import psycopg2
from bs4 import BeautifulSoup
from charset_normalizer import from_bytes
from datasketch import MinHash, MinHashLSH

from bench.line_pages import Made

TABLES = """
CREATE TABLE usual_documents (
    id bigserial PRIMARY KEY, url text UNIQUE, title text, body text, published timestamptz,
    story bigint,
    terms tsvector GENERATED ALWAYS AS (to_tsvector('english', title || ' ' || body)) STORED);
CREATE INDEX ON usual_documents USING gin (terms);
CREATE TABLE usual_matches (document bigint, rule text, PRIMARY KEY (document, rule));
"""


def run(address: str, made: Sequence[Made], phrases: Sequence[str]) -> int:
    """Takes all pages through; returns how many rules held."""
    connection = psycopg2.connect(address)
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
    rules = [(phrase, re.compile(rf"\b{re.escape(phrase)}\b", re.IGNORECASE)) for phrase in phrases]
    index, held = MinHashLSH(threshold=0.7, num_perm=128), 0
    for page in made:
        held += _one(connection, page, rules, index)
    connection.close()
    return held


def _one(
    connection: Any, page: Made, rules: Sequence[tuple[str, re.Pattern[str]]], index: MinHashLSH
) -> int:
    soup = BeautifulSoup(str(from_bytes(page.body).best()), "lxml")
    found = [soup.select_one(mark) for mark in (page.title, page.date, page.text)]
    title, date, text = [one.get_text("\n", strip=True) if one else "" for one in found]
    published = dateparser.parse(date) if date else None
    words = text.casefold().split()
    shingles = {" ".join(words[n : n + 3]).encode() for n in range(max(1, len(words) - 2))}
    signature = MinHash(num_perm=128)
    signature.update_batch(shingles)
    near = [int(name) for name in index.query(signature)]
    matched = [name for name, pattern in rules if pattern.search(text)]
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO usual_documents (url, title, body, published, story)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
            (page.url, title, text, published, min(near, default=None)),
        )
        if (row := cursor.fetchone()) is None:
            return 0
        for name in matched:
            cursor.execute("INSERT INTO usual_matches VALUES (%s, %s)", (row[0], name))
    index.insert(str(row[0]), signature)
    return len(matched)
