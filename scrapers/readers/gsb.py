"""German federal sites: the Government Site Builder and its kin.

    bundesregierung.de: <h1>title</h1> <span class="bpa-time"><time datetime="2026-03-12T15:30">
      <div class="bpa-short-text"><p>lead</p></div> <div class="bpa-richtext"><p>..</p></div> ..
    ministries: <p class="dateline"><time datetime="2026-03-12T15:30:00+01:00">12.03.2026</time>
      <h1 class="title">title</h1> <p class="article-teaser">lead</p>
      <div class="article-content"><p>..</p></div>
    classic: <div id="content"><span class="dachzeile">Pressemitteilung . 12.03.2026</span>
      <h1 class="isFirstInSlot"><span class="category">subject</span>title</h1>
      <div class="subheadline"><p>lead</p></div> <p>..</p> <p>..</p></div>, or
      <div class="article-text singleview"><p>..</p></div>

The first .bpa-richtext of a page is that of its cookie notice, outside <main>. Evidence: public
scrapers of bundesregierung.de and of classic sites, real pages of two ministries, one of them
classic (2019). The names of bmi.bund.de and bsi.bund.de are not known: what none of these layouts
fits is refused.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from scrapers import markup, regions
from scrapers.readers import Page, Reader, _family, _layout
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_DROP = (
    f"{_layout.FURNITURE},h1,.dateline,.meta-tags,.image-caption,.copyright-note,.rs_skip,.c-share,"
    ".bpa-teaser,.bpa-image-caption,.bpa-media,.bpa-related,.picture,.wrapperPicture,.servicebox,"
    ".docData,.document-info,.dachzeile,.isFirstInSlot,.module,.content-footer,.linkliste,.navServiceMeta"
)
_ENDS = (
    r"(?:seite )?teilen|seite drucken|drucken|mehr zum thema|weitere (?:informationen|meldungen)"
    r"|weiterführende (?:links|informationen)|zum thema|externe links|links"
    r"|kontakt(?: für die presse)?|pressekontakt|downloads?|share page|print page"
    r"|additional information|verwandte themen|diese seite|servicebereich"
    r"|hintergrund-?informationen"
)
_NOISE = (
    r"(?:stand|datum|ort|quelle|foto|bild)\s*:.{0,80}|(?:stand|datum)\s+\d.{0,20}|©.{0,80}"
    r"|nach oben|zum seitenanfang"
)
_BPA = Layout(
    text=(
        "main .bpa-short-text,main .bpa-richtext", "#main .bpa-short-text,#main .bpa-richtext",
        ".bpa-article .bpa-richtext",
    ),
    title=("main .bpa-article-header h1", "main h1", "#main h1"),
    dated=("main .bpa-time time", "#main .bpa-time time", ".bpa-time time", ".bpa-time"),
    drop=_DROP, noise=_NOISE, ends=_ENDS,
)  # fmt: skip
_CONTENT = Layout(
    text=(
        "main .article-teaser,main .article-content", ".article .article-teaser,.article-content",
        ".article-text.singleview", ".c-article__body", ".c-richtext,.c-rte", "main .rich-text",
        "main .richtext",
    ),
    title=("h1.title", "h1.isFirstInSlot", "main h1", "#content h1", ".c-article h1"),
    dated=(
        ".dateline time", ".dateline", ".c-article__date", ".article-date", ".article-info time",
        ".docData", ".document-info", ".dachzeile", "main time[datetime]",
    ),
    drop=_DROP, noise=_NOISE, ends=_ENDS,
)  # fmt: skip
# Paragraphs that stand in #content itself; whatever boxes stand beside them is not of the text.
_CLASSIC = Layout(
    text=(
        "#content > .subheadline,#content > p,#content > h2,#content > h3,#content > ul,"
        "#content > ol",
        "#content .text > p,#content .text > h2,#content .text > ul",
    ),
    title=("h1.isFirstInSlot", "#content h1"),
    dated=("#content .dachzeile", "#content .docData", "#content .date", "#content time"),
    drop=_DROP, noise=_NOISE, ends=_ENDS,
)  # fmt: skip
_KICKER = "h1 > .category,h1 > .aural"
_STATEMENT = re.compile(
    r"/shareddocs/(?!downloads/|bilder/|faqs?/|glossar)[^/]+/.+\.html$"
    r"|/breg-(?:de|en)/(?:[^/]+/)*[^/]+-\d{5,}$|/bmfsfj/.+-\d{5,}$|/(?:pressemitteilungen|presse|aktuelles"
    # What is looked ahead for and the hyphen excluded keep a made-up address from taking hours.
    r"|meldungen|news|press)/(?:.*/)?(?=[^/]+$)[^/][^/-]*-[^/][^/-]*-[^/]+$"
    r"|/pressemitteilungen/.+\.html$",
    re.IGNORECASE,
)


def article(page: Page) -> Article:
    """A statement, in whichever of these layouts the page has."""
    return _layout.read(_without_kicker(page), _BPA, _CONTENT, _CLASSIC)


def _without_kicker(page: Page) -> Page:
    """Classic sites write the subject into the h1, before the title."""
    tree = regions.parse(page.html)
    if tree.css_first(_KICKER) is None:
        return page
    markup.remove(tree, _KICKER)
    return replace(page, html=tree.html or page.html)


def listing(page: Page) -> Listing:
    """The statements that a page of the site names."""
    return _family.listing(page, _STATEMENT.pattern)


def is_address(url: str) -> bool:
    """A statement's address ends in a number (-2276070), or is a document among SharedDocs."""
    return _STATEMENT.search(urlsplit(regions.unarchived(url)).path.rstrip("/")) is not None


READER = Reader("gsb", 1, listing, article, is_address, inferred=True)
