"""The tables (schema `communique`). Analysts never need these: they read the views in sql/views.

Every time is timestamptz in UTC. What must not happen twice is a unique key here, not a hope.
"""

from communique.schema.base import OUTCOMES, STATES, Table, is_ours, table_of
from communique.schema.derived import (
    Echo,
    Fingerprint,
    PassageMark,
    SearchDocument,
    SignatureBand,
    StockPhrase,
    StoryCorrection,
    Translation,
)
from communique.schema.noted import RuleEdit, SavedSearch
from communique.schema.said import Change, Revision, StatementRow, StoryRow
from communique.schema.told import (
    Delivery,
    DeliveryMatch,
    Key,
    Mail,
    MatchRow,
    Recipient,
    RuleRow,
    Subscription,
)
from communique.schema.watched import (
    Address,
    BackfillPage,
    CaptureRow,
    Coverage,
    GapRow,
    Host,
    Run,
    SourceRow,
    WalkedListing,
)

__all__ = [
    "OUTCOMES", "STATES", "Address", "BackfillPage", "CaptureRow", "Change", "Coverage",
    "Delivery", "DeliveryMatch", "Echo", "Fingerprint", "GapRow", "Host", "Key", "Mail",
    "MatchRow", "PassageMark", "Recipient", "Revision", "RuleEdit", "RuleRow", "Run",
    "SavedSearch", "SearchDocument", "SignatureBand", "SourceRow", "StatementRow", "StockPhrase",
    "StoryCorrection", "StoryRow",
    "Subscription", "Table", "Translation", "WalkedListing", "is_ours", "table_of",
]  # fmt: skip
