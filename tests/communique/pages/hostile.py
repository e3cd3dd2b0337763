"""Strangers' words at their worst, in a store, for the tests of every page: whatever stands here
must be shown as text. A page collected through the real line is in `hostile_page`.

    stored = store_hostile(demo.engine)
    body = client.get("/communique/today").text
    assert_only_text(body)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert

from communique.alerting import judge
from communique.schema import SourceRow
from communique.selections import EVERY
from communique.settling import settle
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, post

MARKER = "pwned"  # what a script or a handler of theirs would name
LONG_WORD = "unbroken" * 12_500  # 100 kB without a blank
TITLES: Mapping[str, str] = {
    "script": f"</title><script>window.{MARKER}=1;alert(1)</script>",
    "image": f"<img src=http://tracker.invalid/p.gif onerror=alert('{MARKER}')>",
    "svg": f"\"><svg onload=alert('{MARKER}')><style>@import url(http://tracker.invalid/)</style>",
    "attribute": f"' onmouseover='{MARKER}()' \" autofocus onfocus=\"{MARKER}()\" `x`",
    "template": "{{7*7}} {% for x in ().__class__.__subclasses__() %}{{x}}{% endfor %} ${7*7}",
    "bidi": "\u202eexe.gpj\u202c \u2066x\u2069 \u200eclean\u200f network",
    "right to left": "هذه الشبكة النظيفة ليست شبكة ولا نظيفة",
    "controls": "a\x01b\x07c\x1b[31m\u2028d\u0085e\x7ff\x0bg\u0000h",
    "long": LONG_WORD,
    "closing": "--></script></style></textarea></noscript></template>]]><!--",
    "htmx": "<div hx-get='/communique/today' hx-trigger='load' hx-vals='js:{x:alert(1)}'>",
    "empty": " \u200b ",
}
TEXT = (
    "They spoke of a clean network once more. <script>window.pwned=2</script>\n\n"
    "<img src=x onerror=alert('pwned')> huawei &lt;b&gt; &amp;amp; {{7*7}} \u202eclean\u202c\n\n"
    "<a href=\"javascript:pwned()\">here</a> <iframe src='data:text/html,<script>pwned()</script>'>"
)
ADDRESSES = (
    "javascript:pwned()//https://one.example/",
    "data:text/html;base64,PHNjcmlwdD5wd25lZCgpPC9zY3JpcHQ+",
    'https://one.example/"><script>pwned()</script>',
    "https://one.example/' onclick='pwned()",
    "JaVaScRiPt:pwned()",
    " https://one.example/ \u202e",
    "https://user:pass@one.example/" + "a" * 5_000,
    "vbscript:pwned()",
    "http://[one.example/",
)
SOURCE = "hostile_one"
PUBLISHER = '<b>Ministry</b> "><script>pwned()</script> {{7*7}} \u202eof Everything'
LEADING = ("https://", "http://", "/", "#", "?", "mailto:")  # where a link of ours may lead
RULES = """
rules:
  - {id: plan, name: "<i>The</i> plan {{7*7}} <script>pwned()</script>", severity: urgent,
     query: '"clean network" OR huawei', note: '"><img src=x onerror=pwned()>'}
"""


@dataclass(frozen=True)
class Hostile:
    """What was stored. statements: ids, by the name of their title in TITLES; the first two are one
    story. source: whose they are."""

    statements: Mapping[str, int]
    source: str


def store_hostile(engine: Engine, folder: Path | None = None, now: datetime = NOW) -> Hostile:
    """Puts a statement with each of TITLES into a store, with TEXT and hostile addresses, all of a
    source with a hostile name, and settles them. folder: where a watchlist with a hostile rule may
    be written, which then is judged, with somebody subscribed to it; None: nothing is judged."""
    row = {
        "id": SOURCE, "desk": "china", "publisher": PUBLISHER, "kind": "embassy", "country": "CN",
        "host_country": "MK", "time_zone": "Asia/Shanghai",
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(SourceRow).values(row).on_conflict_do_nothing())
    made: dict[str, int] = {}
    story = None
    for number, (name, title) in enumerate(TITLES.items()):
        words = LONG_WORD if name == "long" else f"{TEXT} Number {number}: {title[:300]}"
        posted = post(
            engine,
            source=SOURCE,
            url=f"{ADDRESSES[number % len(ADDRESSES)]}{number}",
            title=title.replace("\x00", ""),
            text=words.replace("\x00", ""),
            seen=now,
            on=now.date(),
            date_text=f"<script>{MARKER}()</script> {{{{7*7}}}}",
            story=story if number == 1 else None,
        )
        story = story or posted.story
        made[name] = posted.statement
    settle(engine, now)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hostile.yaml").write_text(RULES, encoding="utf-8")
        with engine.begin() as connection:
            subscribe(connection, "ana@example.org", EVERY, now)
        judge(engine, load_watchlists(folder), now)
    return Hostile(made, SOURCE)


def assert_only_text(body: str) -> None:
    """Fails where a page holds an element or an attribute that TITLES, TEXT, ADDRESSES or names
    would make, were they not escaped: script or style within the page, a handler, an address that
    runs or is not ours to load from, a name's own markup."""
    found = _Elements()
    found.feed(body)
    found.close()
    assert not found.problems, found.problems
    for markup in ("<b>Ministry", "<i>The", f"<script>{MARKER}", f"<script>window.{MARKER}"):
        assert markup not in body


class _Elements(HTMLParser):
    LINKS = ("href", "action", "formaction", "hx-get", "hx-post")
    LOADED = ("src", "data", "srcset", "poster", "background")
    NEVER = ("object", "embed", "base", "style", "b", "i")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        wrong = [tag] if tag in self.NEVER else []
        wrong += ["script without src"] if tag == "script" and "src" not in given else []
        wrong += ["frame without sandbox"] if tag == "iframe" and "sandbox" not in given else []
        for name, value in given.items():
            plain = value.strip().lower()
            if name.startswith(("on", "hx-on")) or name == "style" or plain.startswith("js:"):
                wrong.append(name)
            if name in self.LINKS and not plain.startswith(LEADING) and plain:
                wrong.append(name)
            if name in self.LOADED and not plain.startswith("/"):
                wrong.append(name)
        self.problems += [f"{each} in <{tag} {str(given)[:300]}>" for each in wrong]
