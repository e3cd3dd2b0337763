"""The store as the pages use it: opened at the first request, read in transactions that can only
read."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, text

from communique.database import database
from communique.settings import Settings

LONGEST_READ = 5_000  # milliseconds of one query; what takes longer bounds itself, and sooner


class Store:
    """One engine for all requests of this process. Not opened at import: whoever loads the pages
    may never be asked for one."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._opened: tuple[Settings, Engine] | None = None

    def opened(self) -> tuple[Settings, Engine]:
        """The settings and the engine; raises StoreError as long as the store cannot be used."""
        with self._lock:
            if self._opened is None:
                settings = self._settings()
                self._opened = settings, self._open.enter_context(database(settings))
                atexit.register(self.close)
            return self._opened

    def close(self) -> None:
        """Closes it; the next request opens it anew."""
        with self._lock:
            self._opened = None
            self._open.close()
        atexit.unregister(self.close)


def store_of(request: Request) -> Store:
    """The store of the application that a request came to."""
    store: Store = request.app.state.store
    return store


def settings_of(request: Request) -> Settings:
    """The settings of the store."""
    return store_of(request).opened()[0]


def engine_of(request: Request) -> Engine:
    """The engine, for whoever changes something in a transaction of his own."""
    return store_of(request).opened()[1]


def reading(request: Request) -> Iterator[Connection]:
    """A connection that can only read, and waits for no query for longer than LONGEST_READ."""
    with engine_of(request).connect() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {LONGEST_READ}"))
        yield connection
        connection.rollback()


SettingsOf = Annotated[Settings, Depends(settings_of)]
EngineOf = Annotated[Engine, Depends(engine_of)]
Reading = Annotated[Connection, Depends(reading)]
