"""What the JSON API answers of sources, rules and alerts, field by field; see `api_models`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel, Field

from communique.pages.api_models import PASSED_ON


class Source(BaseModel):
    """Whom we watch, and how it stood after its last turn: a row of analyst.sources."""

    source: str = Field(description="Id of the source.")
    desk: str = Field(description="The desk that collects it.")
    publisher: str = Field(description="Who publishes there.")
    kind: str = Field(description="embassy, consulate, mission, ministry, ...")
    country: str | None = Field(description="Country the publisher speaks for.")
    host_country: str | None = Field(description="Country a mission is accredited to.")
    time_zone: str = Field(description="Its time zone (IANA).")
    enabled: bool = Field(description="False: nobody collects it.")
    state: str | None = Field(description="State after its last turn; null: it never had one.")
    since: datetime | None = Field(description="Since when it has been in that state.")
    newest: date | None = Field(description="Newest day of publication stored for it.")
    last_turn_at: datetime | None = Field(description="When its last turn began.")
    expected_by: datetime | None = Field(
        description="When its next turn must have begun: once that has passed, nobody looks."
    )
    cadence_days: int | None = Field(description="Days within which it publishes something new.")
    error: str | None = Field(description="First error of its last turn; null: none.")


class Sources(BaseModel):
    """A page of sources, by id."""

    items: Sequence[Source] = Field(description="The sources.")
    next: str | None = Field(description=PASSED_ON)


class Turn(BaseModel):
    """What one run of one source saw: a row of analyst.coverage."""

    source: str = Field(description="Id of the source.")
    run_id: int = Field(description="Number of the run.")
    run_kind: str = Field(description="collect, backfill, replay or revisit.")
    run_key: str = Field(description="Its name to whoever started it, such as Airflow.")
    publisher: str = Field(description="Who publishes there.")
    desk: str = Field(description="The desk that collects it.")
    started_at: datetime = Field(description="When this source's turn began.")
    finished_at: datetime | None = Field(description="When it ended.")
    state: str = Field(description="How the source stood after it.")
    since: datetime = Field(description="Since when it had been in that state.")
    newest: date | None = Field(description="Newest day of publication stored by then.")
    error: str | None = Field(description="First error in plain words; null: none.")
    listings_read: int = Field(description="Pages of listings read.")
    listings_failed: int = Field(description="Pages of listings that could not be read.")
    listed: int = Field(description="Addresses that the listings named.")
    known: int = Field(description="Of these, stored before and not due for another look.")
    suspect: int = Field(description="Statements whose reading is doubtful.")
    outcomes: dict[str, int] = Field(description="Statements by what became of the visit.")


class Turns(BaseModel):
    """A page of coverage, the newest run first."""

    items: Sequence[Turn] = Field(description="The turns.")
    next: str | None = Field(description=PASSED_ON)


class Rule(BaseModel):
    """A rule, in the version that is in force."""

    watchlist: str = Field(description="The watchlist that holds it.")
    rule: str = Field(description="Its id in that watchlist.")
    version: int = Field(description="Number of the version.")
    name: str = Field(description="What it is called.")
    severity: str = Field(description="info, notice or urgent.")
    query: str = Field(description="What it looks for.")
    not_inside: Sequence[str] = Field(description="Words that a match must not be a part of.")
    topic: str | None = Field(description="Topic that it puts a statement in.")
    note: str | None = Field(description="Why it is there.")
    created_at: datetime = Field(description="Since when this version has been in force.")


class Rules(BaseModel):
    """All rules in force, by watchlist and id."""

    items: Sequence[Rule] = Field(description="The rules.")


class Held(BaseModel):
    """A rule that an alert tells of."""

    watchlist: str = Field(description="The watchlist that holds it.")
    rule: str = Field(description="Its id in that watchlist.")
    version: int = Field(description="Version that held.")
    severity: str = Field(description="info, notice or urgent.")
    words: Sequence[str] = Field(description="The words that matched, as they were published.")


class Alert(BaseModel):
    """What one subscription was told of one story, or why it was not."""

    id: int = Field(description="Number of the delivery.")
    kind: str = Field(description="new, wording or withdrawn; digest: a whole one.")
    statement_id: int | None = Field(description="The statement; null for a digest.")
    story_id: int | None = Field(description="Its story.")
    revision: int | None = Field(description="Number of the wording that it tells of.")
    title: str | None = Field(description="Title of that wording.")
    recipient: str = Field(
        description="Who hears of it; masked (a\u2026@example.org) for who may not edit."
    )
    status: str = Field(description="pending, sent, failed or held.")
    held_because: str | None = Field(description="Why it was held back.")
    late: bool = Field(description="First seen long after its date.")
    created_at: datetime = Field(description="When the match was recorded.")
    sent_at: datetime | None = Field(description="When the mail server took it.")
    message_id: str | None = Field(description="Message-ID of the mail.")
    rules: Sequence[Held] = Field(description="The rules that held.")


class Alerts(BaseModel):
    """A page of alerts, the newest first."""

    items: Sequence[Alert] = Field(description="The alerts.")
    next: str | None = Field(description=PASSED_ON)
