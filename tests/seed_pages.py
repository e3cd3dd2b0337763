"""Pages built around the five texts of ../shared/seeds, each in the layout of its family.

The templates in tests/fixtures/seeds hold the furniture; the texts themselves stay where they are.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from scrapers.sources import ListingFacts, Source

ROOT = Path(__file__).parent.parent
SEEDS = ROOT.parent / "shared" / "seeds"
TEMPLATES = Path(__file__).parent / "fixtures" / "seeds"


@dataclass(frozen=True, slots=True)
class SeedPage:
    """One page and what is true of it. on: None where the page states no date. furniture: words
    that stand on the page and must not be in its text."""

    name: str
    url: str
    source: Source
    html: str
    title: str
    on: date | None
    text: str
    language: str
    furniture: tuple[str, ...]


def seed_pages() -> list[SeedPage]:
    """The five pages, in the order of the seeds. Skips the test where the seeds are not there."""
    if not SEEDS.is_dir():
        pytest.skip("../shared/seeds is not here")
    return [_embassy(), _news_report(), _mission(), _machine_translated(), _trade_site()]


def _source(**facts: object) -> Source:
    listing = ListingFacts(url=str(facts.pop("listing")), confidence="seen")
    return Source.model_validate({"listings": (listing,), "languages": ("en",), **facts})


def _blocks(number: int) -> list[str]:
    path = next(SEEDS.glob(f"{number:03d}_*.txt"))
    blocks = (
        "\n".join(map(_folded, block.splitlines())) for block in path.read_text().split("\n\n")
    )
    return [block.strip() for block in blocks if block.strip()]


def _folded(line: str) -> str:
    return " ".join(line.split())


def _page(template: str, paragraphs: Sequence[str], **words: str) -> str:
    page = (TEMPLATES / template).read_text().replace("{{paragraphs}}", "\n".join(paragraphs))
    for name, value in words.items():
        page = page.replace(f"{{{{{name}}}}}", html.escape(value))
    return page


def _p(block: str) -> str:
    return f"<p>{html.escape(block, quote=False)}</p>"


def _embassy() -> SeedPage:
    title, when, *paragraphs = _blocks(0)
    styled = [f'<p style="text-align: justify">{_p(block)[3:-4]}</p>' for block in paragraphs]
    return SeedPage(
        name="embassy",
        url="http://mk.china-embassy.gov.cn/eng/sgxw/202010/t20201024_8955001.htm",
        source=_source(
            id="cn_embassy_mk",
            desk="china",
            publisher="Embassy of the People's Republic of China in North Macedonia",
            kind="embassy",
            country="CN",
            host_country="MK",
            languages=("en", "zh", "mk"),
            time_zone="Europe/Skopje",
            reader="china_mission",
            listing="http://mk.china-embassy.gov.cn/eng/sgxw/",
        ),
        html=_page("mission_new.html", styled, title=title, date=when),
        title=title,
        on=date(2020, 10, 23),
        text="\n\n".join(paragraphs),
        language="en",
        furniture=("Embassy News", "Print", "Related News", "Copyright", "2020-10-23"),
    )


def _news_report() -> SeedPage:
    first, *rest = _blocks(1)
    title = "Beijing asks for an even hand in 5G partnerships"
    dateline = "date 2020-08-14 "
    return SeedPage(
        name="news_report",
        url="https://news.cgtn.com/news/an-even-hand-in-5g-partnerships/index.html",
        source=_source(
            id="news_cgtn",
            desk="media",
            publisher="CGTN",
            kind="news",
            country="CN",
            time_zone="Asia/Shanghai",
            reader="generic",
            listing="https://www.cgtn.com/world",
        ),
        html=_page("news_report.html", [_p(f" {first}"), *map(_p, rest)], title=title),
        title=title,
        on=date(2020, 8, 14),
        text="\n\n".join([first.removeprefix(dateline), *rest]),
        language="en",
        furniture=("date 2020", "Share", "Related stories", "All rights reserved", "Most read"),
    )


def _mission() -> SeedPage:
    head, *paragraphs = _blocks(2)
    title, when = head.split("\n")
    return SeedPage(
        name="mission",
        url="http://www.chinamission.be/eng/fyrjh/t1721307.htm",
        source=_source(
            id="cn_mission_eu",
            desk="china",
            publisher="Mission of the People's Republic of China to the European Union",
            kind="mission",
            country="CN",
            host_country="BE",
            languages=("en", "zh"),
            time_zone="Europe/Brussels",
            reader="china_mission",
            listing="http://www.chinamission.be/eng/fyrjh/",
        ),
        html=_page("mission_old.html", list(map(_p, paragraphs)), title=title, date=when),
        title=title,
        on=date(2019, 12, 5),
        text="\n\n".join(paragraphs),
        language="en",
        furniture=("Related News", "Suggest to A Friend", "Font", "2019-12-05"),
    )


def _machine_translated() -> SeedPage:
    title, *paragraphs = _blocks(3)
    return SeedPage(
        name="machine_translated",
        url="https://www.jqknews.com/news/595460-Increase_the_pressure.html",
        source=_source(
            id="news_jqknews",
            desk="media",
            publisher="jqknews",
            kind="news",
            country="CN",
            time_zone="Asia/Shanghai",
            reader="generic",
            listing="https://www.jqknews.com/news/",
        ),
        html=_page("machine_translated.html", list(map(_p, paragraphs)), title=title),
        title=title,
        on=None,
        text="\n\n".join(paragraphs),
        language="en",
        furniture=("3 days ago", "WeChat", "Previous", "Hot news", "Copyright"),
    )


def _trade_site() -> SeedPage:
    title, *blocks = _blocks(4)
    end = blocks.index("Leave a Response")
    author, biography = blocks[end + 1].split("\n")
    shown, text = [], []
    for block in blocks[:end]:
        if block == blocks[0] or "\n" in block:
            shown.append(_figure(block))
        elif block.endswith(("perspective", "5G network")):
            shown.append(f'<p><a href="/an-earlier-article/">{html.escape(block)}</a></p>')
        else:
            shown.append(_p(block))
            text.append(block)
    words = {"author": author, "biography": biography, "response": "Leave a Response"}
    return SeedPage(
        name="trade_site",
        url="https://sociable.co/military-technology/all-leaders-agree-on-something/",
        source=_source(
            id="news_sociable",
            desk="media",
            publisher="The Sociable",
            kind="news",
            time_zone="America/New_York",
            reader="wordpress",
            listing="https://sociable.co/technology/",
        ),
        html=_page(
            "trade_site.html", shown, title=title, date="2020-02-14T14:05:00+00:00", **words
        ),
        title=title,
        on=date(2020, 2, 14),
        text="\n\n".join(text),
        language="en",
        furniture=("Leave a Response", author, biography, blocks[0], "Click to share", "Related"),
    )


def _figure(block: str) -> str:
    picture, _, caption = block.partition("\n")
    if not caption:
        return f'<figure><img src="/p.jpg" alt=""><figcaption>{picture}</figcaption></figure>'
    return f'<p><img src="/p.jpg" alt="{picture}"><span>{picture}</span><br>{caption}</p>'
