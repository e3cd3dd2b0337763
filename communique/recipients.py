"""Addresses that refuse: one that does so for good, several times in a row, gets no more mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from communique.mail.clean import shown
from communique.notices import tell_maintainers
from communique.schema import Recipient
from communique.settings import Settings

# In a row, for good: after so many an address is disabled.
MOST_REFUSALS = 3


def is_disabled(connection: Connection, address: str) -> bool:
    """Whether nothing is sent to this address."""
    disabled = select(Recipient.disabled_at).where(Recipient.address == address)
    return connection.execute(disabled).scalar() is not None


def note_refusal(
    connection: Connection, settings: Settings, address: str, error: str, now: datetime
) -> bool:
    """Counts a refusal for good; after too many the address is disabled and the maintainers are
    told. now: aware. Returns whether it was disabled now."""
    row = insert(Recipient).values(address=address, refused=1, last_error=error)
    counted = row.on_conflict_do_update(
        index_elements=["address"],
        set_={"refused": Recipient.refused + 1, "last_error": row.excluded.last_error},
    ).returning(Recipient.refused, Recipient.disabled_at)
    refused, disabled_at = connection.execute(counted).one()
    if disabled_at is not None or refused < MOST_REFUSALS:
        return False
    mine = update(Recipient).where(Recipient.address == address)
    connection.execute(mine.values(disabled_at=now))
    name = shown(address, 200)
    tell_maintainers(
        connection,
        settings,
        f"disabled:{address}:{now.isoformat()}",
        f"Address disabled: {name}",
        (
            f"{name} refused {refused} mails in a row, for good. Nothing is sent to it any more; "
            "what is due to it is held back as “address disabled”.",
            f"The last answer: {error}",
        ),
        f"If the address is right, run communique subscriptions enable {name}; else end its "
        "subscriptions.",
        now,
    )
    return True


def note_success(connection: Connection, address: str) -> None:
    """A mail was taken: what was refused before does not count any more."""
    served = update(Recipient).where(Recipient.address == address, Recipient.refused > 0)
    connection.execute(served.values(refused=0, last_error=None))


def enable(connection: Connection, address: str) -> bool:
    """Lets mail go to a disabled address again; what was held meanwhile stays held. False where it
    was not disabled."""
    mine = update(Recipient).where(Recipient.address == address, Recipient.disabled_at.is_not(None))
    enabled = connection.execute(mine.values(refused=0, disabled_at=None, last_error=None))
    return bool(enabled.rowcount)
