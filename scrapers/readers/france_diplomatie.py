"""diplomatie.gouv.fr: Drupal in the state's design since 2025, SPIP before.

    <article class="node node--view-mode-full"><div class="diplomatie--hdp"><h1>title</h1>
      <p class="diplomatie--hdp-date">On : <span class="diplomatie--text-bold">March 12th
      2026</span></p></div> <div class="fr-mt-6w"><div class="fr-col-md-8"><p>..</p>
      <div class="fr-share">..</div></div></div></article>
    list: <article class="fr-card"><h3 class="fr-card__title"><a href="..">..</a></h3> ..
      <div class="fr-card__end"><p class="fr-card__detail">March 12th 2026</p></div></article>

SPIP: the day stands in the title, in the chapo or at the head of the text.

    <article><h1>Point de presse (12 mars 2026)</h1><div class="partager">..</div>
      <div class="chapo">..</div><div class="texte"><p>..</p></div><div class="bloc_rss">..</div>

Evidence: three public scrapers of the site, of 2025 and 2026 (both templates).
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from scrapers.dateforms import existing
from scrapers.readers import Page, Reader, _layout, _lists, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing, Precision, Published

_ROWS = (
    _lists.Rows(
        "article.fr-card,.fr-card",
        link=".fr-card__title a[href],h3 a[href],h2 a[href]",
        dated=".fr-card__end .fr-card__detail,.fr-card__detail",
    ),
    _lists.Rows(".liste_articles li,.listearticles li,article.item", link="a[href*='/article/']"),
)
_DROP = (
    f"{_layout.FURNITURE},.diplomatie--hdp,.fr-share,.fr-breadcrumb,.fr-summary,.fr-tag,.fr-tags-group,"
    ".partager,.bloc_rss,.toolbar,.social,.aria,.spip_documents_legende,.fr-content-media__caption"
)
_DRUPAL = Layout(
    text=(
        "article.node--view-mode-full .fr-mt-6w .fr-col-md-8",
        "article.node--view-mode-full .fr-mt-6w",
        "article.node--view-mode-full .field--name-body",
    ),
    title=("article.node--view-mode-full h1",),
    dated=(
        ".diplomatie--hdp-date .diplomatie--text-bold", ".diplomatie--hdp-date",
    ),
    drop=_DROP,
    ends=r"(?:à )?(?:lire|voir) aussi|see also|(?:en savoir plus|learn more)|partager(?: la page)?",
)  # fmt: skip
_SPIP = Layout(
    text=("article .chapo,article .texte", "#main .chapo,#main .texte", ".chapo,.texte"),
    title=("article h1", "#main h1", "h1"),
    dated=("article h1", "article .chapo", "article .date", ".date"),
    drop=_DROP,
)
_SHORT = re.compile(r"\((?:[^()]*\D)?(?P<d>\d\d)[./-](?P<m>\d\d)[./-](?P<y>\d\d)\)?\s*$")
_SLUG = re.compile(r"-(?P<d>\d\d)-(?P<m>\d\d)-(?P<y>\d\d)/?$")
_SECTION = re.compile(r"/(?:article|actualites|news)/[^/]+/?$")


def article(page: Page) -> Article:
    """A statement. A day that only the title or the address gives, in two digits each
    ("(12.03.26)", "-12-03-26"), is marked as inferred."""
    found = _layout.read(page, _DRUPAL, _SPIP)
    if found.published.precision is not Precision.UNKNOWN:
        return found
    short = _short_date(_SHORT, found.title, page) or _short_date(
        _SLUG, urlsplit(page.url).path, page
    )
    return replace(found, published=short) if short else found


def _short_date(pattern: re.Pattern[str], words: str, page: Page) -> Published | None:
    match = pattern.search(words)
    on = existing(2000 + int(match["y"]), int(match["m"]), int(match["d"])) if match else None
    if match is None or on is None:
        return None
    return Published(
        Precision.INFERRED, on=on, text=match.group().strip(), zone=page.source.time_zone
    )


def listing(page: Page) -> Listing:
    """The cards of a list of news; further ones by ?page=1, counted from 0."""
    return _lists.listing(page, *_ROWS, pages=_lists.numbered("page", first=0))


def is_address(url: str) -> bool:
    """A page of one statement in either template; a section has no such path."""
    return _SECTION.search(urlsplit(url).path) is not None or generic.is_address(url)


READER = Reader("france_diplomatie", 1, listing, article, is_address)
