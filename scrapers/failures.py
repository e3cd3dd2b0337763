"""From the many exceptions of a failed request to one sentence, and whether to try again."""

from __future__ import annotations

import re
import ssl

from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from scrapers.addresses import printable
from scrapers.errors import Broken, ScrapeError, TimedOut

# Wrapped exceptions are found in this order, the telling ones first: what it means, in which
# words, and whether another attempt may fare better.
_KINDS: tuple[tuple[type[BaseException], type[Broken], str, bool], ...] = (
    (ssl.SSLCertVerificationError, Broken, "its certificate does not hold", False),
    (ssl.SSLError, Broken, "no secure connection", True),
    (SSLError, Broken, "no secure connection", True),
    (NameResolutionError, Broken, "its name does not resolve", True),
    (NewConnectionError, Broken, "no connection", True),
    (ConnectTimeoutError, TimedOut, "no connection within the time-out", True),
    (ReadTimeoutError, TimedOut, "no answer within the time-out", True),
    (TimeoutError, TimedOut, "no answer within the time-out", True),
    (ProtocolError, Broken, "the connection broke off before an answer", True),
    (ConnectionError, Broken, "the connection broke off before an answer", True),
)

# urllib3 begins with its own object, such as HTTPSConnection(host='example.org', port=443).
_WHOSE = re.compile(r"^\w+\(host='[^']*', port=\d+\): ")


def explain(error: BaseException) -> tuple[ScrapeError, bool]:
    """What a failed request comes to, and whether another attempt may fare better. error: what
    requests or urllib3 raised before a whole answer head had come."""
    causes = _causes(error)
    for kind, outcome, words, again in _KINDS:
        for cause in causes:
            if isinstance(cause, kind):
                return outcome(f"{words}: {_line(cause)}"), again
    return Broken(f"the request failed: {_line(error)}"), False


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that is wrapped in it: urllib3 and requests wrap by argument, by `reason`
    and by `from` alike."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [*each.args, getattr(each, "reason", None), each.__cause__]
    return found


def _line(error: BaseException) -> str:
    """One line for a maintainer: the innermost words, which urllib3 wraps in a pair."""
    inner = error.args[-1] if error.args else None
    if isinstance(inner, BaseException):
        return f"{type(inner).__name__}: {_line(inner)}"
    said = _WHOSE.sub("", " ".join(str(error).split()))
    return printable(said)[:300] or type(error).__name__
