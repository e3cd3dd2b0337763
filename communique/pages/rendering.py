"""From values to a page: the templates, what all of them use, and the headers of every answer."""

from __future__ import annotations

import base64
import hashlib
from datetime import date, datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from communique.mail.clean import shown
from communique.pages.access import csrf_token, whom
from communique.pages.embedding import Embedding
from communique.pages.opening import settings_of

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
        "base-uri 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}


def page(
    request: Request, template: str, *, status: int = 200, fragment: bool = False, **values: Any
) -> HTMLResponse:
    """A page, or with `fragment` the part of one that htmx asked for. values: what the template
    shows; strangers' words among them are escaped, always."""
    shared: dict[str, Any] = {
        "request": request,
        "url": lambda path, **query: url(request, path, **query),
        "static": lambda name: url(request, f"/static/{name}", v=_digest(name)),
        "visitor": getattr(request.state, "visitor", None),
        "here": request.url.path.removeprefix(request.scope.get("root_path", "")),
        "fragment": fragment,
        "embedding": embedding_of(request),
    }
    if shared["visitor"] is not None:
        shared["whom"] = lambda recipient: whom(request, recipient)
        shared["csrf"] = lambda: csrf_token(request)
        shared["now"] = lambda: settings_of(request).clock()
    made = environment().get_template(template).render(shared | values)
    return HTMLResponse(made, status)


def outside_page(
    request: Request, template: str, *, status: int = 200, framed: bool = True, **values: Any
) -> HTMLResponse:
    """A page for whoever is not signed in: it loads nothing, runs nothing, and its one style stands
    in it, permitted by its digest. framed: whether our own pages may show it in a frame. values: as
    for `page`."""
    style, digest = _outside_style()
    shared: dict[str, Any] = {
        "style": style,
        "url": lambda path, **query: url(request, path, **query),
        "sign_in_at": embedding_of(request).sign_in(request) if values.get("sign_in") else None,
    }
    made = environment().get_template(template).render(shared | values)
    ancestors = "'self'" if framed else "'none'"
    policy = [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "form-action 'self'",
        f"frame-ancestors {ancestors}",
        "base-uri 'none'",
    ]
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "X-Frame-Options": "SAMEORIGIN" if framed else "DENY",
        "Referrer-Policy": "no-referrer",  # the address may hold a token
        "X-Robots-Tag": "noindex, nofollow",
    }
    return HTMLResponse(made, status, headers=headers)


def embedding_of(request: Request) -> Embedding:
    """The house that the application stands in."""
    embedding: Embedding = request.app.state.embedding
    return embedding


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of a page; not where it restores one from its history."""
    asked = request.headers
    return asked.get("hx-request") == "true" and asked.get("hx-history-restore-request") != "true"


def url(request: Request, path: str, **query: Any) -> str:
    """The address of a path of ours, below wherever the application is mounted. query: what is None
    or empty is left out."""
    kept = {name: value for name, value in query.items() if value not in (None, "", [], ())}
    asked = f"?{urlencode(kept, doseq=True)}" if kept else ""
    return f"{request.scope.get('root_path', '')}{quote(path, safe='/-._~')}{asked}"


@lru_cache
def environment() -> Environment:
    """The templates; whatever is not markup of theirs is escaped."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"day": _day, "moment": _moment, "number": _number, "outside": _outside}
    made.filters |= {"shown": shown}
    return made


def _day(value: date | None) -> Markup:
    """A day as ISO writes it, for reader and machine."""
    if value is None:
        return Markup('<span class="unknown">date unknown</span>')
    return Markup('<time datetime="{0}">{0}</time>').format(value.isoformat())


def _moment(value: datetime | None) -> Markup:
    """A moment in UTC, to the minute."""
    if value is None:
        return Markup('<span class="unknown">never</span>')
    utc = value.astimezone(timezone.utc)
    shown = f"{utc:%Y-%m-%d %H:%M}"
    return Markup('<time datetime="{0}">{1} '
                  '<abbr title="Coordinated Universal Time">UTC</abbr></time>'
                  ).format(utc.isoformat(timespec="seconds"), shown)  # fmt: skip


def _number(value: int) -> str:
    return f"{value:,}"


def _outside(address: str, words: str | None = None) -> Markup:
    """A link to a stranger's address, which must be of the web; anything else stays text."""
    if not _is_of_the_web(address):
        return escape(words or address)
    return Markup(
        '<a href="{}" target="_blank" rel="noopener noreferrer" data-outside>{}</a>'
    ).format(address, words or address)


def _is_of_the_web(address: str) -> bool:
    try:
        return urlsplit(address).scheme in ("http", "https")
    except ValueError:  # a host that cannot be, such as `http://[`
        return False


@lru_cache
def _outside_style() -> tuple[Markup, str]:
    """The style of those pages, and its SHA-256 as a content policy names it."""
    style = (STATIC / "outside.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return Markup(style), digest  # noqa: S704 (a file of ours)


@lru_cache
def _digest(name: str) -> str:
    """Changes with the file, so that no browser keeps an old one."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
