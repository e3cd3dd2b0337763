"""Sites that put the day of publication into a statement's address."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from scrapers import regions
from scrapers.readers import Page, _datelines
from scrapers.values import Article


def dated(article: Article, page: Page, pattern: re.Pattern[str]) -> Article:
    """The article, dated by its address where that says another day than its page does: such a
    site's address is as old as the statement, a day on its page may be that of a change.

    pattern: matches in the address's path, with the groups y, m and d.
    """
    stated = pattern.search(urlsplit(regions.unarchived(page.url)).path)
    if stated is None:
        return article
    day = _datelines.read(f"{stated['y']}-{stated['m']}-{stated['d']}", page)
    if day is None or day.on == article.published.on:
        return article
    words = stated.string[stated.start("y") : stated.end("d")]
    return replace(article, published=replace(day, text=words))
