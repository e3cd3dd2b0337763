"""What a maintainer reads of a request that failed."""

from __future__ import annotations

from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from scrapers.failures import explain


def test_a_failed_connection_is_told_without_the_names_of_our_own_objects() -> None:
    class Guarded(HTTPSConnection):
        """As ours, a connection by another name."""

    wrong = NewConnectionError(Guarded("ministry.example", 443), "Connection refused")
    told, again = explain(MaxRetryError(None, "/", wrong))  # type: ignore[arg-type]
    assert (str(told), again) == ("no connection: Connection refused", True)
