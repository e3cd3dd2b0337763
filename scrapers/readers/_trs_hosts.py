"""Whose statement an address is, on the sites of the Chinese Foreign Ministry and its missions.

Their front pages name statements of the ministry and of sister posts beside their own. The ministry
serves the same paths under two names, and mirrors of most missions below /ce/; a mission has had up
to four hosts that begin with the same name:

    www.mfa.gov.cn/web/...   www.fmprc.gov.cn/web/...
    ee.china-embassy.gov.cn  ee.china-embassy.org  ee.chineseembassy.org  www.mfa.gov.cn/ce/ceee/...
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers.readers import Page
from scrapers.regions import unarchived

_MISSION = re.compile(
    r"^(?P<post>[a-z]+)\.(?:china-?(?:embassy|mission|consulate)|chinese(?:embassy|consulate))"
    r"\.(?:gov\.cn|org)$"
)
_MINISTRY = frozenset(("mfa.gov.cn", "fmprc.gov.cn"))
_MIRROR = re.compile(r"^/ce/(?P<post>c[eg][a-z]+)/")


def is_own(url: str, page: Page) -> bool:
    """Whether an address is on the page's host, on a host or alias of its source, or on a former
    host of the same mission."""
    place = _place(url)
    if place == _place(page.url):
        return True
    plain = _plain(url)
    named = [*page.source.aliases, *(facts.url for facts in page.source.listings)]
    return any(_is_below(plain, place, name) for name in named)


def _is_below(plain: str, place: str, name: str) -> bool:
    """name: a host, a host with a path prefix, or the address of a listing on the same host."""
    if "://" in name:
        return place == _place(name)
    alias = name.removeprefix("www.").rstrip("/")
    if "/" in alias:
        return f"{plain}/".startswith(f"{alias}/")
    return place == _place(f"http://{alias}/")


def _plain(url: str) -> str:
    parts = urlsplit(unarchived(url))
    return f"{(parts.hostname or '').removeprefix('www.')}{re.sub('/+', '/', parts.path)}"


def _place(url: str) -> str:
    """Who is at home at an address: "mfa" for the ministry, "mission ee" for a mission, else the
    host."""
    host, _, path = _plain(url).partition("/")
    if host in _MINISTRY:
        mirror = _MIRROR.match(f"/{path}")
        if mirror is None:
            return "mfa"
        return f"mission {mirror['post'].removeprefix('ce')}"
    mission = _MISSION.match(host)
    return f"mission {mission['post']}" if mission else host
