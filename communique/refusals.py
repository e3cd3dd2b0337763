"""What the store's refusals mean for whoever asked: try again, give up, or leave one thing out."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_COLLISIONS = ("40001", "40P01")
_AWAY = ("08", "57P", "53100", "53300")


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
