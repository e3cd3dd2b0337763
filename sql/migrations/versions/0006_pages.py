"""What the analysts' pages keep, and what lets them answer at once"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

S = "communique"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME),
        sa.UniqueConstraint("owner", "name"),
        schema=S,
    )
    op.create_table(
        "rule_edits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("editor", sa.Text(), nullable=False),
        sa.Column("watchlist", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB()),
        sa.Column("after", postgresql.JSONB()),
        sa.Column("reason", sa.Text()),
        sa.CheckConstraint(
            "action IN ('added', 'changed', 'removed')", name=op.f("rule_edits_action_check")
        ),
        schema=S,
    )
    op.create_index(
        "rule_edits_watchlist_rule_at_idx", "rule_edits", ["watchlist", "rule", "at"], schema=S
    )
    op.create_index("matches_created_at_idx", "matches", ["created_at"], schema=S)
    op.create_index(
        "matches_rule_id_created_at_idx", "matches", ["rule_id", "created_at"], schema=S
    )
    op.create_index("deliveries_statement_id_idx", "deliveries", ["statement_id"], schema=S)
    op.create_index(
        "mails_recipient_created_at_idx", "mails", ["recipient", "created_at"], schema=S
    )
    op.create_index(
        "revisions_reworded_idx",
        "revisions",
        ["statement_id"],
        schema=S,
        postgresql_where=sa.text("number > 1"),
    )
    op.create_index(
        "statements_counted_idx", "statements", ["id"], schema=S,
        postgresql_include=["revision_number", "source_id", "published_on", "first_seen_at"],
    )  # fmt: skip
    op.create_index(
        "revisions_counted_idx", "revisions", ["id"], schema=S,
        postgresql_include=["statement_id", "number"],
    )  # fmt: skip
