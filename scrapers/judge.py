"""What makes a capture unusable before any reader sees it.

A bad capture changes nothing: it is recorded and counted, and no reader ever parses it. So a
block page must not pass for a statement; and a statement must not pass for a block page, or it is
missed. Words decide only on pages that have little else to say.
"""

from __future__ import annotations

import re
import zlib
from urllib.parse import urlsplit

from scrapers.challenges import challenge
from scrapers.errors import (
    Blocked,
    Broken,
    Challenge,
    Gone,
    NeedsScript,
    NotText,
    ScrapeError,
    Soft404,
)
from scrapers.large import in_turn
from scrapers.look import Look, is_html, look
from scrapers.lost import why_lost, why_out_of_order
from scrapers.pdf_lines import is_pdf
from scrapers.values import Capture

_GONE = frozenset((404, 410))
_BLOCKED = frozenset((401, 403, 407, 429, 451))

_TEXT_TYPES = re.compile(
    r"text/.*|.*[/+](xml|json|html)|application/(x?html|rss|atom|javascript).*"
)
_NOT_TEXT = (
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"RIFF",
    b"\xd0\xcf\x11\xe0",
)
_STARTS_AS_TEXT = re.compile(rb"(\xef\xbb\xbf)?\s*(<[!?a-zA-Z]|[\[{])")

_HOME = re.compile(
    r"/?([a-z]{2,3}([-_][a-z]{2,4})?/?)?((index|default|home|main)(\.[a-z]{3,5})?/?)?",
    re.IGNORECASE,
)
# A number alone may be an article's: only at the root, in an error folder or with a suffix.
_ERROR_PAGE = re.compile(
    r"/(404|40x|50x|500)/?|(.*/)?(404|40x|50x|500)\.[a-z]{3,5}|(.*/)?errors?/[45]\d\d(\.[a-z]{3,5})?/?"
    r"|(.*[-_/])?(error|err|not[-_]?found|page[-_]?not[-_]?found|404error|error404|error[-_]?page)"
    r"(\.[a-z]{3,5})?/?",
    re.IGNORECASE,
)
_LOGIN = re.compile(r".*/(log-?in|sign-?in|sso|cas|oauth2?|auth)([./].*)?", re.IGNORECASE)


def judge(capture: Capture) -> ScrapeError | None:
    """Why a capture is not to be read; None when it is. A capture that already carries an error
    keeps it. The errors name the address; a 304 has no body and passes."""
    error = capture.error or _judged(capture)
    if error is not None and error.url is None:
        error.url = capture.url
    return error


def is_challenge(capture: Capture) -> bool:
    """Whether a guard answered in the publisher's place: asking again would only annoy it."""
    return isinstance(_judged(capture), Challenge)


def _judged(capture: Capture) -> ScrapeError | None:
    if capture.status == 304:
        return None
    try:
        with in_turn(len(capture.body)):
            page = look(capture) if _may_be_html(capture) else None
    except Broken as error:
        return error.kept()
    reason = challenge(capture.headers, page)
    if reason is not None:
        return Challenge(reason)
    return (
        _by_status(capture)
        or _by_type(capture)
        or _by_address(capture, page)
        or (_by_words(capture, page) if page is not None else None)
    )


def _may_be_html(capture: Capture) -> bool:
    return bool(capture.body) and not is_pdf(capture.body) and is_html(capture)


def _by_status(capture: Capture) -> ScrapeError | None:
    status = capture.status
    if status is None:
        return Broken("no answer")
    if 200 <= status < 300:
        return None
    if status in _GONE:
        return Gone(f"the server says {status}")
    if status in _BLOCKED:
        return Blocked(f"the server says {status}")
    if 300 <= status < 400:
        return Broken(f"the server says {status}, but not where to go")
    return Broken(f"the server says {status}")


def _by_type(capture: Capture) -> ScrapeError | None:
    body = capture.body
    if not body.strip():
        return Broken("an empty page")
    if is_gzipped_sitemap(body):
        return None
    if is_pdf(body):  # a statement may be one; a listing that is one, no reader of listings takes
        return None
    kind = capture.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body.startswith(_NOT_TEXT) or b"\x00\x00\x00\x00" in body[:1000]:
        return NotText(f"not text, whatever its label says ({kind or 'none'})")
    if kind and not _TEXT_TYPES.fullmatch(kind) and not _STARTS_AS_TEXT.match(body):
        return NotText(f"not text, but {kind}")
    return None


def is_gzipped_sitemap(body: bytes) -> bool:
    """Whether a body is a sitemap that came as a gzipped file, by its first 4,000 characters."""
    if not body.startswith(b"\x1f\x8b"):
        return False
    try:
        head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body[:65536], 4000)
    except zlib.error:
        return False
    return b"<urlset" in head or b"<sitemapindex" in head


def _by_address(capture: Capture, page: Look | None) -> ScrapeError | None:
    """A redirect that leads away from what was asked for: home, to an error page, to a login."""
    asked, final = urlsplit(capture.url), urlsplit(capture.final_url)
    if asked.path.rstrip("/") == final.path.rstrip("/"):
        return None
    if _ERROR_PAGE.fullmatch(final.path) and not _ERROR_PAGE.fullmatch(asked.path):
        return Soft404(f"leads to an error page, {capture.final_url[:300]}")
    if _LOGIN.fullmatch(final.path) and not _LOGIN.fullmatch(asked.path):
        return Blocked(f"leads to a login, {capture.final_url[:300]}")
    at_home = _HOME.fullmatch(final.path) and not final.query and page is not None
    if at_home and not _HOME.fullmatch(asked.path):
        return Soft404(f"leads home, to {capture.final_url[:300]}")
    return None


def _by_words(capture: Capture, page: Look) -> ScrapeError | None:
    reason = why_lost(page)
    if reason is not None:
        return Soft404(reason)
    reason = why_out_of_order(page)
    if reason is not None:
        return Broken(reason)
    return _by_script(capture, page)


def _by_script(capture: Capture, page: Look) -> ScrapeError | None:
    """A page without content of its own, that a script or a refresh would have provided."""
    if len(page.prose) > 200 or page.links > 3:
        return None
    if page.shell:
        return NeedsScript("an empty frame that a script would fill")
    if page.leads_to is not None:
        target = urlsplit(page.leads_to)
        if _ERROR_PAGE.fullmatch(target.path):
            return Soft404(f"sends its visitors to an error page, {page.leads_to[:300]}")
        if _HOME.fullmatch(target.path) and not _HOME.fullmatch(urlsplit(capture.url).path):
            return Soft404(f"sends its visitors home, to {page.leads_to[:300]}")
        return NeedsScript(f"empty; a script or refresh would lead to {page.leads_to[:300]}")
    wants_script = "javascript" in page.unscripted.casefold()
    if (page.script or page.sources) and (wants_script or len(page.prose) < 40):
        return NeedsScript("without words of its own; a script would fetch them")
    return None
