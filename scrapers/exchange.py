"""One HTTP request and its answer: what the network and the archive both give.

Above this line (scrapers.fetch) robots, redirects and judging are the same for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import urldefrag, urljoin, urlsplit

from requests import PreparedRequest
from requests.cookies import RequestsCookieJar

from scrapers.addresses import host_of, printable
from scrapers.errors import Broken, ForbiddenAddress, ScrapeError
from scrapers.values import Capture

REDIRECTS = frozenset((301, 302, 303, 307, 308))

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it. Fields as in Capture; error: why no whole answer came."""

    url: str
    fetched_at: datetime
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    warc: str | None = None
    record_id: str | None = None
    error: ScrapeError | None = None

    def capture(self, asked: str, error: ScrapeError | None = None) -> Capture:
        """This exchange as the capture of the address that was asked for."""
        error = error or self.error
        return Capture(
            url=asked,
            final_url=self.url,
            fetched_at=self.fetched_at,
            status=self.status,
            headers=self.headers,
            body=self.body,
            warc=self.warc,
            record_id=self.record_id,
            error=error,
        )


class Transport(Protocol):
    """What answers a single request: the network, or an archive."""

    def exchange(
        self, url: str, headers: Mapping[str, str], delay: float, jar: RequestsCookieJar
    ) -> Exchange:
        """Asks once for an address (as `request_url` spells it), without following redirects.

        headers: beyond the usual ones; delay: seconds from start to start at this host; jar: the
        cookies of this chain of redirects. What goes wrong is in the answer's `error`.
        """
        ...

    def now(self) -> datetime:
        """The clock of this transport (aware, UTC)."""
        ...


def request_url(url: str, base: str | None = None) -> str:
    """The address to ask for: absolute, percent-encoded as requests does it, without fragment.

    Raises ForbiddenAddress for anything but http(s) without credentials, Broken for what cannot
    be read as an address.
    """
    try:
        joined = urljoin(base, url.strip()) if base else url.strip()
        parts = urlsplit(joined)
        if parts.scheme not in ("http", "https"):
            raise ForbiddenAddress("not an http(s) address", url=printable(joined))
        if parts.username is not None:
            raise ForbiddenAddress("an address with a name or password", url=printable(joined))
        host_of(joined)
        prepared = PreparedRequest()
        prepared.prepare_url(urldefrag(joined).url, None)
    except ValueError as error:
        raise Broken(f"not an address: {error}", url=printable(url)) from error
    return prepared.url or joined


def redirect_target(exchange: Exchange) -> str | None:
    """Where a redirect leads; None when the answer is none. Raises as `request_url` does."""
    location = exchange.headers.get("location")
    if exchange.status not in REDIRECTS or not location:
        return None
    # Header bytes arrive as Latin-1; servers that do not percent-encode write UTF-8.
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    return request_url(location, exchange.url)


def lowered(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header fields by lower-case name; repeated ones joined by ", "; no control characters."""
    result: dict[str, str] = {}
    for name, value in headers:
        key, clean = name.strip().lower(), _CONTROL.sub(" ", value).strip()
        result[key] = f"{result[key]}, {clean}" if key in result else clean
    return result
