"""Listings of families whose statements are known by their addresses."""

from __future__ import annotations

from dataclasses import replace

from scrapers.readers import Page, generic
from scrapers.values import Listing


def listing(page: Page, statements: str) -> Listing:
    """The links of a page that lead to statements of the family, whatever their words; where the
    source says what its own addresses are (`articles`), that holds instead.

    statements: a regular expression of their addresses, without regard to case; `$` is the end
    of the path. Raises NothingListed where the page has none.
    """
    if page.source.articles is not None:
        return generic.listing(page)
    articles = f"(?i:{statements.replace('$', '(?=[?#]|$)')})"
    return generic.listing(
        replace(page, source=page.source.model_copy(update={"articles": articles}))
    )
