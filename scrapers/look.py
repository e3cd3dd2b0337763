"""What a page shows at a glance, before any reader opens it: title, headings, its own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers.charset import decode
from scrapers.errors import Broken
from scrapers.tangle import why_tangled
from scrapers.values import Capture

_HTML = re.compile(r"<(!doctype\s+html|html|head|body|script|meta|title|div|p|h1|center)\b", re.I)
_OTHER = re.compile(r"<(\?xml|rss|feed|urlset|sitemapindex|rdf:RDF)\b|[{\[]", re.I)
_XHTML = re.compile(r"(<[?!][^>]*>\s*)*<html\b", re.I)
_REFRESH = re.compile(r"^\s*(\d+)[^;,]*[;,]\s*(?:url\s*=\s*)?['\"]?([^'\"]+)", re.I)
_LEADS_ON = re.compile(
    r"location(?:\.href|\.replace|\.assign)?\s*(?:=(?!=)|\()\s*['\"]([^'\"\s]{1,500})['\"]"
)
_UNSEEN = ["script", "style", "noscript", "template", "head", "svg", "iframe"]
_CONTROLS = ["a", "option", "select", "textarea", "button", "label"]
# A page's first part tells what it is; nobody's reading depends on the rest.
_ENOUGH = 2_000_000
_HEADING = 300
# Twice as long, its pattern takes four times as long.
_REFRESH_LENGTH = 3000
# Longer scripts name places that they lead to only on a click.
_SHORT_SCRIPT = 3000


@dataclass(frozen=True)
class Look:
    """A glance at an HTML page. All texts have their white space folded.

    prose: the words outside links, buttons and scripts; links: how many there are; script: inline
    scripts (their first 100,000 characters) and the body's `onload`; sources: the addresses of
    external scripts; frames: those of iframes; unscripted: what <noscript> says; leads_to: where a
    meta refresh (within 10 s) or a script sends the visitor on; shell: an empty element that a
    framework fills.
    """

    title: str
    headings: tuple[str, ...]
    prose: str
    links: int
    script: str
    sources: tuple[str, ...]
    frames: tuple[str, ...]
    unscripted: str
    leads_to: str | None
    shell: bool

    @cached_property
    def words(self) -> str:
        """Title, headings and prose, case-folded: where a page says what it is."""
        return " ".join((self.title, *self.headings, self.prose)).casefold()


def is_html(capture: Capture) -> bool:
    """Whether the body is an HTML page, by its first bytes, else by its label: feeds are labelled
    text/html often enough."""
    head = capture.body[:2000].decode("latin-1").lstrip("\xef\xbb\xbf \t\r\n")
    if _OTHER.match(head):
        return _XHTML.match(head) is not None
    return _HTML.search(head) is not None or "html" in capture.headers.get("content-type", "")


def look(capture: Capture) -> Look:
    """Glances at a captured HTML page. Raises Broken for markup that would keep a parser busy for
    hours, and nothing else, whatever the page holds."""
    html = decode(capture.body, capture.headers.get("content-type"))
    reason = why_tangled(html)
    if reason is not None:
        raise Broken(f"not to be parsed: {reason}")
    tree = LexborHTMLParser(html[:_ENOUGH])
    title = _text(tree.css_first("title"))[:_HEADING]
    scripts = [node.text() for node in tree.css("script:not([src])")]
    script = "\n".join((*scripts, _at_load(tree)))[:100_000]
    sources, frames = _addresses(tree, "script[src]"), _addresses(tree, "iframe[src]")
    unscripted = " ".join(_text(node) for node in tree.css("noscript"))[:2000]
    leads_to = _joined(capture.final_url, _leads_to(tree, script))
    shell = any(not _text(node) for node in tree.css("#root, #app, #__next, #__nuxt, app-root"))
    links = len(tree.css("a[href]"))
    tree.strip_tags(_UNSEEN)
    headings = tuple(_text(node)[:_HEADING] for node in tree.css("h1, h2")[:5])
    tree.strip_tags(_CONTROLS)
    return Look(
        title=title,
        headings=headings,
        prose=_text(tree.body),
        links=links,
        script=script,
        sources=sources,
        frames=frames,
        unscripted=unscripted,
        leads_to=leads_to,
        shell=shell,
    )


def _text(node: LexborNode | None) -> str:
    return " ".join(node.text(separator=" ").split()) if node is not None else ""


def _addresses(tree: LexborHTMLParser, selector: str) -> tuple[str, ...]:
    return tuple(node.attributes.get("src") or "" for node in tree.css(selector)[:200])


def _at_load(tree: LexborHTMLParser) -> str:
    return (tree.body.attributes.get("onload") if tree.body is not None else None) or ""


def _joined(base: str, target: str | None) -> str | None:
    try:
        joined = urljoin(base, target) if target else None
        urlsplit(joined or "")
    except ValueError:
        return None
    return joined


def _leads_to(tree: LexborHTMLParser, script: str) -> str | None:
    for node in tree.css("meta[http-equiv]"):
        if (node.attributes.get("http-equiv") or "").lower() == "refresh":
            found = _REFRESH.match((node.attributes.get("content") or "")[:_REFRESH_LENGTH])
            if found and int(found[1][:5]) <= 10:
                return found[2].strip()
    found = _LEADS_ON.search(script) if len(script) < _SHORT_SCRIPT else None
    return found[1] if found else None
