"""Two publishers on loopback whose pages are read in every way there is: a layout of its own, bytes
in another encoding than they say, a feed that carries the text, a PDF, a page of unknown layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

from communique.evidence import Proof, verify_all
from scrapers.facts import load_sources
from tests.command import answer, communique
from tests.pdf_files import Type, pdf
from tests.servers import Reply, Server

HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = """<!DOCTYPE html><html lang="{language}"><head><title>{title}</title></head><body>
<div class="content_mod"><h2 class="title">{title}</h2><div class="date" id="News_Body_Time"></div>
<div class="content"><p>{text}</p><p>{last}</p></div></div></body></html>"""
LAST = "Cooperation on networks should be open to all."
WORDS = "The spokesperson took questions on cables, masts and 5G networks in several countries. "
CHINESE = "发言人就海底电缆和第五代移动通信网络问题回答了记者提问，表示网络应当对各国开放。" * 8
LETTER = (
    "<html><head><title>On the new cable</title></head><body><article><h1>On the new cable</h1>"
    "<p>Published on March 5, 2026</p>"
    + "".join(
        f"<p>Paragraph {n} of the letter on the cable that was laid last year.</p>"
        for n in range(9)
    )
    + "</article></body></html>"
)


def article(number: int, words: str = WORDS, last: str = LAST) -> Reply:
    title = f"Regular Press Conference {number} on March {number % 28 + 1}, 2026"
    html = PAGE.format(language="en", title=title, text=f"Number {number}. {words * 3}", last=last)
    return Reply(headers=HTML, body=html)


def mislabelled(number: int) -> Reply:
    title = f"2026年3月{number}日外交部发言人主持例行记者会"
    html = PAGE.format(language="zh", title=title, text=CHINESE, last="谢谢大家。")
    return Reply(headers=HTML, body=html.encode("gb18030"))


def listing(numbers: Sequence[int]) -> Reply:
    items = "".join(f'<li><a href="./t{n}.shtml">{_named(n)}</a></li>' for n in numbers)
    html = f'<html><body><div class="newsLst_mod"><ul>{items}</ul></div></body></html>'
    return Reply(headers=HTML, body=html)


def _named(number: int) -> str:
    return f"Regular Press Conference {number} on March {number % 28 + 1}, 2026"


def feed(address: str, words: str = "The committee met in public and spoke of masts.") -> Reply:
    carried = f"<p>{words}</p>" * 6
    items = (
        f"<item><title>What the committee said</title><link>{address}/said</link>"
        "<pubDate>Wed, 04 Mar 2026 10:00:00 +0000</pubDate>"
        f"<content:encoded><![CDATA[{carried}]]></content:encoded></item>",
        f"<item><title>Report on masts</title><link>{address}/masts.pdf</link>"
        "<pubDate>Tue, 03 Mar 2026 10:00:00 +0000</pubDate></item>",
        f"<item><title>On the new cable</title><link>{address}/cable.html</link>"
        "<pubDate>Thu, 05 Mar 2026 10:00:00 +0000</pubDate></item>",
    )
    spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    body = (
        f'<rss version="2.0" {spaces}><channel><title>News</title>{"".join(items)}</channel></rss>'
    )
    return Reply(headers={"Content-Type": "application/rss+xml; charset=utf-8"}, body=body)


def report() -> Reply:
    lines = [Type(72, 760, 18, "Report on masts")]
    lines += [
        Type(72, 720 - 16 * n, 11, f"Sentence {n} of the report says how many masts there are now.")
        for n in range(20)
    ]
    return Reply(headers={"Content-Type": "application/pdf"}, body=pdf([lines]))


@dataclass
class Ministry:
    """The publishers, the settings of who collects them, and the store."""

    web: Server
    settings: dict[str, str]
    store: Engine
    archive: Path
    moment: str = "2026-03-20T06:00:00Z"
    statements: dict[str, int] = field(default_factory=dict)

    def collect(self, moment: str | None = None) -> None:
        self.moment = moment or self.moment
        answer("collect", settings=self.settings | {"now": self.moment})
        rows = self.rows("SELECT url, id FROM analyst.statements")
        self.statements = {str(url).rsplit("/", 1)[-1]: number for url, number in rows}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.store.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def do(self, command: str) -> None:
        with self.store.begin() as connection:
            connection.execute(text(command))

    def ask(self, *words: str, status: int = 0) -> Any:
        return answer(*words, settings=self.settings | {"now": self.moment}, status=status)

    def run(self, *words: str, status: int = 0) -> str:
        done = communique(*words, settings=self.settings | {"now": self.moment}, status=status)
        return done.stdout + done.stderr

    def unproved(self) -> set[int]:
        """The statements that `communique verify --all` names, without a process for each time."""
        sources = {one.id: one for one in load_sources(self.sources)}
        proofs = verify_all(self.store, sources, processes=1)
        return {one.statement for one in proofs if isinstance(one, Proof) and not one.holds}

    @property
    def sources(self) -> Path:
        """The folder of the publishers' facts."""
        return Path(self.settings["sources"])

    @property
    def files(self) -> dict[str, Path]:
        """The archive's files by source."""
        found = sorted(self.archive.rglob("*.warc.gz"))
        return {path.name.split("-")[0]: path for path in found}


def opened(folder: Path, web: Server, database_url: str) -> Ministry:
    """The publishers with what they publish, and nothing collected yet."""
    sources = folder / "sources"
    sources.mkdir()
    (sources / "china.yaml").write_text(
        "- id: ministry\n  publisher: A ministry\n  kind: ministry\n  languages: [en, zh]\n"
        "  time_zone: Asia/Shanghai\n  reader: china_mfa\n  delay: 0\n"
        f"  listings: [{web.url}/press/default.shtml]\n"
        "- id: committee\n  publisher: A committee\n  kind: ministry\n  languages: [en]\n"
        "  reader: feed\n  delay: 0\n"
        f"  listings: [{{url: {web.url}/feed/, type: rss}}]\n"
    )
    web.pages["/press/default.shtml"] = listing((1, 2, 3, 4))
    web.pages |= {f"/press/t{n}.shtml": article(n) for n in (1, 2, 4)}
    web.pages["/press/t3.shtml"] = mislabelled(3)
    web.pages |= {"/feed/": feed(web.url), "/masts.pdf": report()}
    web.pages["/cable.html"] = Reply(headers=HTML, body=LETTER)
    settings = {
        "home": str(folder / "home"),
        "archive_url": f"file://{folder / 'archive'}",
        "database_url": database_url,
        "sources": str(sources),
        "allow_addresses": "127.0.0.0/8",
        "contact": "desk@example.org",
    }
    return Ministry(web, settings, create_engine(database_url), folder / "archive")
