"""RSS 2.0 and Atom (RFC 4287), written item by item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time, timezone
from email.utils import format_datetime
from html import escape
from typing import BinaryIO
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from communique.exports.values import HIGHLIGHTS, About, Column, Row, Written
from communique.mail.clean import shown
from communique.mail.dates import time_zone
from communique.mail.excerpts import excerpts
from communique.passages import Wording, matched_passages

PASSAGES = 5  # of a statement
BEGINNING = 400  # characters of a statement of which nothing is highlighted
ATOM, DUBLIN_CORE = "http://www.w3.org/2005/Atom", "http://purl.org/dc/elements/1.1/"
# XML 1.0 has no way to write these, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_rss(
    file: BinaryIO,
    columns: Iterable[Column],  # noqa: ARG001 (a Writer)
    rows: Iterable[Row],
    about: About,
) -> Written:
    """RSS 2.0. An item's guid stays the same however often it is edited or exported; pubDate is its
    publication, at noon in its own zone where only the day is known, so that it is that
    day to most readers."""
    xml, count = _Xml(file), 0
    made = format_datetime(about.made_at)
    with xml.inside("rss", {"version": "2.0", "xmlns:dc": DUBLIN_CORE}), xml.inside("channel"):
        xml.leaf("title", about.title)
        xml.leaf("link", _identity(about.key))
        xml.leaf("description", f"Statements, the newest first: {about.title}")
        xml.leaf("lastBuildDate", made)
        for row in rows:
            with xml.inside("item"):
                xml.leaf("title", shown(row["title"]))
                xml.leaf("link", row["url"])
                xml.leaf("guid", _statement_identity(row), {"isPermaLink": "false"})
                xml.leaf("pubDate", format_datetime(_published(row)))
                xml.leaf("dc:creator", row["publisher"])
                xml.leaf("description", _summary(row))
                for topic in row["topics"]:
                    xml.leaf("category", topic)
            count += 1
    xml.end()
    return Written(count)


def write_atom(
    file: BinaryIO,
    columns: Iterable[Column],  # noqa: ARG001 (a Writer)
    rows: Iterable[Row],
    about: About,
) -> Written:
    """Atom. An entry's id stays the same; `updated` is when its wording was first seen, so an edit
    makes it unread again."""
    xml, count = _Xml(file), 0
    with xml.inside("feed", {"xmlns": ATOM}):
        xml.leaf("title", about.title)
        xml.leaf("id", _identity(about.key))
        xml.leaf("updated", about.made_at.isoformat())
        for row in rows:
            with xml.inside("entry", {"xml:lang": row["language"]} if row["language"] else {}):
                xml.leaf("title", shown(row["title"]))
                xml.leaf("id", _statement_identity(row))
                xml.leaf("link", "", {"href": row["url"]})
                xml.leaf("published", _published(row).isoformat())
                xml.leaf("updated", row["wording_seen_at"].isoformat())
                with xml.inside("author"):
                    xml.leaf("name", row["publisher"])
                for topic in row["topics"]:
                    xml.leaf("category", "", {"term": topic})
                xml.leaf("summary", _summary(row), {"type": "html"})
                xml.leaf("content", row["text"], {"type": "text"})
            count += 1
    xml.end()
    return Written(count)


class _Xml:
    """A document that is written as it grows; what XML forbids becomes U+FFFD."""

    def __init__(self, file: BinaryIO) -> None:
        self._out = XMLGenerator(file, "utf-8", short_empty_elements=True)
        self._out.startDocument()

    @contextmanager
    def inside(self, name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
        kept = {key: _legal(value) for key, value in (attributes or {}).items()}
        self._out.startElement(name, AttributesImpl(kept))
        yield
        self._out.endElement(name)

    def leaf(self, name: str, words: str, attributes: Mapping[str, str] | None = None) -> None:
        with self.inside(name, attributes):
            self._out.characters(_legal(words))

    def end(self) -> None:
        self._out.endDocument()


def _legal(words: str) -> str:
    return _FORBIDDEN.sub("\ufffd", words)


def _identity(key: str) -> str:
    return uuid5(NAMESPACE_URL, f"communique {key}").urn


def _statement_identity(row: Row) -> str:
    return _identity(f"statement {row['source']} {row['url']}")


def _published(row: Row) -> datetime:
    """When it was published, as well as that is known; else when it was first seen."""
    if row["published_at"] is not None:
        return _aware(row["published_at"])
    if row["published_on"] is None:
        return _aware(row["first_seen_at"])
    zone = time_zone(row["date_zone"]) or timezone.utc
    return datetime.combine(row["published_on"], time(12), zone)


def _aware(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)


def _summary(row: Row) -> str:
    """HTML: the passages that match, their words marked; else how the text begins."""
    wording = Wording(row["title"], row["text"])
    passages = [each for each in matched_passages(wording, row[HIGHLIGHTS]) if each.place]
    if not passages:
        return escape(shown(row["text"], BEGINNING))
    lines = [
        "".join(f"<b>{escape(piece.text)}</b>" if piece.mark else escape(piece.text)
                for piece in excerpt.pieces)
        for excerpt in excerpts(wording, passages, PASSAGES)[0]
    ]  # fmt: skip
    return "".join(f"<p>{line}</p>" for line in lines)
