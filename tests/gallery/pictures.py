"""Mails as a mail program shows them: rendered by Chromium, in light and dark, wide and narrow."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from scrapers.browser import NAMES

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
WIDTHS = {"desktop": 700, "phone": 390}
# Of a picture, in pixels; a longer mail is cut.
HIGHEST = 2_400


def take(mails: Mapping[str, EmailMessage], folder: Path) -> list[Path]:
    """A picture of each mail in each scheme and width, as NAME-WIDTH-SCHEME.png in `folder`."""
    taken = list[Path]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, NAMES))), args=[*FLAGS]
        )
        for scheme in ("light", "dark"):
            for width, pixels in WIDTHS.items():
                page = browser.new_page(
                    color_scheme="dark" if scheme == "dark" else "light",
                    viewport={"width": pixels, "height": 500},
                    java_script_enabled=False,
                    offline=True,
                )
                for name, mail in mails.items():
                    taken.append(_taken(page, mail, folder / f"{name}-{width}-{scheme}.png"))
                page.close()
        browser.close()
    return taken


def _taken(page: Page, mail: EmailMessage, picture: Path) -> Path:
    html = mail.get_body(("html",))
    assert html is not None
    page.set_content(html.get_content())
    box = page.locator("body").bounding_box()
    assert box is not None
    clip = {"x": 0, "y": 0, "width": box["width"], "height": min(box["height"], HIGHEST)}
    page.screenshot(path=picture, clip=clip, full_page=True)
    return picture
