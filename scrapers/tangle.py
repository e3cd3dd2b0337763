"""Pages whose markup would keep a parser busy for hours, told by a scan that is linear.

The HTML standard's tree construction looks through all open elements at many a tag, and through
all attributes at each new one: 2 MB of "<div>" cost selectolax eight minutes. Browsers cut the
tree at a depth of 512; no page that people read comes near.
"""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{20000,}")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")

# Elements that hold nothing, or that the next of their kind closes.
_SHALLOW = frozenset(
    re.findall(
        r"\w+",
        "area base br col embed hr img input link meta param source track wbr "
        "p li dt dd tr td th thead tbody tfoot option optgroup body html head",
    )
)
_MOST_WORK = 30_000_000  # elements looked through, 0.3 s; real pages stay below a million
_FEW_TAGS = 4_000  # cannot add up to it, even each inside the one before
_MOST_ATTRIBUTES = 2_000
_MOST_BODIES = 100


def why_tangled(html: str) -> str | None:
    """Why a page must not be given to a parser; None for any page that people read."""
    if len(re.findall(r"<(?:body|html)\b", html, re.IGNORECASE)) > _MOST_BODIES:
        return f"more than {_MOST_BODIES} <body> or <html> tags"
    if html.count("<") > _FEW_TAGS and _work(html) > _MOST_WORK:
        return "its elements are nested thousands deep"
    for tag in _LONG_TAG.finditer(html):
        if len(_QUOTED.sub("", tag[0]).split()) > _MOST_ATTRIBUTES:
            return f"an element with more than {_MOST_ATTRIBUTES} attributes"
    return None


def _work(html: str) -> int:
    """How many open elements a parser looks through in all, at the least."""
    depth = work = 0
    for tag in _TAG.finditer(html):
        if tag[2].lower() in _SHALLOW:
            work += depth
        elif tag[1]:
            depth = max(0, depth - 1)
        else:
            depth += 1
            work += depth
    return work
