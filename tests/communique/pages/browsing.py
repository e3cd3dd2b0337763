"""The pages over HTTP, and a real browser to look at them."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Playwright

from communique.pages import make_app
from communique.settings import Settings
from communique.stack_env import free_port
from scrapers.browser import NAMES
from tests.communique.pages.house import PREFIX, embedding

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def launched(playwright: Playwright) -> Browser:
    """Chromium, which asks nothing of the internet by itself."""
    path = next(filter(None, map(shutil.which, NAMES)))
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS])


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """The pages of the store of these settings, over HTTP; their address."""
    house, pages, port = FastAPI(), make_app(embedding(settings)), free_port()
    house.mount(PREFIX, pages)
    server = uvicorn.Server(uvicorn.Config(house, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}{PREFIX}"
    server.should_exit = True
    thread.join()
    pages.state.store.close()
