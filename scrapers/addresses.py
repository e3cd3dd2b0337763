"""One spelling per page, so that one statement is one address however a listing writes it.

A canonical address is an identity, not something to fetch: its scheme is always https, although
some sources answer only to http. The address as the listing spelt it is kept beside it.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote, unquote_plus, urlsplit, urlunsplit

import idna
from w3lib.url import canonicalize_url

from scrapers.errors import Broken, ForbiddenAddress
from scrapers.sources import Source

# A unique index of PostgreSQL holds no entry above 2,700 bytes; real addresses stay far below.
LONGEST = 2000

_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid"
    r"|mc_[ce]id|_ga|_gl|_hsenc|_hsmi|mkt_tok|spm|isappinstalled"
    r"|phpsessid|jsessionid|aspsessionid\w*",
    re.IGNORECASE,
)
# `from` is a date or an offset on many sites; only these values are the marks of a share button.
_SHARED_FROM = re.compile(
    r"timeline|(single|group)message|qq|qzone|weibo|weixin|wechat|feishu|dingtalk", re.IGNORECASE
)
_SESSION_IN_PATH = re.compile(r";(jsessionid|phpsessid)=[^/?;]*", re.IGNORECASE)
_UNWANTED = re.compile(r"[\x00-\x20\x7f]+")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*")
_PASSAGE, _PASSAGE_WORDS = ":~:text=", 100
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical(url: str, source: Source) -> str:
    """The one spelling of an address of this source. Pure ASCII, at most 2,000 characters;
    applying it twice changes nothing.

    - scheme https (http and https are the same address), no default port, no fragment but one
      that names a passage of the page (`passage`)
    - host in lower case, IDNA-encoded, without a final dot
    - query sorted by name, then value, without tracking parameters and session ids; `from` goes
      only where its value is the mark of a share button
    - percent-encoding and dot segments normalised (w3lib)
    - an alias of the source, with or without "www.", means its main host, which is that of its
      first listing: a former host ("www.chinamission.be") gives way to it, the path stays. A host
      with a path ("www.mfa.gov.cn/ce/ceee") is where another site mirrors this one whole: what
      stands under that path stands under the root of the main host. A source without listings has
      no main host, and its aliases no effect.

    Raises ForbiddenAddress for what is not http(s), Broken for what cannot be read as an address.
    """
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in _DEFAULT_PORTS:
            raise ForbiddenAddress("not an http(s) address", source=source.id, url=printable(url))
        netloc, path = _at_home(_netloc(url), parts.path, source)
        path = _SESSION_IN_PATH.sub("", path)
        spelt = urlunsplit(("https", netloc, path, _query(parts.query), ""))
        result = str(canonicalize_url(spelt)) + _passage(parts.fragment)
    except ValueError as error:  # bad port, bad brackets, a label IDNA forbids, lone surrogates
        reason = f"not an address: {error}"
        raise Broken(reason, source=source.id, url=printable(url)) from error
    if len(result) > LONGEST:
        raise Broken(
            f"an address of {len(result)} characters; the longest taken is {LONGEST}",
            source=source.id,
            url=printable(url),
        )
    return result


def passage(url: str, words: str) -> str:
    """The address of a passage of a page, by the words that begin it: what a section shows whole
    has no page of its own, and the next thing shown there is not an edit of it. A browser goes to
    the words (https://wicg.github.io/scroll-to-text-fragment/)."""
    return f"{url.partition('#')[0]}#{_PASSAGE}{quote(words[:_PASSAGE_WORDS], safe='')}"


def _passage(fragment: str) -> str:
    if not fragment.startswith(_PASSAGE):
        return ""
    return f"#{_PASSAGE}{quote(unquote(fragment.removeprefix(_PASSAGE)), safe='')}"


def host_of(url: str) -> str:
    """The host of an http(s) address: lower case, IDNA-encoded, no port, no final dot, an IPv6
    address without brackets. Raises Broken where there is none."""
    try:
        host = urlsplit(url.strip()).hostname
        if not host:
            raise ValueError("it names no host")
        return _ascii_host(host)
    except ValueError as error:
        raise Broken(f"not an address: {error}", url=printable(url)) from error


def _netloc(url: str) -> str:
    """Host and port of an address: the port only where it is not the scheme's own, or https's."""
    parts = urlsplit(url.strip())
    host = host_of(url)
    name = f"[{host}]" if ":" in host else host
    if parts.port in (None, 443, _DEFAULT_PORTS.get(parts.scheme)):
        return name
    return f"{name}:{parts.port}"


def _ascii_host(host: str) -> str:
    host = host.rstrip(".").lower()
    if not host.isascii():
        return idna.encode(host, uts46=True).decode("ascii")
    if not _HOST.fullmatch(host):
        raise ValueError("its host is no name")
    return host


def _at_home(netloc: str, path: str, source: Source) -> tuple[str, str]:
    """Host and path on the source's main host, where they are those of an alias."""
    if not source.listings:
        return netloc, path
    for alias in source.aliases:
        host, _, prefix = alias.split("://")[-1].rstrip("/").partition("/")
        if netloc.removeprefix("www.") != host.lower().removeprefix("www."):
            continue
        if not prefix:
            return _netloc(source.listings[0].url), path
        if f"{path}/".startswith(f"/{prefix}/"):
            rest = path.removeprefix(f"/{prefix}").lstrip("/")  # the mirrors like ceee//eng/
            return _netloc(source.listings[0].url), f"/{rest}"
    return netloc, path


def _query(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if not _tracks(pair))


def _tracks(pair: str) -> bool:
    name, _, value = unquote_plus(pair).partition("=")
    if name == "from":
        return bool(_SHARED_FROM.fullmatch(value))
    if name == "selectedLocale":  # NATO's search names its pages so, with no language chosen
        return value in ("", "null")
    return bool(_TRACKING.fullmatch(name))


def printable(url: str) -> str:
    """An address fit for a message and a database: no control characters, no lone surrogates."""
    cleaned = _UNWANTED.sub(" ", url.strip())[:LONGEST]
    return cleaned.encode("utf-8", "replace").decode("utf-8")


def storable(url: str) -> str:
    """A malformed address as a key that a database index can hold: printable, at most LONGEST
    bytes; a longer one keeps its beginning and ends in the SHA-256 of the whole."""
    shown = _UNWANTED.sub(" ", url.strip()).encode("utf-8", "replace")
    if len(shown) <= LONGEST:
        return shown.decode("utf-8")
    digest = hashlib.sha256(shown).hexdigest()
    return f"{shown[: LONGEST - 100].decode('utf-8', 'ignore')}...{digest}"
