"""The generic reader as a second opinion on what a family's selectors read, and as their stand-in.

A layout that changes overnight seldom makes selectors find nothing; mostly they find too little,
too much, or another element's words. Nothing on the page says so, but two readers that work in
different ways seldom err alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from scrapers import markup, regions
from scrapers.errors import NeedsScript, ScrapeError, Unreadable
from scrapers.readers import Page, Reader, reader
from scrapers.values import Article

# These have no layout that could change: the second opinion would be their own.
_WITHOUT_LAYOUT = frozenset(("feed", "generic", "pdf"))
# Larger pages are books and lists; a second look at them takes seconds.
_LARGEST = 2_000_000
# Characters by which two short readings differ for a signature, a caption, a line of contacts.
_A_FEW_LINES = 200
# Where the generic reader finds nothing, the page's running text has to be this many times more.
_CLEARLY_MORE = 4
# A stand-in's text of fewer characters may be an error page's or a menu's, unless the listing knew
# its title.
_ENOUGH = 200
# "Press releases", "使馆活动": bytes of UTF-8, for a Chinese character says more than a letter.
_SECTION = 18
# What may stand between a title and the name of its site.
_JOINTS = re.compile(r"\s+[-–—·•»:]+\s+|\s*(?:[|｜丨_]+|--+|——+)\s*")


def has_layout(used: Reader, page: Page) -> bool:
    """Whether this reader looks for elements of a known layout on this page: only then is there
    anything to compare. An API's answer has none."""
    return used.name not in _WITHOUT_LAYOUT and page.html.lstrip("\ufeff \t\r\n").startswith("<")


def doubt(page: Page, article: Article, used: Reader, trusted: str | None = None) -> str | None:
    """Why what `used` read on this page is doubtful, in one sentence for a maintainer with the
    numbers; None where it is not, and where there is nothing to compare it with. trusted: the
    title that an earlier, undoubted reading found.

    Doubtful is a text under half or over twice as long as the generic reader's, by more than a
    few lines, and a title that is neither the generic reader's nor the listing's. Where the
    generic reader finds nothing, only a page that clearly says more is reason for doubt.
    """
    if not has_layout(used, page) or len(page.html) > _LARGEST:
        return None
    try:
        other = reader("generic").article(page)
    except ScrapeError:
        return _left_behind(page, article, used)
    reasons = [*_by_length(article, other, used), *_by_title(page, article, other, used, trusted)]
    return "; ".join(reasons) or None


def stand_in(page: Page, used: Reader, error: Unreadable) -> tuple[Article, str] | None:
    """What the generic reader makes of a page on which `used` found nothing, and the sentence for
    the maintainer; None where it finds nothing either, or nothing that looks like a statement.

    A page that a script would fill has nothing to find. Its own guards refuse menus; besides, a
    text of a few lines counts only under the title that the listing gave.
    """
    if isinstance(error, NeedsScript) or not has_layout(used, page):
        return None
    try:
        article = reader("generic").article(page)
    except ScrapeError:
        return None
    listed = page.entry.title if page.entry else None
    if _size(article.text) < _ENOUGH and not (listed and _same(listed, article.title)):
        return None
    what = f"{error.reason} ({error.selector})" if error.selector else error.reason
    return article, f"reader {used.id} found nothing: {what}; the generic reader was used instead"


def _by_length(article: Article, other: Article, used: Reader) -> Iterable[str]:
    mine, theirs = _size(article.text), _size(other.text)
    if abs(mine - theirs) <= _A_FEW_LINES:
        return
    if mine * 2 < theirs or mine > theirs * 2:
        yield (
            f"reader {used.id} read {mine:,} characters of text, "
            f"the generic reader {theirs:,} ({mine / max(theirs, 1):.1f} times)"
        )


def _by_title(
    page: Page, article: Article, other: Article, used: Reader, trusted: str | None
) -> Iterable[str]:
    if _same(other.title, page.source.publisher) or _is_section(other.title, article.title):
        return  # no opinion of the title
    listed = page.entry.title if page.entry else None
    said = [other.title, *filter(_is_telling, _JOINTS.split(other.title)), listed, trusted]
    if any(title and _same(article.title, title) for title in said):
        return
    yield (
        f"reader {used.id} read the title {_shown(article.title)}, "
        f"the generic reader {_shown(other.title)}"
    )


def _left_behind(page: Page, article: Article, used: Reader) -> str | None:
    """Doubt where the generic reader found no article, by the page's running text outside links."""
    tree = regions.parse(page.html)
    markup.remove(tree, "script,style,noscript,template,head,nav,footer,a,button,select,option")
    said = _size(tree.body.text(separator=" ")) if tree.body is not None else 0
    mine = _size(article.text)
    if said <= mine * _CLEARLY_MORE or said - mine <= _A_FEW_LINES * _CLEARLY_MORE:
        return None
    return (
        f"reader {used.id} read {mine:,} characters of text on a page that has {said:,} outside "
        "links, of which the generic reader makes nothing"
    )


def _size(text: str) -> int:
    """Characters that are no white space."""
    return len("".join(text.split()))


def _same(one: str, other: str) -> bool:
    """Whether two titles are one: letter case, width, punctuation and a site's name before or
    after it apart."""
    mine, theirs = _folded(one), _folded(other)
    if not mine or not theirs:
        return mine == theirs
    return mine in theirs or theirs in mine


def _is_section(title: str, other: str) -> bool:
    """Whether a head seems to name the section that a page is in, as many sites have it: a title of
    a word or two before the site's name, shorter than the other title."""
    first = _JOINTS.split(title)[0]
    mine, theirs = _folded(first).encode("utf-8"), _folded(other).encode("utf-8")
    return len(mine) <= _SECTION and len(mine) < len(theirs)


def _is_telling(part: str) -> bool:
    """Whether a part of a head's title is long enough to be the title without the site's name."""
    return len(_folded(part).encode("utf-8")) >= 12


def _folded(title: str) -> str:
    folded = unicodedata.normalize("NFKC", title).casefold()
    return "".join(character for character in folded if character.isalnum())


def _shown(title: str) -> str:
    return repr(title if len(title) <= 80 else f"{title[:79]}…")
