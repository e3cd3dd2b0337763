"""RSS and Atom feeds, of whatever publisher, with and without whole texts.

    <item><title>..</title><link>..</link><pubDate>Sat, 22 May 2021 12:00:47 +0000</pubDate>
      <description>..</description><content:encoded><![CDATA[<p>..</p>]]></content:encoded></item>
    <entry><title>..</title><link href=".."/><published>..</published><content>..</content></entry>

When an item holds its whole text, `Entry.body` is that text's HTML and no page need be fetched.
Taking a teaser for the text would lose the rest silently, so in doubt the page is fetched:

- nothing that ends as teasers do ("[…]", "Read more", a link to the page) is a whole text;
- `content:encoded` and Atom's `content` are one if they are set in paragraphs or are no shorter
  than 250 characters;
- a `description` (or `summary`) alone is one if it is set in two paragraphs or more and has at
  least 600 characters.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

from scrapers import markup, regions
from scrapers.errors import MissingElement, NothingListed, Unreadable
from scrapers.language import language_of
from scrapers.readers import Page, Reader, _datelines
from scrapers.values import Article, Entry, Listing, Precision, Published

_CONTENT_LEAST, _DESCRIPTION_LEAST = 250, 600
_PARAGRAPH = re.compile(r"<(?:p|div|li)\b|<br\s*/?>\s*<br", re.IGNORECASE)
_TEASER_END = re.compile(
    r"(?:\[?(?:…|\.\.\.)\]?|\b(?:read|learn|see|view) (?:more|on|full|the (?:full|rest|whole)\b.*)"
    r"|continue reading.*|keep reading.*|full (?:story|text|article|statement)|weiterlesen|mehr"
    r"|lire la suite|leer más|seguir leyendo|ler mais|leggi tutto|читать далее"
    r"|阅读(?:全文|更多|原文)|查看(?:全文|更多)|全文|続きを読む|더보기)[\s»›>→)\]）】.:：]*$",
    re.IGNORECASE,
)
# What WordPress adds to a feed's texts, in the language of the site.
_POSTED_FIRST = re.compile(
    r"^(?:The post\b.{0,600}\b(?:appeared first on|first appeared on)"
    r"|(?:La|Esta) entrada\b.{0,600}\b(?:se publicó|apareció) primero en"
    r"|O post\b.{0,600}\bapareceu primeiro em|L[’']articolo\b.{0,600}\bproviene da"
    r"|L[’']article\b.{0,600}\best apparu en premier sur"
    r"|Der Beitrag\b.{0,600}\berschien zuerst auf|Het bericht\b.{0,600}\bverscheen eerst op"
    r"|Wpis\b.{0,600}\bpojawił się (?:początkowo|najpierw) (?:w|na)"
    r"|(?:Запись|Сообщение)\b.{0,600}\b(?:впервые появилась|появились сначала) на"
    r"|投稿.{0,600}は.{0,100}に最初に表示されました)"
    r"(?:\b.{0,200}|。)?$"
)
# What stands around a text on the page of a WordPress site; some of their feeds carry it too.
_AROUND = (
    "nav,[class*=wp-block-whitehouse-topper],.wp-block-default-hero-container,#breadcrumb__wrapper,"
    ".article-meta,.wp-block-summary-article-index,.wp-block-buttons,.wp-block-tags-block,"
    ".related-tags,.related-content,.share-this-page,.sharedaddy,.jp-relatedposts"
)
_MARKS = ("<nav", "wp-block-", "article-meta", "related-", "share", "jp-related")
# What XML forbids and some feeds contain all the same.
_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#x?0+;|&#x0*[dD][89a-fA-F][0-9a-fA-F]{2};"
    r"|&#5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3]);"
)


def listing(page: Page) -> Listing:
    """The items of a feed. Raises Unreadable where there is no feed (a page of HTML in its place),
    NothingListed for a feed without items. One that is not well-formed is read as far as it goes.
    """
    parsed = _parsed(page.html)
    version = parsed.get("version") or ""
    if not parsed.entries and not version:
        kind = "a page of HTML" if re.search(r"<(?:html|body)\b", page.html, re.I) else "no feed"
        raise Unreadable(f"expected an RSS or Atom feed, found {kind}")
    updated = _updated_is(version, page.html)
    entries = [entry for item in parsed.entries if (entry := _entry(item, updated, page))]
    if not entries:
        raise NothingListed(f"the feed ({version or 'unknown kind'}) has no item with a link")
    following = (link.get("href") for link in parsed.feed.get("links", ()) if _is_next(link))
    pages = (regions.address(page.url, href) for href in following)
    return Listing(tuple(entries), tuple(filter(None, pages)))


def article(page: Page) -> Article:
    """A statement that a feed carried whole. page.html is the item's body, page.entry the item."""
    entry = page.entry
    if entry is None or not entry.title:
        raise MissingElement("the feed's item has no title", selector="item > title")
    title = markup.title_text(entry.title)
    blocks = _blocks(_alone(page.html))
    if len(blocks) > 1 and blocks[0].casefold() == title.casefold():
        blocks = blocks[1:]
    text = "\n\n".join(blocks)
    if not text:
        raise MissingElement("the feed's item has no text", selector="content or description")
    unknown = Published(Precision.UNKNOWN, zone=page.source.time_zone)
    language = language_of(text, expected=page.source.languages)
    return Article(title, text, entry.published or unknown, language)


def is_address(url: str) -> bool:
    """Whatever a feed names is a statement."""
    return url.startswith(("http://", "https://"))


def _parsed(text: str) -> Any:
    """feedparser would take a string for an address or a file, and a declaration of an encoding
    that no longer holds for the truth; it gets bytes and is told that they are UTF-8."""
    import feedparser

    cleaned = _FORBIDDEN.sub("", text).lstrip()
    return feedparser.parse(
        io.BytesIO(cleaned.encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _entry(item: Any, updated: Precision | None, page: Page) -> Entry | None:
    url = regions.address(page.url, item.get("feedburner_origlink") or item.get("link"))
    if url is None:
        return None
    title = markup.title_text(markup.paragraphs_of(item.get("title") or ""))
    return Entry(url, title or None, _published(item, updated, page), _body(item, url))


def _updated_is(version: str, text: str) -> Precision | None:
    """What feedparser's `updated` tells of publication: nothing in Atom, in RSS the moment, which
    is dc:date, or in a feed without any the day of a change, which is no earlier."""
    if version.startswith("atom"):
        return None
    stated = re.search(r"<(?:dc:)?date\b", text, re.IGNORECASE)
    return Precision.MINUTE if stated else Precision.INFERRED


def _published(item: Any, updated: Precision | None, page: Page) -> Published | None:
    """The stamp of publication."""
    if stamp := item.get("published"):
        return _datelines.read(stamp, page)
    found = _datelines.read(item.get("updated"), page) if updated else None
    if found is None or updated is not Precision.INFERRED:
        return found
    return replace(found, precision=Precision.INFERRED, at=None)


def _body(item: Any, url: str) -> str | None:
    """The HTML of the whole text, where the item has it; see above for when it does."""
    contents = [content.get("value") or "" for content in item.get("content", ())]
    content = max(contents, key=len, default="")
    if content and _is_whole(content, url, paragraphs=1, least=_CONTENT_LEAST):
        return content
    summary = item.get("summary") or ""
    whole = _paragraphs(summary) >= 2 and _is_whole(
        summary, url, paragraphs=None, least=_DESCRIPTION_LEAST
    )
    return summary if whole else None


def _paragraphs(html: str) -> int:
    """How many paragraphs a body is set in, without the one that WordPress adds."""
    added = any(_POSTED_FIRST.match(block) for block in _every_block(html))
    return len(_PARAGRAPH.findall(html)) - added


def _is_whole(html: str, url: str, *, paragraphs: int | None, least: int) -> bool:
    blocks = _blocks(html)
    if not blocks or _TEASER_END.search(blocks[-1]) or _leads_to(html, url, blocks[-1]):
        return False
    in_paragraphs = paragraphs is not None and len(_PARAGRAPH.findall(html)) >= paragraphs
    return in_paragraphs or sum(map(len, blocks)) >= least


def _leads_to(html: str, url: str, last_block: str) -> bool:
    """True for a body whose last words are a link to the page it was taken from."""
    links = regions.parse(html).css("a[href]")
    href = links[-1].attributes.get("href") or "" if links else ""
    if href.startswith("#") or regions.address(url, href) != url or not href:
        return False
    words = markup.line(links[-1])
    return bool(words) and last_block.endswith(words)


def _blocks(html: str) -> list[str]:
    """The paragraphs of a body without the line that WordPress adds to feeds."""
    blocks = ("\n".join(_own_lines(block)) for block in _every_block(html))
    return [block for block in blocks if block]


def _every_block(html: str) -> list[str]:
    return markup.paragraphs_of(html).split("\n\n")


def _own_lines(block: str) -> list[str]:
    return [line for line in block.split("\n") if not _POSTED_FIRST.match(line)]


def _alone(html: str) -> str:
    if not any(mark in html for mark in _MARKS):
        return html
    tree = regions.parse(html)
    markup.remove(tree, _AROUND)
    body = tree.body
    return html if body is None else body.html or html


def _is_next(link: Any) -> bool:
    return bool(link.get("rel") == "next")


READER = Reader("feed", 3, listing, article, is_address)
