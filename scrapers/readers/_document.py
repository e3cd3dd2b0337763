"""Statements that an API gives as JSON: title and HTML apart, nothing of a page around them."""

from __future__ import annotations

from collections.abc import Sequence

from scrapers import markup, regions
from scrapers.errors import MissingElement
from scrapers.language import language_of
from scrapers.readers import Page, _datelines, _furniture
from scrapers.readers.api import plain
from scrapers.values import Article, Precision, Published


def is_json(page: Page) -> bool:
    """Whether an API answered, and not a page of HTML."""
    return page.html.lstrip("\ufeff \t\r\n").startswith(("{", "["))


def made(
    page: Page,
    *,
    title: str | None,
    html: Sequence[str | None],
    published: Published | None,
    language: str | None = None,
    drop: str = "",
    selector: str,
) -> Article:
    """The article of a document's parts. html: the text's parts in their order, the last of them
    the statement itself; a part that stands in a later one too is left out. drop: CSS selectors
    of what is not the statement's. Raises MissingElement where title or the last part is missing.
    """
    title = plain(title or "")
    if not title:
        raise MissingElement("the document has no title", selector="title")
    parts = [_blocks(part or "", drop) for part in html]
    if not parts[-1]:
        raise MissingElement("the document has no text", selector=selector)
    in_text, found = _datelines.leading_dateline(parts[-1], page)
    before = [block for part in parts[:-1] for block in part if block not in found]
    text = markup.joined(_furniture.without_furniture([*before, *found], title))
    if not text:
        raise MissingElement("the document has no text", selector=selector)
    unknown = Published(Precision.UNKNOWN, zone=page.source.time_zone)
    return Article(
        title,
        text,
        published or in_text or unknown,
        language_of(text, expected=page.source.languages, declared=language),
    )


def _blocks(html: str, drop: str) -> list[str]:
    body = regions.parse(html).body
    if body is None:
        return []
    if drop:
        markup.remove(body, drop)
    return [block for block in markup.paragraphs(body).split("\n\n") if block]
