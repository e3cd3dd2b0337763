"""Everything that can go wrong between an address and a Statement: one tree.

    ScrapeError                      outcome
    ├── SourceFactsError             -                 a sources/*.yaml that cannot be used
    ├── Disallowed                   disallowed        robots.txt says no
    ├── NotInArchive                 not_in_archive    replay: no such capture
    ├── Gone                         gone              404, 410
    ├── Blocked                      blocked           403, 429, challenge or WAF page
    │   └── Challenge                blocked           a page that wants a human, with status 200
    ├── Soft404                      soft_404          "not found" with status 200, or sent home
    ├── Broken                       broken            server error, TLS, reset
    │   ├── TimedOut                 broken
    │   ├── TooLarge                 broken
    │   ├── Truncated                broken
    │   ├── NotText                  broken
    │   └── ForbiddenAddress         broken            private or loopback address, bad redirect
    ├── DuplicateAddress             duplicate_address alias of a known address
    ├── Implausible                  implausible       a date that cannot be
    └── Unreadable                   unreadable        the reader did not find what it must
        ├── MissingElement           unreadable        names selector and count
        ├── NothingListed            unreadable        a listing without entries, or below its floor
        └── NeedsScript              unreadable        a page filled by JavaScript

Each carries the source, the address and, where a reader looked for something, the selector.
"""

from __future__ import annotations

from typing import Self

from scrapers.values import Outcome


class ScrapeError(Exception):
    """Base of all. `str(error)` is one line for a maintainer: what, which source, which address."""

    outcome: Outcome | None = None

    def __init__(
        self,
        reason: str,
        *,
        source: str | None = None,
        url: str | None = None,
        selector: str | None = None,
    ) -> None:
        self.reason = reason
        self.source = source
        self.url = url
        self.selector = selector
        super().__init__(reason)

    def __str__(self) -> str:
        where = " ".join(
            f"{name}={value}"
            for name, value in (
                ("source", self.source),
                ("address", self.url),
                ("selector", self.selector),
            )
            if value
        )
        return f"{self.reason} [{where}]" if where else self.reason

    def kept(self) -> Self:
        """This error as a value that outlives its raising, without traceback and causes: they hold
        the frames of everyone who called, and each frame the page of megabytes that it had."""
        self.__traceback__ = self.__cause__ = self.__context__ = None
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """Keeps the keyword fields when an error crosses a process (Airflow, multiprocessing)."""
        return (_rebuild, (type(self), self.reason, self.source, self.url, self.selector))


def _rebuild(
    kind: type[ScrapeError],
    reason: str,
    source: str | None,
    url: str | None,
    selector: str | None,
) -> ScrapeError:
    return kind(reason, source=source, url=url, selector=selector)


class SourceFactsError(ScrapeError):
    """A file of source facts that cannot be used: names file, line, field and expectation."""


class Disallowed(ScrapeError):
    outcome = Outcome.DISALLOWED


class NotInArchive(ScrapeError):
    outcome = Outcome.NOT_IN_ARCHIVE


class Gone(ScrapeError):
    outcome = Outcome.GONE


class Blocked(ScrapeError):
    outcome = Outcome.BLOCKED


class Challenge(Blocked):
    """A page that wants to see a human before it shows anything."""


class Soft404(ScrapeError):
    outcome = Outcome.SOFT_404


class Broken(ScrapeError):
    outcome = Outcome.BROKEN


class TimedOut(Broken):
    """No answer, or not all of it, within the time allowed."""


class TooLarge(Broken):
    """The body passed the size limit while it was being read."""


class Truncated(Broken):
    """Fewer bytes than the server announced."""


class NotText(Broken):
    """Neither HTML nor a feed."""


class ForbiddenAddress(Broken):
    """An address the fetcher must not reach: private, loopback, link-local, or not http(s)."""


class DuplicateAddress(ScrapeError):
    outcome = Outcome.DUPLICATE_ADDRESS


class Implausible(ScrapeError):
    outcome = Outcome.IMPLAUSIBLE


class Unreadable(ScrapeError):
    outcome = Outcome.UNREADABLE


class MissingElement(Unreadable):
    """A selector that must match exactly once matched another number of times."""


class NothingListed(Unreadable):
    """A listing with no entries, or fewer than its floor: a failure, never "no news"."""


class NeedsScript(Unreadable):
    """The page has no content of its own: a script would have fetched it."""
