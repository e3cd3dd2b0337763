"""News of the Government of Canada on canada.ca, in English and French.

    <meta name="dcterms.issued" content="2026-03-12">
    <div id="news-release-container"><div><h1 property="name headline" id="wb-cont">title</h1>
      <p class="gc-byline"><strong>From: <a ..>Global Affairs Canada</a></strong></p></div>
      <div><h2>News release</h2></div> <p class="teaser hidden">..</p>
      <div class="cmp-text"><p>March 12, 2026 - Ottawa, Ontario - Global Affairs Canada</p>
        <p>..</p></div> <div><h2>Quotes</h2></div> <blockquote>..</blockquote> <h2>Quick facts</h2>
      <section class="lnkbx"><h2>Associated links</h2>..</section>
      <div><h2>Contacts</h2></div> <p>..</p></div>
    <section class="pagedetails"><h2>Page details</h2> Date modified: ..</section>

Evidence: an example of a page among the tests of a public scraper, and several other scrapers.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from scrapers import markup, regions
from scrapers.readers import Page, Reader, _datelines, _family, _layout
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_KINDS = (
    r"news release|statement|media advisory|backgrounder|speech|readout|op-ed|article|feature"
    r"|communiqué(?: de presse)?|déclaration|avis aux médias|document d[’']information|discours"
    r"|compte rendu"
)
_DATE = r"(?:\w+\.? \d{1,2}, \d{4}|(?:le )?\d{1,2}(?:er)? \w+\.? \d{4})"
_JOINT = r"\s*(?:—|–|-|\|)\s*"
_PLACE = r"[^\W\d][\w.'’() ]{1,40}(?:, [^\W\d][\w.'’() ]{1,40}){0,2}"
_PAGE = Layout(
    text=(
        "#news-release-container", "main .news-release",
        "main[property=mainContentOfPage] .cmp-text",
        "main .mwsbodytext", "main .cmp-text",
    ),
    title=("#news-release-container h1", "h1#wb-cont", "main h1", "h1"),
    dated=(
        "meta[name='dcterms.issued']", "meta[property='dcterms.issued']",
        "time[property=datePublished]",
    ),
    drop=(
        f"{_layout.FURNITURE},h1,.gc-byline,.teaser.hidden,.hidden,.wb-inv,.lnkbx,.pagedetails,"
        ".gc-stp-stp,.gc-prtts,.wb-share,.wb-disable-allow,.mfp-hide"
    ),
    noise=(
        rf"{_KINDS}|(?:from|de)\s*: .{{0,150}}"
        rf"|{_DATE}{_JOINT}{_PLACE}(?:{_JOINT}[^.!?]{{2,120}})?"
    ),
    ends=(
        r"associated links|related (?:products|links|information)|contacts?|page details"
        r"|search for related information by keyword.*|liens connexes|liens associés"
        r"|personnes-ressources|détails de la page|produits (?:associés|connexes)"
        r"|recherche d[’']information connexe.*"
    ),
)  # fmt: skip
_PLACED = re.compile(rf"{_DATE}{_JOINT}(?P<rest>{_PLACE}{_JOINT})(?=\S)", re.IGNORECASE)
_STATEMENT = re.compile(r"/(?:en|fr)/[^/]+/(?:news|nouvelles)/\d{4}/\d{2}/[^/]+\.html$")


def article(page: Page) -> Article:
    """A release, statement or speech, without the place that follows the day in its first line."""
    return _without_place(_layout.read(page, _PAGE), page)


def _without_place(found: Article, page: Page) -> Article:
    """ "March 12, 2026 - Ottawa - The minister ..." begins with the minister."""
    if dateline := _PLACED.match(found.text):
        published = found.published
        if published.on is None:
            published = _datelines.read(dateline.group(), page) or published
        return replace(found, text=found.text[dateline.end() :], published=published)
    for node in regions.parse(page.html).css(".cmp-text p,.mwsbodytext p")[:3]:
        dateline = _PLACED.match(markup.line(node))
        rest = dateline["rest"].rstrip() if dateline else ""
        if rest and found.text.startswith(rest) and (text := found.text[len(rest) :].lstrip()):
            return replace(found, text=text)
    return found


def listing(page: Page) -> Listing:
    """The statements that a page of the site names."""
    return _family.listing(page, _STATEMENT.pattern)


def is_address(url: str) -> bool:
    """A statement stands under its department, /news/, year and month."""
    return _STATEMENT.search(urlsplit(regions.unarchived(url)).path) is not None


READER = Reader("canada", 1, listing, article, is_address)
