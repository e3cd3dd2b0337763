"""*Subscriptions*: who hears of what, and how. Addresses are people's own: only who may edit sees
them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import Response

from communique import digests
from communique.choices import SubscriptionError
from communique.deliveries import what_went
from communique.mail.message import SenderError
from communique.pages import subscribers_changes
from communique.pages.access import Changing
from communique.pages.opening import EngineOf, Reading, SettingsOf
from communique.pages.rendering import page
from communique.pages.subscribers_facts import last_mails, text_of, watched
from communique.pages.subscribers_shown import list_page, recipient_of, words
from communique.subscriptions import list_subscriptions
from scrapers.errors import SourceFactsError

router = APIRouter()
router.include_router(subscribers_changes.router)

DELIVERIES = 30  # that are shown of a recipient
DONE = {
    "added": "It hears of it from now on.",
    "asked": "A mail asks it to confirm; it goes out with the next alert run. Until it has, it is "
    "told nothing.",
    "waits": "A mail has asked it to confirm already; it gets at most one an hour.",
    "paused": "Paused. What comes meanwhile is not sent later.",
    "resumed": "It is told again from now on.",
    "ended": "Ended. What was queued for it is held back.",
    "enabled": "Mail goes to this address again.",
}


@router.get("/subscriptions", include_in_schema=False)
def who_hears(
    request: Request,
    connection: Reading,
    settings: SettingsOf,
    named: str = "",
    after: str = "",
    ended: bool = False,
) -> Response:
    """The list; for who may not edit, how many there are."""
    return list_page(request, connection, settings, named=named, after=after, ended=ended)


@router.get("/subscriptions/of", include_in_schema=False)
def recipient(
    request: Request, recipient: str, connection: Reading, settings: SettingsOf
) -> Response:
    """One recipient: its subscriptions, and what it was sent last, or why it was not."""
    who = recipient_of(request, recipient)
    mine = list_subscriptions(connection, recipient=who, ended=True)
    went = what_went(connection, recipient=who, held=True, most=DELIVERIES)
    if not mine and not went:
        raise HTTPException(404, f"Nobody is subscribed as {who}, or ever was.")
    now = settings.clock()
    return page(
        request,
        "recipient.html",
        who=who,
        mine=mine,
        went=went,
        last=last_mails(connection, mine),
        said=DONE.get(request.query_params.get("done", "")),
        digests=any(one.how != "instant" and one.ended_at is None for one in mine),
        **words(now),
    )


@router.post("/subscriptions/digest", include_in_schema=False)
def digest_now(
    request: Request,
    recipient: Annotated[str, Form()],
    settings: SettingsOf,
    engine: EngineOf,
    _changer: Changing,
) -> Response:
    """The digest that a recipient would get now, as text. Nothing is sent or stored: what is put
    together for it is rolled back, which is why it cannot just be asked for."""
    who = recipient_of(request, recipient)
    try:
        sources = watched(settings.sources)
        mails = digests.preview(engine, settings, sources, who, settings.clock())
    except (SubscriptionError, SenderError, SourceFactsError) as error:
        raise HTTPException(409, str(error)) from error
    shown = [(str(mail["Subject"]), text_of(mail)) for mail in mails]
    return page(request, "digest.html", who=who, mails=shown)
