"""Source facts: who is watched, where, how politely. They live in sources/*.yaml, a file a desk."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

DESKS = ("china", "united_states", "europe", "asia_pacific", "elsewhere", "media")

Desk = Literal["china", "united_states", "europe", "asia_pacific", "elsewhere", "media"]
Kind = Literal[
    "embassy", "consulate", "mission", "ministry", "legislature", "alliance", "regulator", "news"
]
ListingType = Literal["html", "rss", "atom", "sitemap", "json"]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
WebAddress = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]


class JsonFields(BaseModel):
    """Where an API's answer says what; each a path of keys parted by dots (`title.rendered`).

    items: the list; "": the answer is the list. url: a path, or a template of paths such as
    `https://www.gov.uk{link}`; `{refCode:slug}` is the value in lower case, joined by `_`. date:
    the publication, never the last change. body: the statement's whole HTML, where the answer
    carries it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: str = ""
    url: Annotated[str, Field(min_length=1)]
    title: str | None = None
    date: str | None = None
    body: str | None = None


class Paging(BaseModel):
    """How further pages of an API are asked for: the parameter's value on the first page, and how
    much it grows by page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameter: Annotated[str, Field(min_length=1)]
    first: int = Field(1, ge=0)
    step: int = Field(1, ge=1)


class ListingFacts(BaseModel):
    """A page, feed, sitemap or API of a source that names new addresses.

    url: may hold {year}, {month} and {day} (two digits): a listing for each day, month or year,
    asked for from the last one walked until now, in the source's zone. seen_on: the day on which
    `sources check` last confirmed it. fields, paging: of an API that answers in JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: WebAddress
    type: ListingType = "html"
    language: LanguageCode | None = None
    confidence: Literal["seen", "inferred"] = "inferred"
    seen_on: date | None = None
    at_least: int = Field(1, ge=1, description="fewer entries than this is a failure")
    valid_until: date | None = Field(
        None, description="the last day it stood at this address; later runs do not ask for it"
    )
    fields: JsonFields | None = None
    paging: Paging | None = None


class Source(BaseModel):
    """A publisher's place on the web that we watch.

    time_zone: IANA name; taken for dates whose page states none (and then marked as assumed).
    aliases: former hosts, or host/path prefixes, whose addresses mean the same statements.
    delay: seconds from start to start of two requests to one host.
    articles: a regular expression that the source's statement addresses match.
    series: a regular expression with one group, the running number in such an address: a number
    that is skipped is looked for. cadence: days within which it is sure to publish something;
    None: learned from its history. fetch: `browser` where pages are filled by a script.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]+$", max_length=60)]
    desk: Desk
    publisher: Annotated[str, Field(min_length=2)]
    kind: Kind
    country: CountryCode | None = None
    host_country: CountryCode | None = None
    languages: tuple[LanguageCode, ...] = Field(min_length=1)
    time_zone: str = "UTC"
    reader: str = "generic"
    listings: tuple[ListingFacts, ...] = ()
    articles: str | None = None
    aliases: tuple[str, ...] = ()
    series: str | None = None
    cadence: int | None = Field(None, ge=1)
    fetch: Literal["http", "browser"] = "http"
    delay: float = Field(2.0, ge=0)
    enabled: bool = True
    note: str | None = None

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError(f"{value!r} is no IANA time zone, such as Asia/Shanghai")
        return value


@cache
def _zones() -> frozenset[str]:
    """All zones that this machine knows: 600 files, looked for once."""
    return frozenset(available_timezones())
