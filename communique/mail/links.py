"""How a mail lets its reader unsubscribe: a link, a mail, a command, all with a signed token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from sqlalchemy import Connection

from communique.settings import Settings
from communique.tokens import Purpose, sign

if TYPE_CHECKING:  # mails are composed with links: it imports this module
    from communique.mail.message import Sender


@dataclass(frozen=True, slots=True)
class Links:
    """page: the analysts' page that ends the subscriptions; None: there are no pages. mailto: the
    same by mail. command: the same in a terminal."""

    page: str | None
    mailto: str
    command: str

    @property
    def one_click(self) -> str | None:
        """The page, where a mail program may end them there by a POST (RFC 8058): over https."""
        return self.page if self.page and urlsplit(self.page).scheme == "https" else None

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by which mail programs show their own button."""
        if self.one_click is None:
            return {"List-Unsubscribe": f"<{self.mailto}>"}
        return {
            "List-Unsubscribe": f"<{self.one_click}>, <{self.mailto}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


def links(
    settings: Settings,
    connection: Connection,
    subscription_id: int | Sequence[int],
    origin: Sender,
) -> Links:
    """The links of a mail that tells of one subscription, or of several: then they end them all.
    They hold for ever, and are the same each time."""
    ids = (subscription_id,) if isinstance(subscription_id, int) else subscription_id
    token = sign(connection, "unsubscribe", ids)
    return Links(
        page=page_for(settings, "unsubscribe", token),
        mailto=mail_for(origin, "unsubscribe", token),
        command=f"communique unsubscribe {token}",
    )


def page_for(settings: Settings, purpose: Purpose, token: str) -> str | None:
    """The address among the analysts' pages that takes this token; None: there are no pages."""
    if not settings.pages_url:
        return None
    return f"{settings.pages_url.rstrip('/')}/{purpose}/{token}"


def mail_for(origin: Sender, purpose: Purpose, token: str) -> str:
    """The mailto address whose mail does it, where the mail server hands them to `communique
    mail-in`."""
    words = quote(f"{purpose} {token}", safe="")
    return f"mailto:{quote(origin.address, safe='@')}?subject={words}"
