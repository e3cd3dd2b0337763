"""The store as the pages use it: opened at the first request, read in transactions that can only
read, and never waited for so long that whoever serves the pages stands still."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, text

from communique.database import Patience, StoreError, database
from communique.embedded_account import EmbeddedServerError
from communique.settings import Settings
from communique.tokens import secret

LONGEST_READ = 5_000  # milliseconds of one query; what takes longer bounds itself, and sooner
# Seconds. The threads that wait here are those of Airflow's API server.
PATIENCE = Patience(free=5, answer=5, query=30, lock=5)
ANEW = 5.0  # seconds after which a store that could not be opened is tried again


class Store:
    """One engine for all requests of this process. Not opened at import: whoever loads the pages
    may never be asked for one."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._opened: tuple[Settings, Engine] | None = None
        self._failed: str | None = None
        self._tried_at = 0.0
        self._secret: str | None = None

    def opened(self) -> tuple[Settings, Engine]:
        """The settings and the engine; raises StoreError as long as the store cannot be used."""
        opened = self._opened
        if opened is not None:
            return opened
        if not self._lock.acquire(timeout=PATIENCE.free):
            raise StoreError("The store is being opened. Load this page again in a moment.")
        try:
            if self._opened is None:
                self._opened = self._try_to_open()
            return self._opened
        finally:
            self._lock.release()

    def secret(self) -> str:
        """What the store signs with (`communique.tokens`); asked for once, so that a page needs no
        second connection for its form. Raises StoreError."""
        if self._secret is None:
            with self.opened()[1].connect() as connection:
                self._secret = secret(connection)
        return self._secret

    def doubt(self) -> None:
        """Says that the store did not answer. An embedded one that was stopped is opened anew by
        the next request; a server of its own is only ever reconnected to."""
        opened = self._opened
        embedded = opened is not None and opened[0].database_url is None
        if embedded and time.monotonic() - self._tried_at > ANEW:
            self.close()

    def close(self) -> None:
        """Closes it; the next request opens it anew."""
        with self._lock:
            self._opened = self._secret = self._failed = None
            self._open.close()
        atexit.unregister(self.close)

    def _try_to_open(self) -> tuple[Settings, Engine]:
        """A failure is told anew for a while: all who wait would wait for the same one."""
        if self._failed is not None and time.monotonic() - self._tried_at < ANEW:
            raise StoreError(self._failed)
        try:
            settings = self._settings()
            engine = self._open.enter_context(database(settings, patience=PATIENCE))
        except (StoreError, EmbeddedServerError, ValidationError) as error:
            self._failed = str(error)
            raise StoreError(self._failed) from error
        finally:
            self._tried_at = time.monotonic()
        self._failed = None
        atexit.register(self.close)
        return settings, engine


def store_of(request: Request) -> Store:
    """The store of the application that a request came to."""
    store: Store = request.app.state.store
    return store


def settings_of(request: Request) -> Settings:
    """The settings of the store."""
    return store_of(request).opened()[0]


def engine_of(request: Request) -> Engine:
    """The engine: for whoever changes something in a transaction of his own. Where a page is only
    asked for, whatever its transactions try to write is refused by PostgreSQL."""
    engine = store_of(request).opened()[1]
    if request.method in ("GET", "HEAD"):
        return engine.execution_options(postgresql_readonly=True)
    return engine


def reading(request: Request) -> Iterator[Connection]:
    """A connection that can only read, and waits for no query for longer than LONGEST_READ."""
    with store_of(request).opened()[1].connect() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {LONGEST_READ}"))
        yield connection
        connection.rollback()


SettingsOf = Annotated[Settings, Depends(settings_of)]
EngineOf = Annotated[Engine, Depends(engine_of)]
# It ends before the answer is sent: no reader, however slow, keeps a connection.
Reading = Annotated[Connection, Depends(reading, scope="function")]
