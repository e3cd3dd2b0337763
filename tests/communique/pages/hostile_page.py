"""A page at its worst, collected through the real line: fetched over HTTP, archived, judged, read
and stored as any other. Whatever it would load or run leads to traps on the same server, so that
who asks for one is caught."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from ipaddress import ip_network
from pathlib import Path

from sqlalchemy import Engine, text

from communique.jobs import collect_all, open_line
from communique.settings import Settings
from tests.servers import Reply, Server

NOW = datetime(2026, 3, 20, 6, tzinfo=timezone.utc)
RUN = "collect_china:manual__hostile"
TRAP = "/trap/"
SENTENCE = "They spoke of a clean network for everybody who lays a cable in the sea"
SOURCES = """
- id: hostile_ministry
  publisher: 'Ministry <b>of</b> <script>pwned()</script> {{7*7}}'
  kind: ministry
  country: CN
  languages: [en]
  time_zone: Asia/Shanghai
  reader: generic
  delay: 0
  listings: [{url: "URL/news/"}]
"""
LISTING = """<!doctype html><html lang="en"><head><title>News</title></head><body><main><ul>
<li><a href="/news/2026-03-19-statement-on-cables.html">On cables and <b>masts</b></a></li>
</ul></main></body></html>"""
PAGE = """<!doctype html>
<html lang="en" manifest="TRAP/manifest" onload="hit('html-onload')"><head>
<meta charset="utf-8">
<title>On cables &lt;script&gt;pwned()&lt;/script&gt; {{7*7}}
&lt;img src=x onerror=pwned()&gt;</title>
<base href="TRAP/base/" target="_top">
<meta http-equiv="refresh" content="0;url=TRAP/refresh">
<meta http-equiv="Content-Security-Policy" content="default-src * data: 'unsafe-inline'">
<meta http-equiv="set-cookie" content="hostile=1">
<link rel="preconnect" href="TRAP/preconnect"><link rel="dns-prefetch" href="TRAP/dns">
<link rel="prefetch" href="TRAP/prefetch"><link rel="preload" as="image" href="TRAP/preload">
<link rel="prerender" href="TRAP/prerender"><link rel="modulepreload" href="TRAP/module">
<link rel="icon" href="TRAP/icon"><link rel="stylesheet" href="TRAP/sheet">
<style>@import url(TRAP/import);body{background:url(TRAP/background)}
@font-face{font-family:x;src:url(TRAP/font)}*{font-family:x}</style>
<script>HIT;hit('inline');document.title='pwned';alert('pwned')</script>
<script src="TRAP/script"></script><script type="module" src="TRAP/script-module"></script>
<script type="speculationrules">{"prefetch":[{"urls":["TRAP/speculation"]}]}</script>
</head><body onload="hit('onload')" onpageshow="hit('pageshow')" background="TRAP/body">
<main><article><h1>On cables &lt;script&gt;pwned()&lt;/script&gt; {{7*7}}</h1>
<p>Published on March 19, 2026</p>
PARAGRAPHS
<p>Read <a id="run" href="javascript:hit('link')">this link</a> and
<a id="data" href="data:text/html,&lt;script&gt;alert('pwned')&lt;/script&gt;">that one</a> and
<a id="out" href="TRAP/link" ping="TRAP/ping" target="_top">a third one</a> and
<a id="down" href="TRAP/download" download>a fourth</a>.</p>
<p style="background:url(TRAP/style)" onmouseover="hit('over')" onclick="hit('click')">Pictures:
<img src="TRAP/img" srcset="TRAP/srcset 2x" onerror="hit('onerror')" alt="A mast">
<picture><source srcset="TRAP/source"><img src="TRAP/picture"></picture>
<svg xmlns="http://www.w3.org/2000/svg" onload="hit('svg-onload')" width="9" height="9">
<script>hit('svg-script')</script><image href="TRAP/svg-image" width="9" height="9"/>
<use href="TRAP/use#x"/><a href="javascript:hit('svg-link')"><text y="9">x</text></a>
<animate attributeName="href" values="javascript:hit('animate')"/>
<foreignObject><body xmlns="http://www.w3.org/1999/xhtml" onload="hit('foreign')"/>
</foreignObject>
</svg>
<math><mtext><table><mglyph><style><!--</style><img src="TRAP/mxss" onerror="hit('mxss')">-->
</style></mglyph></table></mtext></math></p>
<noscript><p title="</noscript><img src=TRAP/noscript onerror=hit('noscript')>"></p></noscript>
<iframe src="TRAP/frame"></iframe><iframe srcdoc="<script>parent.hit('srcdoc')</script>"></iframe>
<object data="TRAP/object" type="text/html"></object><embed src="TRAP/embed">
<video src="TRAP/video" poster="TRAP/poster" autoplay onerror="hit('video')"></video>
<audio src="TRAP/audio" autoplay></audio><track src="TRAP/track">
<form id="form" action="TRAP/form"><input name="q" autofocus onfocus="hit('focus')">
<button formaction="javascript:hit('button')">Send</button>
<input type="image" src="TRAP/input"></form>
<details open ontoggle="hit('toggle')"><summary>More</summary></details>
<marquee onstart="hit('marquee')">x</marquee>
<template><img src="TRAP/template"></template>
<frameset><frame src="TRAP/frameset"></frameset><portal src="TRAP/portal"></portal>
<table background="TRAP/table"><tr><td background="TRAP/cell">x</td></tr></table>
<a href="&#x6A;avascript:hit('encoded')">x</a><a href=" javascript:hit('blank')">x</a>
<script>for(const each of ['fetch','beacon'])try{fetch('TRAP/'+each)}catch(e){}
try{new WebSocket('ws'+'TRAP/socket'.slice(4))}catch(e){}
try{top.location='TRAP/top'}catch(e){}try{parent.document.title='pwned'}catch(e){}
try{window.open('TRAP/popup')}catch(e){}</script>
</article></main></body></html>"""
# What a script of the page would do where it ran: ask for a trap.
HIT = "function hit(x){new Image().src='TRAP/hit-'+x;window.pwned=x};window.hit=hit"


@dataclass(frozen=True)
class Collected:
    """What was collected. settings: of a store that knows the source; capture: the statement's."""

    settings: Settings
    statement: int
    capture: int
    url: str


def page_at(server: str) -> str:
    """The page, whose traps are on this server (`http://127.0.0.1:1234`)."""
    paragraphs = "\n".join(
        f"<p>{SENTENCE}, and said so for the {n}. time, in a paragraph long enough to be read.</p>"
        for n in range(2, 9)
    )
    made = PAGE.replace("PARAGRAPHS", paragraphs).replace("HIT;", f"{HIT};")
    return made.replace("TRAP/", f"{server}{TRAP}")


def trapped(server: Server) -> list[str]:
    """The traps that somebody asked for, and whatever else the page would not need."""
    return [path for path in server.paths if path.startswith(TRAP)]


def collect_hostile(
    settings: Settings, engine: Engine, server: Server, folder: Path, now: datetime = NOW
) -> Collected:
    """Collects the page from `server`, into the store of these settings. folder: of the test, for
    the source's facts and the archive. Caution: Collected.settings, not these, know the source."""
    url = f"{server.url}/news/2026-03-19-statement-on-cables.html"
    html = {"Content-Type": "text/html; charset=utf-8"}
    server.pages["/news/"] = Reply(headers=html, body=LISTING)
    server.pages[url.removeprefix(server.url)] = Reply(
        headers=html | {"Link": f"<{server.url}{TRAP}header>; rel=preload; as=script"},
        body=page_at(server.url),
    )
    (folder / "facts").mkdir(parents=True)
    facts = SOURCES.replace("URL", server.url)
    (folder / "facts" / "china.yaml").write_text(facts, encoding="utf-8")
    changed = settings.model_copy(
        update={
            "sources": folder / "facts",
            "archive_url": f"file://{folder / 'archive'}",
            "allow_addresses": (ip_network("127.0.0.0/8"),),
            "contact": "desk@example.org",
            "replay": (),
            "as_of": None,
            "now": now,
        }
    )
    line = open_line(changed, engine)
    (done,) = collect_all(line, line.desk(None), run_key=RUN)
    assert done.coverage is not None, done
    assert done.coverage.counts.get("new") == 1, (done, server.paths)
    with engine.connect() as connection:
        row = connection.execute(_STORED).one()
    server.arrivals.clear()
    return Collected(changed, row.id, row.capture_id, row.url)


_STORED = text("""
    SELECT s.id, s.url, r.capture_id FROM communique.statements s
    JOIN communique.revisions r ON r.statement_id = s.id AND r.number = 1
    WHERE s.source_id = 'hostile_ministry'
""")
