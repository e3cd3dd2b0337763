"""The pages of a made-up web, in the layouts of real families of sites, some 50 KB each."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime
from functools import cache
from html import escape

from tests.docker.site_plan import KINDS, Plan, Statement

HTML = "text/html; charset=utf-8"
Answer = tuple[int, str, bytes]  # status, type, body


def answer(plan: Plan, host: str, path: str, called: str) -> Answer:
    """What a host of the plan, which is called so here, answers to a path."""
    if path == "/robots.txt":
        return 200, "text/plain", b"User-agent: *\nDisallow: /internal/\n"
    words = path.split("/")
    source = int(words[1][1:]) if len(words) > 2 and words[1][1:].isdigit() else -1
    if not 0 <= source < plan.sources or plan.host(source) != host:
        return _missing()
    if words[2:] == ["news", ""]:
        shown = [plan.statement(source, number) for number in range(plan.count(source))]
        return _listing(source, called, shown)
    number = words[-1].rpartition("_")[2].removesuffix(".htm")
    if number.isdigit() and int(number) < plan.count(source):
        return 200, HTML, _article(source, plan.statement(source, int(number)))
    return _missing()


def _missing() -> Answer:
    return 404, HTML, b"<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>"


def _path(source: int, statement: Statement) -> str:
    at = statement.at
    return f"/s{source:03}/news/{at:%Y%m}/t{at:%Y%m%d}_{statement.number}.htm"


def _listing(source: int, called: str, shown: Sequence[Statement]) -> Answer:
    _, reader = KINDS[source % len(KINDS)]
    if reader == "generic":
        items = "".join(
            f"<item><title>{escape(each.title)}</title><link>http://{called}{_path(source, each)}"
            f"</link><pubDate>{format_datetime(each.at)}</pubDate></item>"
            for each in shown
        )
        feed = f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
        return 200, "application/rss+xml", feed.encode()
    if reader == "wordpress":
        rows = "".join(
            f'<article class="post"><h2 class="entry-title"><a href="{_path(source, each)}">'
            f'{escape(each.title)}</a></h2><time datetime="{each.at.isoformat()}">then</time>'
            "</article>"
            for each in shown
        )
        return 200, HTML, _page("News", "", f"<main>{rows}</main>")
    rows = "".join(
        f'<li><a href="{_path(source, each)}">{escape(each.title)}</a>'
        f"<span>{each.at:%Y-%m-%d}</span></li>"
        for each in shown
    )
    return 200, HTML, _page("News", "", f'<div class="list-content"><ul>{rows}</ul></div>')


def _article(source: int, told: Statement) -> bytes:
    _, reader = KINDS[source % len(KINDS)]
    title = escape(told.title)
    text = "".join(f"<p>{escape(each)}</p>" for each in told.paragraphs)
    if reader == "china_mission":
        body = (
            f'<div class="detail"><div class="title">{title}</div>'
            f'<div class="date">{told.at:%Y-%m-%d %H:%M}</div>'
            f'<div class="trs_editor_view TRS_UEDITOR">{text}</div></div>'
        )
        return _page(told.title, "", body)
    published = f'<meta property="article:published_time" content="{told.at.isoformat()}">'
    if reader == "wordpress":
        body = (
            f'<article class="post hentry"><h1 class="entry-title">{title}</h1>'
            f'<div class="entry-content">{text}</div></article>'
        )
    else:
        body = f"<main><article><h1>{title}</h1>{text}</article></main>"
    return _page(told.title, published, body)


@cache
def _menu() -> str:
    return "".join(
        f'<li class="item menu-item-{n}"><a href="/section/{n}/" title="Section {n}">'
        f"<span>Section number {n}</span></a></li>"
        for n in range(400)
    )


def _page(title: str, head: str, body: str) -> bytes:
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(title)}</title>{head}'
        f'</head><body><div class="nav"><ul>{_menu()}</ul></div>{body}'
        '<div class="foot">Address: 1 Harbour Street</div></body></html>'
    ).encode()
