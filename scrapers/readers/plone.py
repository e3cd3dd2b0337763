"""Plone sites, above all those of Brazil's government (gov.br) in its two templates.

    <article class="tileItem"><span class="subtitle">PRESS RELEASE N. 12</span>
      <h2 class="tileHeadline"><a href="..">title</a></h2><span class="description">..</span>
      <span class="documentByLine"><span class="summary-view-icon">12/03/2026</span>
      <span class="summary-view-icon">10h30</span> ..</span></article>
    <ul class="noticias"><li><h2 class="titulo"><a href="..">..</a></h2>
      <span class="descricao"><span class="data">12/03/2026</span> - ..</span></li></ul>
    pager: ?b_start:int=30

    <h1 class="documentFirstHeading">title</h1> <div class="documentDescription">..</div>
    <span class="documentPublished">Publicado em <span class="value">12/03/2026 10h30</span></span>
    <span class="documentModified">Atualizado em <span class="value">13/03/2026 09h00</span></span>
    <div id="content-core"><div id="parent-fieldname-text"><p>..</p></div></div>
    <div id="category">..</div>

English pages say "Published in Mar 12, 2026 05:30 PM Updated in Mar 13, 2026". Evidence: public
scrapers of gov.br (lists and body) and Plone's own templates; where gov.br's date stands is
known from their page text.
"""

from __future__ import annotations

from scrapers.readers import Page, Reader, _layout, _lists, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_ROWS = (
    _lists.Rows(
        "article.tileItem,.tileItem,article.entry,.tile-document",
        link=".tileHeadline a[href],h2 a[href],a.url[href],a.summary[href],a[href]",
        dated=".summary-view-icon,.documentPublished,.documentByLine time,.documentByLine",
    ),
    _lists.Rows(
        "ul.noticias > li,.listagem-noticias li,.conteudo > ul.noticias li",
        link=".titulo a[href],h2 a[href],a[href]",
        dated=".data,.documentPublished",
    ),
)
_BODY = Layout(
    text=(
        "#content-core #parent-fieldname-text", "#parent-fieldname-text",
        "#content-core .item-text", "[property='rnews:articleBody']", "#content-core",
    ),
    title=("h1.documentFirstHeading", "#content h1"),
    dated=(".documentPublished .value", ".documentPublished"),
    labelled=(".documentPublished", ".documentByLine", ".documentInfo"),
    after=r"(?:publicado|published)\s*(?:em|in|on|:)?\s*:?",
    drop=(
        f"{_layout.FURNITURE},.documentByLine,.documentActions,.documentPublished,.documentModified,"
        "#viewlet-below-content,#category,.keywords,.social-links,.newsImageContainer,.relatedItems,"
        ".listingBar,.visualClear,.image-caption,.social-sharing"
    ),
    noise=r"(?:categoria|category|editoria|tags?|registrado em|assuntos?|subjects?)\s*[:：].{0,120}"
    r"|compartilhe.{0,40}|(?:publicado|published|atualizado|updated) (?:em|in)\b.{0,80}",
    ends=r"category|categoria|due date|(?:advanced )?cookie settings|compartilhe(?: por.*)?:?",
)  # fmt: skip


def article(page: Page) -> Article:
    """A statement; its date is that of publication, not that of the change beside it."""
    return _layout.read(page, _BODY)


def listing(page: Page) -> Listing:
    """The tiles of a folder; further ones by ?b_start:int=30."""
    return _lists.listing(page, *_ROWS, pages=_lists.numbered("b_start:int", first=0))


READER = Reader("plone", 1, listing, article, generic.is_address)
