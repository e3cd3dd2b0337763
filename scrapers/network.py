"""Single requests over the network: guarded, paced, retried, archived."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError
from urllib3.util import Retry

from scrapers.addresses import host_of
from scrapers.archive import ArchiveWriter, Evidence
from scrapers.body import Body, receive
from scrapers.errors import Blocked, Broken, ScrapeError
from scrapers.exchange import Exchange, lowered
from scrapers.failures import explain
from scrapers.guard import GuardedAdapter
from scrapers.judge import is_challenge
from scrapers.large import written_in_turn
from scrapers.pace import Asked, Turn
from scrapers.policy import FetchPolicy

_WORTH_REPEATING = frozenset((429, 500, 502, 503, 504))
_TOO_BUSY = frozenset((429, 503))
# The way to a server takes a little longer one time than the next; what counts is when it hears us.
_MARGIN = 1.02
_ACCEPT = (
    "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,"
    "application/xml;q=0.9,application/json;q=0.8,*/*;q=0.5"
)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """again: whether another attempt may fare better."""

    exchange: Exchange
    again: bool


class Network:
    """A Transport: asks the web. Holds a requests.Session; `close` it. Threads may share it."""

    def __init__(
        self,
        policy: FetchPolicy,
        turn: Turn,
        archive: ArchiveWriter | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._policy = policy
        self._turn = turn
        self._archive = archive
        self._clock = clock
        self._session = _session(policy)
        self._verify = _ca_bundle()

    def now(self) -> datetime:
        """The clock of this transport (aware, UTC)."""
        return self._clock()

    def close(self) -> None:
        """Closes the connections that were kept open."""
        self._session.close()

    def exchange(
        self, url: str, headers: Mapping[str, str], delay: float, jar: RequestsCookieJar
    ) -> Exchange:
        """As Transport says; repeats what is worth repeating, each time in the host's turn."""
        retry = Retry(total=self._policy.retries, backoff_factor=self._policy.backoff)
        pause = 0.0
        patience = self._policy.longest_retry_after
        while True:
            with self._turn(host_of(url), delay * _MARGIN, pause=pause) as asked:
                attempt = self._attempt(url, headers, jar, asked)
                wait = _asked_wait(retry, attempt.exchange)
                # No longer than that: what one page of a host asks for must not cost the others.
                _tell(asked, attempt.exchange, min(wait or 0.0, patience))
            patient = wait is None or wait <= patience
            if not attempt.again:
                return attempt.exchange
            try:
                retry = retry.increment("GET", url, error=attempt.exchange.error)
            except MaxRetryError:
                return attempt.exchange
            if not patient:
                return replace(attempt.exchange, error=_too_long(attempt.exchange))
            pause = retry.get_backoff_time() if wait is None else 0.0

    def _attempt(
        self, url: str, headers: Mapping[str, str], jar: RequestsCookieJar, asked: Asked
    ) -> _Attempt:
        started, deadline = self.now(), time.monotonic() + self._policy.total_timeout
        try:
            request = requests.Request("GET", url, headers=dict(headers), cookies=jar)
            prepared = self._session.prepare_request(request)
            asked.begun()
            response = self._send(prepared)
        except ScrapeError as error:
            return _Attempt(Exchange(url, started, error=error.kept()), again=False)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure, again = explain(error)
            return _Attempt(Exchange(url, started, error=failure), again)
        with closing(response):
            connection = response.raw.connection
            peer = getattr(connection, "peer", None)
            # Names, connections and TLS may take longer than the host's pace is: it hears us now.
            asked.begun(getattr(connection, "asked_at", None))
            body = receive(response.raw, self._policy.max_body, deadline)
            extract_cookies_to_jar(jar, prepared, response.raw)  # type: ignore[no-untyped-call]
        # Archived outside the handlers above: a full disk is our trouble, not the web's.
        evidence = _evidence(prepared, response, body, started, peer)
        with written_in_turn(len(body.wire)):
            warc, record_id = self._archive.write(evidence) if self._archive else (None, None)
        exchange = Exchange(
            url=url,
            fetched_at=started,
            status=response.status_code,
            headers=lowered(evidence.headers),
            body=body.decoded,
            warc=warc,
            record_id=record_id,
            error=body.error,
        )
        return _Attempt(exchange, body.again or _is_worth_repeating(exchange))

    def _send(self, prepared: requests.PreparedRequest) -> requests.Response:
        # Not Session.send: it would read the body of a redirect without limit.
        adapter = self._session.get_adapter(prepared.url or "")
        return adapter.send(
            prepared,
            stream=True,
            timeout=(self._policy.connect_timeout, self._policy.read_timeout),
            verify=self._verify,
        )


def _session(policy: FetchPolicy) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxies, no .netrc; the CA bundle is taken up by _ca_bundle
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update(
        {"User-Agent": policy.user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
    )
    adapter = GuardedAdapter(policy.allow, policy.total_timeout)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _ca_bundle() -> str | bool:
    """Where the environment says the certificates are, as requests and OpenSSL read it."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        if path := os.environ.get(name):
            return path
    return True


def _evidence(
    prepared: requests.PreparedRequest,
    response: requests.Response,
    body: Body,
    started: datetime,
    peer: str | None,
) -> Evidence:
    raw = response.raw
    version = {9: "0.9", 10: "1.0"}.get(raw.version, "1.1")
    sent = ((name, value) for name, value in prepared.headers.items())
    return Evidence(
        url=prepared.url or "",
        fetched_at=started,
        request=tuple(
            (str(name), value.decode("latin-1") if isinstance(value, bytes) else value)
            for name, value in sent
        ),
        status_line=f"HTTP/{version} {raw.status} {raw.reason or ''}".rstrip(),
        headers=tuple(raw.headers.iteritems()),
        body=body.wire,
        truncated=body.truncated,
        peer=peer,
    )


def _is_worth_repeating(exchange: Exchange) -> bool:
    if exchange.error is not None or exchange.status not in _WORTH_REPEATING:
        return False
    return not is_challenge(exchange.capture(exchange.url))


def _tell(asked: Asked, exchange: Exchange, wait: float) -> None:
    """Tells the host's pace how the host took this request."""
    if exchange.status in _TOO_BUSY or wait:
        asked.busy(wait)
    elif exchange.status is not None and exchange.status < 500 and exchange.error is None:
        asked.answered()


def _asked_wait(retry: Retry, exchange: Exchange) -> float | None:
    """The seconds that the server's Retry-After asks for; None where it asks for nothing clear."""
    asked = exchange.headers.get("retry-after")
    if not asked or exchange.status not in Retry.RETRY_AFTER_STATUS_CODES:
        return None
    try:
        return retry.parse_retry_after(asked)
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _too_long(exchange: Exchange) -> ScrapeError:
    kind = Blocked if exchange.status == 429 else Broken
    asked = exchange.headers["retry-after"][:60]
    return kind(
        f"the server says {exchange.status} and asks to come back after {asked!r}, "
        "longer than a run waits: the next run will try again"
    )
