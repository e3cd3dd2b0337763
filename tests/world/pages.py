"""What a healthy host shows on a day: its listing, its statements, its robots.txt.

The layouts are those of real families of sites; `new` ones come overnight where a host's
`layout_changes` says so, and no reader was told of them.
"""

from __future__ import annotations

import hashlib
import json
import random
import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from tests.pdf_files import LEFT, Type, column, pdf
from tests.world.calendar import WINDOW, Host, Item, morning
from tests.world.replies import MENU, Reply, html
from tests.world.words import Wording

LISTINGS = {
    "china_mission": "/eng/sgxw/",
    "china_mfa": "/mfa_eng/xwfw/default.shtml",
    "wordpress": "/news/",
    "generic": "/press/",
    "feed": "/feed/",
    "teaser": "/feed/",
    "sitemap": "/sitemap.xml",
    "json": "/api/items",
}
PRIVATE = "/internal/"
_NAV = f'<div class="nav"><a href="/">Home</a><ul>{MENU}</ul></div>'
_FOOT = '<div class="foot">Address: 1 Harbour Street</div>'


def robots(host: Host) -> Reply:
    """The rules of a host on a healthy day; none of these keeps anyone from its statements."""
    rules = f"User-agent: *\nDisallow: {PRIVATE}\nAllow: /\n"
    if host.robots == "none":
        return html("404", "<h1>404</h1>", 404)
    if host.robots == "page":
        return html("The ministry", f"<h1>Welcome</h1><ul>{MENU}</ul>")
    if host.robots == "moved":
        return Reply(301, {"Location": "/"})
    if host.robots == "delay":
        rules += "Crawl-delay: 0.2\n"
    return Reply(200, {"Content-Type": "text/plain"}, rules.encode())


def listed(host: Host, day: int) -> list[Item]:
    """The statements that stand, newest first; on some days a few are left out, or they are in
    another order."""
    items = [item for item in host.items if item.stands(day) and not item.unlisted]
    items.sort(key=lambda item: (item.appears, item.number), reverse=True)
    chance = random.Random(f"{host.number} {day}")
    if day in host.drops and len(items) > 4:
        for item in chance.sample(items, 2):
            if item.appears < day - 1:
                items.remove(item)
    if day in host.shuffles:
        head = items[:WINDOW]
        chance.shuffle(head)
        items[:WINDOW] = head
    return items


def page_of_listing(host: Host, day: int, number: int, fault: str | None = None) -> Reply:
    """A page (from 0) of the host's listing. fault: of those that leave it a listing."""
    items = listed(host, day)
    pages = max(1, -(-len(items) // WINDOW))
    shown = items[number * WINDOW : (number + 1) * WINDOW]
    if fault == "nothing listed":
        shown = []
    elif fault == "one listed":
        shown = shown[:1]
    elif fault == "endless":
        shown, pages = items[:WINDOW], number + 3
    if host.family in ("feed", "teaser"):
        return _feed(host, day, items[: 2 * WINDOW] if shown[1:] else shown)
    if host.family == "sitemap":
        return _sitemap(host, day, items[: 2 * WINDOW] if shown[1:] else shown)
    if host.family == "json":
        return _json(host, day, items[: 2 * WINDOW] if shown[1:] else shown)
    more = _paging(host, number, pages)
    body = _rows(host, day, shown) + more
    return _in_encoding(host, "News", f"{_NAV}{body}{_FOOT}")


def statement(host: Host, day: int, item: Item) -> Reply:
    """The page of a statement that stands."""
    wording = item.wording(day)
    if item.pdf:
        return _validated(host, day, item, _pdf(host, item, wording))
    new = host.layout_changes is not None and day >= host.layout_changes
    head, body = _ARTICLES["new" if new else host.family](host, item, wording)
    reply = _in_encoding(host, f"{wording.title} - The ministry", f"{_NAV}{body}{_FOOT}", head)
    return _validated(host, day, item, reply, host.layout_changes if new else None)


def _validated(
    host: Host, day: int, item: Item, reply: Reply, layout_since: int | None = None
) -> Reply:
    """The page under the validators that the host gives."""
    tag = hashlib.sha256(reply.body).hexdigest()[:16]
    changed = morning([since for since, _ in item.wordings if since <= day][-1])
    if layout_since is not None:
        changed = max(changed, morning(layout_since))
    validator = {
        "etag": {"ETag": f'"{tag}"'},
        "last-modified": {"Last-Modified": format_datetime(changed, usegmt=True)},
    }.get(host.validators, {})
    return Reply(200, {**reply.headers, **validator}, reply.body)


def _in_encoding(host: Host, title: str, body: str, head: str = "") -> Reply:
    """A page in the host's encoding, under the label that the host gives it: in the header, in
    the page or in both."""
    where = host.number % 3
    meta = f'<meta charset="{host.label}">' if host.label and where != 0 else ""
    stated = f"; charset={host.label}" if host.label and where != 1 else ""
    page = (
        f"<!DOCTYPE html><html><head>{meta}<title>{escape(title)}</title>{head}</head>"
        f"<body>{body}</body></html>"
    )
    return Reply(200, {"Content-Type": f"text/html{stated}"}, page.encode(host.encoding))


def _rows(host: Host, day: int, items: Sequence[Item]) -> str:
    rows = [(url, item) for item in items for url in links(host, item)]
    if host.family == "wordpress":
        return (
            "<main>"
            + "".join(
                f'<article class="post"><h2 class="entry-title"><a href="{url}">'
                f"{escape(item.wording(day).title)}</a></h2>"
                f'<time datetime="{item.at.isoformat()}">then</time></article>'
                for url, item in rows
            )
            + "</main>"
        )
    entries = "".join(
        f'<li><a href="{url}">{escape(item.wording(day).title)}</a>'
        f"<span>{_local(host, item):%Y-%m-%d}</span></li>"
        for url, item in rows
    )
    kind = {"china_mission": "list-content", "china_mfa": "newsLst_mod"}.get(host.family, "list")
    if host.layout_changes is not None and day >= host.layout_changes:
        kind = "pg-stream"
    return f'<div class="{kind}"><ul>{entries}</ul></div>'


def links(host: Host, item: Item) -> tuple[str, ...]:
    """The addresses by which a listing names a statement, its own first."""
    own = f"http://{host.address}:{{port}}{item.path}"
    other = {
        "alias": f"http://{host.alias}:{{port}}{item.path}",
        "tracking": f"{own}?utm_source=list&amp;fbclid=x{item.number}#top",
        "scheme": own.replace("http:", "https:"),
        "moved": f"http://{host.address}:{{port}}/old{item.path}",
        "slash": own.rstrip("/"),
    }
    return (own,) if item.twin is None else (own, other[item.twin])


def _paging(host: Host, number: int, pages: int) -> str:
    if host.family == "china_mission":
        return f'<script>createPageHTML({pages}, {number}, "index", "htm");</script>'
    if host.family == "china_mfa":
        return f"<script>var currentPage = {number}; var countPage = {pages};</script>"
    if number + 1 >= pages:
        return ""
    following = f"/news/page/{number + 2}/" if host.family == "wordpress" else f"?page={number + 2}"
    return f'<div class="nav-links"><a class="next" rel="next" href="{following}">Older</a></div>'


def _feed(host: Host, day: int, items: Sequence[Item]) -> Reply:
    entries = []
    for item in items:
        wording = item.wording(day)
        body = "".join(f"<p>{escape(each)}</p>" for each in wording.paragraphs)
        whole = f"<content:encoded><![CDATA[{body}]]></content:encoded>"
        said = whole if host.family == "feed" else "<description>In short. Read more</description>"
        entries += [
            f"<item><title>{escape(wording.title)}</title><link>{url}</link>"
            f"<pubDate>{format_datetime(_local(host, item))}</pubDate>{said}</item>"
            for url in links(host, item)
        ]
    said_encoding = f' encoding="{host.label}"' if host.label else ""
    feed = (
        f'<?xml version="1.0"{said_encoding}?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>'
        f"<link>/</link>{''.join(entries)}</channel></rss>"
    )
    stated = f"; charset={host.label}" if host.label and host.number % 2 else ""
    return Reply(200, {"Content-Type": f"application/rss+xml{stated}"}, feed.encode(host.encoding))


def _sitemap(host: Host, day: int, items: Sequence[Item]) -> Reply:
    entries = "".join(
        f"<url><loc>{escape(url)}</loc><lastmod>{_changed(item, day):%Y-%m-%d}</lastmod></url>"
        for item in items
        for url in _plain_links(host, item)
    )
    sitemap = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    )
    return Reply(200, {"Content-Type": "application/xml"}, sitemap.encode())


def _json(host: Host, day: int, items: Sequence[Item]) -> Reply:
    entries = [
        {"link": url, "headline": {"text": item.wording(day).title}, "at": item.at.isoformat()}
        for item in items
        for url in _plain_links(host, item)
    ]
    answer = json.dumps({"total": len(items), "results": entries})
    return Reply(200, {"Content-Type": "application/json"}, answer.encode())


def _plain_links(host: Host, item: Item) -> list[str]:
    return [url.replace("&amp;", "&") for url in links(host, item)]


def _changed(item: Item, day: int) -> datetime:
    return morning([since for since, _ in item.wordings if since <= day][-1])


def _pdf(host: Host, item: Item, wording: Wording) -> Reply:
    """The statement as an office program sets it: title, date, and paragraphs with room between."""
    lines = [f"{_local(host, item):%Y-%m-%d}", ""]
    for paragraph in wording.paragraphs:
        lines += [*textwrap.wrap(paragraph, 80), ""]
    page = [Type(LEFT, 780, 18, wording.title), *column(lines, top=740)]
    return Reply(200, {"Content-Type": "application/pdf"}, pdf([page], title=wording.title))


def _local(host: Host, item: Item) -> datetime:
    return item.at.astimezone(ZoneInfo(host.zone))


def _paragraphs(wording: Wording) -> str:
    return "".join(f"<p>{escape(each)}</p>" for each in wording.paragraphs)


def _mission(host: Host, item: Item, wording: Wording) -> tuple[str, str]:
    return "", (
        f'<div class="detail"><div class="title">{escape(wording.title)}</div>'
        f'<div class="date">{_local(host, item):%Y-%m-%d %H:%M}</div>'
        f'<div class="trs_editor_view TRS_UEDITOR">{_paragraphs(wording)}</div></div>'
    )


def _mfa(host: Host, item: Item, wording: Wording) -> tuple[str, str]:
    return "", (
        f'<div class="vibox"><div class="title" id="News_Body_Title">{escape(wording.title)}</div>'
        f'<div class="time"><span id="News_Body_Time">{_local(host, item):%Y-%m-%d}</span></div>'
        f'<div id="News_Body_Txt_A" class="content">{_paragraphs(wording)}</div></div>'
    )


def _wordpress(host: Host, item: Item, wording: Wording) -> tuple[str, str]:
    stamp = item.at.isoformat()
    head = (
        '<script type="application/ld+json">{"@graph":[{"@type":"Article",'
        f'"datePublished":"{stamp}"}}]}}</script>'
    )
    return head, (
        f'<article class="post hentry"><h1 class="entry-title">{escape(wording.title)}</h1>'
        f'<div class="entry-content">{_paragraphs(wording)}<div class="sharedaddy"><p>Share this:'
        "</p></div></div></article>"
    )


def _generic(host: Host, item: Item, wording: Wording) -> tuple[str, str]:
    on = _local(host, item).date()
    stated = f"2062-{on:%m-%d}" if item.odd_date else on.isoformat()
    return "", (
        f'<main><article><h1>{escape(wording.title)}</h1><time datetime="{stated}">{stated}</time>'
        f"{_paragraphs(wording)}</article></main>"
    )


def _teaser(host: Host, item: Item, wording: Wording) -> tuple[str, str]:
    head = f'<meta property="article:published_time" content="{_local(host, item).isoformat()}">'
    return head, (
        f"<main><article><h1>{escape(wording.title)}</h1>{_paragraphs(wording)}</article></main>"
    )


def _new(host: Host, item: Item, wording: Wording) -> tuple[str, str]:
    on = _local(host, item)
    return "", (
        f'<main class="pg-main"><article class="pg-piece"><h1 class="pg-h">{escape(wording.title)}'
        f'</h1><p class="pg-when">{on:%Y-%m-%d}</p><section class="pg-body">'
        f"{_paragraphs(wording)}</section></article></main>"
    )


_ARTICLES = {
    "china_mission": _mission,
    "china_mfa": _mfa,
    "wordpress": _wordpress,
    "generic": _generic,
    "teaser": _teaser,
    "feed": _teaser,
    "sitemap": _teaser,
    "json": _teaser,
    "new": _new,
}


def server_date(host: Host, day: int) -> str:
    """The Date header of a server whose clock may be a day ahead, or behind."""
    return format_datetime(morning(day) + timedelta(days=host.skew), usegmt=True)
