"""What the store's refusals mean for whoever asked: try again, give up, or leave one thing out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_COLLISIONS = ("40001", "40P01")
_AWAY = ("08", "57P", "53100", "53300")

# How often work begins again because another worker came first, or stood in its way.
TRIES = 5

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


def is_collision(error: Exception) -> bool:
    """Whether two transactions waited for each other, and this one had to give way."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) in _COLLISIONS


def is_away(error: Exception) -> bool:
    """Whether the store does not answer, shuts down or takes nothing more: no fault of what it was
    asked."""
    if isinstance(error, NoConnection):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "pgcode", None)
    if code is None:
        return isinstance(error, OperationalError | InterfaceError)
    return str(code).startswith(_AWAY)


def begun_again(
    work: Callable[[], _Result],
    said: str,
    *,
    again: Callable[[Exception], bool] = is_collision,
) -> _Result:
    """What `work`, a transaction of its own, returns; it begins again, five times at most in all,
    where another worker stood in its way. said: what is done again, for the log. again: which
    errors mean that; any other, and the last, is raised."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except Exception as error:
            if not again(error):
                raise
            log.info("%s again: %s", said, in_a_line(error))
    return work()


def in_a_line(error: Exception) -> str:
    """An error in the first line of its words, for a log."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
