"""The fetcher's other half: answers from WARC files instead of the network.

The demo, tests on real pages, and re-reading the archive after a reader is mended all come through
here, under the pages' true addresses: robots, redirects and judging are those of a live fetch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from requests.cookies import RequestsCookieJar

from scrapers.addresses import host_of
from scrapers.errors import NotInArchive, ScrapeError
from scrapers.exchange import Exchange
from scrapers.fetch import visit
from scrapers.policy import FetchPolicy
from scrapers.robots import Robots
from scrapers.sources import Source
from scrapers.values import Capture, Known
from scrapers.warc import Place, absolute, places, read_at


@dataclass(frozen=True, slots=True)
class ArchivedCapture:
    """One response in the archive: address, time (aware, UTC), record id, address of the file."""

    url: str
    fetched_at: datetime
    record_id: str
    warc: str


class Replay:
    """A fetcher over WARC files.

    paths: files, plain or gzipped by record, or folders, whose *.warc and *.warc.gz are taken, or
    fsspec addresses of files. Each is scanned once, here; only an index stays in memory, and
    bodies are read when asked for. as_of: the moment that counts as now (aware): each address
    answers with its latest capture at or before it; None: with its latest.

    Raises NotInArchive for a path that is missing or no WARC file.
    """

    def __init__(
        self,
        paths: Sequence[Path | str],
        as_of: datetime | None = None,
        policy: FetchPolicy | None = None,
    ) -> None:
        self._start(_index(paths), as_of, policy or FetchPolicy())

    def at(self, as_of: datetime | None) -> Replay:
        """The same archive at another moment; costs next to nothing."""
        other = Replay.__new__(Replay)
        other._start(self._places, as_of, self._policy)
        return other

    def _start(
        self, places: Mapping[str, list[Place]], as_of: datetime | None, policy: FetchPolicy
    ) -> None:
        self._places = places
        self._as_of = as_of
        self._policy = policy
        self._robots = Robots(self, policy)

    def fetch(self, url: str, source: Source, known: Known | None = None) -> Capture:
        """The capture of an address; contract as `Fetcher.fetch`, but nothing waits and nothing
        is sent. `known` is ignored: an archive never answers 304. What was not captured has the
        error NotInArchive. The capture's warc, record_id and fetched_at are the archive's own.

        A source that needs a browser gets the page as a browser made it, where that is archived.
        The address is looked up as it stands first, then without regard to http or https, to a
        fragment, to the case of the host and to its default port.
        """
        del known
        transport = _Rendered(self) if source.fetch == "browser" else self
        return visit(transport, self._robots, self._policy, url, source)

    def captures(self) -> Iterator[ArchivedCapture]:
        """All responses in the order of their time (equal times: in the archive's order), without
        those that only said 304."""
        every = [p for found in self._places.values() for p in found if not p.rendered]
        for place in sorted(every, key=lambda place: (place.fetched_at, place.number)):
            yield ArchivedCapture(place.url, place.fetched_at, place.record_id, place.warc)

    def now(self) -> datetime:
        """The moment that counts as now (aware, UTC)."""
        return (self._as_of or datetime.now(timezone.utc)).astimezone(timezone.utc)

    def exchange(
        self, url: str, headers: Mapping[str, str], delay: float, jar: RequestsCookieJar
    ) -> Exchange:
        """A single archived response, as scrapers.exchange.Transport says."""
        del headers, delay, jar
        return self.answer(url)

    def answer(self, url: str, *, rendered: bool = False) -> Exchange:
        """The latest response of an address; rendered: or what a browser made of it."""
        place = self._latest(url, rendered=rendered)
        if place is None:
            moment = f" at or before {self._as_of:%Y-%m-%d %H:%M:%S %Z}" if self._as_of else ""
            return Exchange(url, self.now(), error=NotInArchive(f"no capture{moment}"))
        response = read_at(place, self._policy.max_body)
        return Exchange(
            url=url,
            fetched_at=place.fetched_at,
            status=place.status,
            headers=response.headers,
            body=response.body,
            warc=place.warc,
            record_id=place.record_id,
            error=response.error,
        )

    def _latest(self, url: str, *, rendered: bool) -> Place | None:
        found = [
            place
            for place in self._places.get(_key(url), ())
            if (self._as_of is None or place.fetched_at <= self._as_of)
            and (rendered or not place.rendered)
        ]
        exact = [place for place in found if place.url == url]
        # Of captures at the same second the later in the archive counts, as a retry's answer does.
        return max(reversed(exact or found), key=lambda place: place.fetched_at, default=None)


class _Rendered:
    """The archive for a source that needs a browser, as a Transport."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def now(self) -> datetime:
        return self._replay.now()

    def exchange(
        self, url: str, headers: Mapping[str, str], delay: float, jar: RequestsCookieJar
    ) -> Exchange:
        del headers, delay, jar
        return self._replay.answer(url, rendered=True)


def _index(paths: Sequence[Path | str]) -> dict[str, list[Place]]:
    index: dict[str, list[Place]] = {}
    files = (warc for path in paths for warc in _files(path))
    every = (place for warc in files for place in places(warc) if place.status != 304)
    for number, place in enumerate(every):
        index.setdefault(_key(place.url), []).append(replace(place, number=number))
    return index


def _files(path: Path | str) -> list[str]:
    folder = Path(str(path).removeprefix("file://"))
    if "://" in str(folder) or not folder.is_dir():
        return [absolute(path)]
    return [
        absolute(file) for file in sorted([*folder.rglob("*.warc"), *folder.rglob("*.warc.gz")])
    ]


def _key(url: str) -> str:
    """What an address is looked up by: without scheme, fragment and default port."""
    try:
        parts = urlsplit(urldefrag(url).url)
        port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
        return f"{host_of(url)}{port}{parts.path or '/'}?{parts.query}"
    except (ScrapeError, ValueError):
        return url
