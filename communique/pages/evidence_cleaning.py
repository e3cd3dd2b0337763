"""A stranger's page, made fit to be looked at: twice, and each time enough.

Cleaned: what is not on a short list of plain elements is dropped, with its attributes, by nh3 (an
HTML parser and an allow-list). Nothing that is left loads, leads or runs.

Locked in: it is answered with a policy under which a browser runs and loads nothing and leads
nowhere, in a frame that grants it nothing, and only into such a frame.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape

import nh3

from scrapers.charset import decode
from scrapers.tangle import why_tangled

# What a page says, and in which order: no element that loads, leads, runs, submits or is styled.
TAGS = frozenset(
    re.findall(
        r"\w+",
        "a abbr address article aside b bdi bdo big blockquote br caption center cite code dd "
        "del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup "
        "hr i ins kbd li main mark menu nav ol p pre q rp rt ruby s samp section small span "
        "strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr",
    )
)
ATTRIBUTES = {
    "*": frozenset({"dir", "lang"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan"}),
    "ol": frozenset({"start"}),
    "li": frozenset({"value"}),
}
# Of these not even the words are the page's: they are for a machine, or for when something fails.
DROPPED = frozenset(
    re.findall(
        r"\w+",
        "script style noscript template iframe frame frameset noframes noembed object embed "
        "applet svg math title select option datalist textarea button audio video canvas map",
    )
)
# How it looks: ours alone, and the policy names it by its digest.
STYLE = (
    "html{background:#fff;color:#16202c;font:16px/1.6 system-ui,sans-serif}"
    "body{margin:0 auto;max-width:48rem;padding:1rem;overflow-wrap:anywhere}"
    "table{border-collapse:collapse}td,th{border:1px solid #d9dfe7;padding:.25rem .5rem}"
    "a,area{text-decoration:underline dotted;pointer-events:none}pre{white-space:pre-wrap}"
)
POLICY = "; ".join(
    [
        "sandbox",
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# No policy keeps a browser from opening a connection, though it asks for nothing then, where a
# <link rel=preconnect> or a forbidden frame leads: such tags are text, wherever they come from.
_CONNECTING = re.compile(
    r"<(?=/?(?:link|meta|base|i?frame|frameset|object|embed|portal)\b)", re.IGNORECASE
)
# Characters of a text that is shown as it stands (a feed, a list of an API).
LONGEST_TEXT = 400_000


def captured_page(body: bytes, content_type: str | None) -> str:
    """A captured HTML page as a document without anything but its words and their order. Text that
    a parser would be busy with for hours is shown as text."""
    html = decode(body, content_type)
    reason = why_tangled(html)
    if reason is not None:
        said = f"The markup of this page is not taken apart ({reason}). This is its source."
        return said_instead(said, html)
    return document(cleaned(html))


def captured_text(body: bytes, content_type: str | None) -> str:
    """A captured feed or the like, as a document that shows its source."""
    return said_instead("This is no web page. This is its source.", decode(body, content_type))


def said_instead(said: str, source: str = "") -> str:
    """A document of our own words, with a stranger's behind them as text, where there are any."""
    shown = source[:LONGEST_TEXT]
    words = f"<pre>{escape(shown)}</pre>" if shown else ""
    left = len(source) - len(shown)
    more = f"<p>{left:,} more characters are not shown.</p>" if left else ""
    return document(f"<p><strong>{escape(said)}</strong></p>{words}{more}")


def cleaned(html: str) -> str:
    """What the allow-list leaves of a page."""
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=set(DROPPED),
        attributes={name: set(kept) for name, kept in ATTRIBUTES.items()},
        strip_comments=True,
        link_rel=None,
        url_schemes=set(),
    )


def document(inner: str) -> str:
    """A document that is shown under POLICY. inner: markup, in its body."""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Captured page</title>'
        f"<style>{STYLE}</style></head><body>{_CONNECTING.sub('&lt;', inner)}</body></html>"
    )
