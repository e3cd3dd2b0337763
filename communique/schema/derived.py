"""What is worked out from what was said: stories, translations, echoes, search terms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from communique.schema.base import Table


class StoryCorrection(Table):
    """What somebody has put right by hand: two statements that are one story, or are not. It
    stands however often stories are told anew."""

    __tablename__ = "story_corrections"
    __table_args__ = (
        UniqueConstraint("statement_id", "other_id"),
        CheckConstraint("statement_id < other_id", name="order"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("communique.statements.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("communique.statements.id"))
    same: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str | None]
    made_at: Mapped[datetime]


class Fingerprint(Table):
    """The MinHash signature of a wording. version: of the way it is made; another version's cannot
    be compared with it."""

    __tablename__ = "fingerprints"
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("communique.revisions.id"), primary_key=True
    )
    version: Mapped[int] = mapped_column(SmallInteger)
    shingles: Mapped[int] = mapped_column(comment="how many there are; a short text has few")
    signature: Mapped[bytes]


class SignatureBand(Table):
    """A band of a signature, hashed together with its number and version: wordings that share one
    may be near-duplicates. No foreign key: checking it for each band costs more than the band."""

    __tablename__ = "signature_bands"
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    revision_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class Translation(Table):
    """Two statements of one publisher that are versions of each other in two languages."""

    __tablename__ = "translations"
    __table_args__ = (
        CheckConstraint("statement_id < other_id", name="order"),
        Index(None, "other_id"),
    )
    statement_id: Mapped[int] = mapped_column(
        ForeignKey("communique.statements.id"), primary_key=True
    )
    other_id: Mapped[int] = mapped_column(ForeignKey("communique.statements.id"), primary_key=True)
    score: Mapped[float] = mapped_column(Float)
    version: Mapped[int] = mapped_column(SmallInteger)


class PassageMark(Table):
    """A hashed run of words of a wording, chosen so that every passage long enough to be an echo
    holds at least one: where two wordings share one, they may share a passage. No foreign key, as
    with bands. start: the character where the run begins; -1: it stands more than once. It is part
    of the key so that a lookup reads nothing but the index; with a wording's number in four bytes
    (two billion wordings) it takes no room of its own."""

    __tablename__ = "passage_marks"
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    revision_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    start: Mapped[int] = mapped_column(Integer, primary_key=True)


class StockPhrase(Table):
    """A mark that says nothing: furniture of a source's pages, or a phrase that occurs everywhere
    (source_id empty)."""

    __tablename__ = "stock_phrases"
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    source_id: Mapped[str] = mapped_column(primary_key=True)
    users: Mapped[int] = mapped_column(comment="statements that had it when it was learned")
    learned_at: Mapped[datetime]


class Echo(Table):
    """A passage that a wording shares, word for word, with an earlier one of another story.
    Offsets in characters of each wording's text, half open."""

    __tablename__ = "echoes"
    __table_args__ = (
        UniqueConstraint("revision_id", "earlier_revision_id", "start", "earlier_start"),
        Index(None, "earlier_revision_id"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("communique.revisions.id"))
    earlier_revision_id: Mapped[int] = mapped_column(ForeignKey("communique.revisions.id"))
    start: Mapped[int]
    end: Mapped[int]
    earlier_start: Mapped[int]
    earlier_end: Mapped[int]
    words: Mapped[int] = mapped_column(comment="words, or in Chinese characters")
    first: Mapped[bool] = mapped_column(
        Boolean, comment="the earlier one is the first user of the passage that we know"
    )


class SearchDocument(Table):
    """What the search box looks through: the terms of a statement's current wording and its facts,
    as our own tokenizer has them. day: of publication, else of first sight (UTC)."""

    __tablename__ = "search_documents"
    __table_args__ = (
        Index(
            "search_documents_terms_idx",
            "terms",
            postgresql_using="gin",
            # What waits to be merged into the index is read through by every search.
            postgresql_with={"gin_pending_list_limit": 1024},
        ),
        Index("search_documents_newest_idx", text("day DESC"), text("statement_id DESC")),
    )
    statement_id: Mapped[int] = mapped_column(
        ForeignKey("communique.statements.id"), primary_key=True
    )
    day: Mapped[date]
    terms: Mapped[Any] = mapped_column(TSVECTOR)
