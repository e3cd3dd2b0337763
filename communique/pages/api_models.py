"""What the JSON API answers, field by field. Times are ISO 8601 with their zone (UTC); days are
those of publication in the source's zone, where it is unknown those of first sight (UTC)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

PASSED_ON = "What to give as `after` for the next page; null: this was the last."


class Problem(BaseModel):
    """Why a request was refused, or failed."""

    detail: str = Field(description="What is wrong, and what to do.")


class Highlight(BaseModel):
    """Characters that match."""

    field: str = Field(description="`title` or `text`.")
    start: int = Field(description="First character, from 0, of the original.")
    end: int = Field(description="The character after the last one.")
    words: str = Field(description="As they stand there.")


class Hit(BaseModel):
    """A statement that was found, in its current wording."""

    id: int = Field(description="Number of the statement.")
    source: str = Field(description="Id of its source.")
    publisher: str = Field(description="Who published it.")
    country: str | None = Field(description="Country the publisher speaks for (ISO 3166).")
    language: str = Field(description="Its language (ISO 639).")
    url: str = Field(description="Where it stands. A stranger's address: show it with care.")
    title: str = Field(description="Its title.")
    day: date = Field(description="Day of publication, else of first sight (UTC).")
    published_on: date | None = Field(description="Day of publication; null: unknown.")
    first_seen_at: datetime = Field(description="When we first saw it.")
    withdrawn_at: datetime | None = Field(description="Since when it is gone; null: it stands.")
    topics: Sequence[str] = Field(description="What it is about, as rules found.")
    story_id: int = Field(description="The story that it is part of.")
    score: float | None = Field(description="How good, among the best; null: not ranked.")
    highlights: Sequence[Highlight] = Field(description="What matches; none without a query.")


class Hits(BaseModel):
    """A page of statements."""

    items: Sequence[Hit] = Field(description="The statements.")
    next: str | None = Field(description=PASSED_ON)
    partial: bool = Field(
        description="Not all was looked at: time was up, or enough had been read for one page."
    )
    looked_until: date | None = Field(
        description="The day down to which everything was looked at; null: all was, or nothing."
    )


class Wording(BaseModel):
    """One wording of a statement, with the capture that proves it."""

    number: int = Field(description="From 1.")
    seen_at: datetime = Field(description="When it was first seen.")
    title: str = Field(description="Its title.")
    capture_id: int | None = Field(description="The capture it was read from.")
    sha256: str | None = Field(description="SHA-256 of the bytes that were captured.")
    fetched_at: datetime | None = Field(description="When they were.")
    warc: str | None = Field(description="File that holds them.")
    record_id: str | None = Field(description="Record in that file.")
    reader: str = Field(description="What read it, with its version.")
    reread: bool = Field(description="It differs only because another reader of ours read it.")
    suspect: str | None = Field(description="Why the reading is doubtful; null: it is not.")


class Change(BaseModel):
    """What became of a statement later."""

    at: datetime = Field(description="When we saw it.")
    kind: str = Field(description="edited, restored, withdrawn or returned.")
    revision_before: int | None = Field(description="Number of the wording before.")
    revision: int = Field(description="Number of the wording after.")
    diff: Any = Field(description="Pieces with `op` (equal, delete, insert) and `text`, or null.")


class Other(BaseModel):
    """Another statement, briefly."""

    id: int = Field(description="Number of the statement.")
    source: str = Field(description="Id of its source.")
    publisher: str = Field(description="Who published it.")
    country: str | None = Field(description="Country the publisher speaks for.")
    language: str = Field(description="Its language.")
    title: str = Field(description="Its title.")
    url: str = Field(description="Where it stands.")
    day: date = Field(description="Day of publication, else of first sight (UTC).")
    withdrawn_at: datetime | None = Field(description="Since when it is gone; null: it stands.")


class Statement(BaseModel):
    """All that is known of a statement: its row of analyst.statements, and what is around it."""

    id: int = Field(description="Number of the statement.")
    source: str = Field(description="Id of its source.")
    publisher: str = Field(description="Who published it.")
    kind: str = Field(description="What kind of publisher: embassy, ministry, ...")
    country: str | None = Field(description="Country the publisher speaks for.")
    host_country: str | None = Field(description="Country a mission is accredited to.")
    language: str = Field(description="Its language.")
    url: str = Field(description="Where it stands.")
    title: str = Field(description="Title of its current wording.")
    text: str = Field(description="Text of its current wording.")
    published_at: datetime | None = Field(description="Moment, where the page gives a time.")
    published_on: date | None = Field(description="Day of publication; null: unknown.")
    date_precision: str = Field(description="minute, day, inferred or unknown.")
    date_zone_assumed: bool = Field(description="The page states no zone: the source's is taken.")
    date_text: str | None = Field(description="The date as the page writes it.")
    first_seen_at: datetime = Field(description="When we first saw it.")
    last_seen_at: datetime = Field(description="When we last did.")
    withdrawn_at: datetime | None = Field(description="Since when it is gone; null: it stands.")
    topics: Sequence[str] = Field(description="What it is about, as rules found.")
    story_id: int = Field(description="The story that it is part of.")
    revision: int = Field(description="Number of the wording that stands.")
    day: date = Field(description="Day of publication, else of first sight (UTC).")
    revisions: Sequence[Wording] = Field(description="Its wordings, the oldest first.")
    changes: Sequence[Change] = Field(description="What became of it, the oldest first.")
    translations: Sequence[Other] = Field(description="Its versions in other languages.")
    part_of: Other | None = Field(description="A longer statement that holds it whole.")
    parts: Sequence[Other] = Field(description="Statements that it holds whole.")


class FirstUser(BaseModel):
    """Who first used a passage, as far as we know."""

    statement: int = Field(description="Number of the statement.")
    revision: int = Field(description="Number of the wording that has it.")
    start: int = Field(description="First character in that wording's text, from 0.")
    end: int = Field(description="The character after the last one.")
    source: str = Field(description="Id of its source.")
    publisher: str = Field(description="Who published it.")
    on: date = Field(description="Day of publication, else of first sight (UTC).")
    title: str = Field(description="Its title.")
    url: str = Field(description="Where it stands.")


class Echo(BaseModel):
    """A passage that stood, word for word, in an earlier statement of another story."""

    passage: str = Field(description="In this statement's own characters.")
    before: str = Field(description="What stands before it.")
    after: str = Field(description="What stands after it.")
    words: int = Field(description="Its length in words; without blanks, in characters.")
    revision: int = Field(description="The wording of this statement that has it.")
    start: int = Field(description="First character in that wording's text, from 0.")
    end: int = Field(description="The character after the last one.")
    stands: bool = Field(description="The current wording still has it.")
    first: FirstUser = Field(description="Its first user that is known.")
    used_since: int = Field(description="How many statements have used it since.")


class Echoes(BaseModel):
    """The passages of a statement that are echoes, the longest first."""

    statement: int = Field(description="Number of the statement.")
    items: Sequence[Echo] = Field(description="The passages.")
    more: int = Field(description="How many shorter ones are left out.")


class Post(BaseModel):
    """Who posted a story, and when."""

    position: int = Field(description="From 1, in the order of posting.")
    statement_id: int = Field(description="Number of the statement.")
    source: str = Field(description="Id of its source.")
    publisher: str = Field(description="Who published it.")
    country: str | None = Field(description="Country the publisher speaks for.")
    language: str = Field(description="Its language.")
    day: date = Field(description="Day of publication, else of first sight (UTC).")
    title: str = Field(description="Its title.")
    url: str = Field(description="Where it stands.")
    withdrawn_at: datetime | None = Field(description="Since when it is gone; null: it stands.")


class Story(BaseModel):
    """Statements that say the same thing: a row of analyst.stories, and who posted it."""

    id: int = Field(description="Number of the story.")
    title: str = Field(description="Title of its first statement.")
    lead_statement_id: int = Field(description="Its first statement, that we know.")
    first_publisher: str = Field(description="Who published that.")
    first_country: str | None = Field(description="Country that publisher speaks for.")
    first_day: date = Field(description="Day of it.")
    last_day: date = Field(description="Day of the newest statement.")
    statements: int = Field(description="How many there are.")
    sources: int = Field(description="Of how many sources.")
    languages: Sequence[str] = Field(description="In which languages.")
    countries: Sequence[str] = Field(description="Of which countries.")
    withdrawn: int = Field(description="How many of them are withdrawn.")
    topics: Sequence[str] = Field(description="What they are about.")
    posts: Sequence[Post] = Field(description="Who posted it, in order: a page of them.")
    next: str | None = Field(description=PASSED_ON)


class Count(BaseModel):
    """A week, month or year."""

    start: date = Field(description="Its first day.")
    count: int = Field(description="Statements, or stories, in it.")


class Group(BaseModel):
    """A country or a publisher."""

    group: str = Field(description="Country (ISO 3166; empty: none) or publisher.")
    total: int = Field(description="The sum of its counts.")
    counts: Sequence[Count] = Field(description="What is not there is zero.")


class Subject(BaseModel):
    """What was counted of one query, rule or topic."""

    kind: str = Field(description="query, rule or topic.")
    asked: str = Field(description="As it was asked for.")
    counted_from: date | None = Field(
        description="The first day from which on all is counted; null: time was up before that."
    )
    whole: bool = Field(description="All of the span was counted.")
    total: int = Field(description="All that was counted, of every group.")
    groups: Sequence[Group] = Field(description="The most spoken of first.")
    more: int = Field(description="How many groups are left out.")


class Mentions(BaseModel):
    """Mentions of up to three queries, rules or topics."""

    unit: str = Field(
        description="week (Monday to Sunday), month or year, by how long the span is."
    )
    since: date = Field(description="The first day of the span.")
    until: date = Field(description="The last day of it.")
    waiting: int = Field(description="Wordings that no query finds yet; 10000: as many or more.")
    subjects: Sequence[Subject] = Field(description="In the order in which they were asked for.")
