"""Doubtful readings, gaps, states of a source, mails to maintainers, pace that adapts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ABOUT = ("subscription_id", "story_id", "statement_id", "revision_id")


def upgrade() -> None:
    op.add_column(
        "hosts",
        sa.Column("slowdown", sa.Float(), server_default=sa.text("1"), nullable=False),
        schema="communique",
    )
    op.add_column(
        "addresses",
        sa.Column(
            "suspect",
            sa.Text(),
            nullable=True,
            comment="why the last reading is doubtful; null: it is not",
        ),
        schema="communique",
    )
    op.add_column(
        "captures",
        sa.Column(
            "suspect",
            sa.Text(),
            nullable=True,
            comment="why a maintainer should look at what was read here",
        ),
        schema="communique",
    )
    op.add_column(
        "captures",
        sa.Column(
            "checked",
            sa.Boolean(),
            nullable=True,
            comment="false: the second opinion on this reading is still to be heard",
        ),
        schema="communique",
    )
    op.add_column(
        "sources",
        sa.Column(
            "added_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when it was first named",
        ),
        schema="communique",
    )
    _coverage()
    _captures()
    _deliveries()
    _gaps()
    _backfill_pages()


def _coverage() -> None:
    op.add_column(
        "coverage",
        sa.Column(
            "suspect",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="readings that a maintainer should look at",
        ),
        schema="communique",
    )
    op.add_column(
        "coverage",
        sa.Column(
            "cadence_days",
            sa.Integer(),
            nullable=True,
            comment="days within which something new is expected; null: unknown",
        ),
        schema="communique",
    )
    op.add_column(
        "coverage",
        sa.Column(
            "blind",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="it fails for its statements, not its listings",
        ),
        schema="communique",
    )
    op.create_index(
        op.f("coverage_source_id_started_at_idx"),
        "coverage",
        ["source_id", "started_at"],
        schema="communique",
    )
    op.drop_constraint(op.f("coverage_state_check"), "coverage", schema="communique")
    op.create_check_constraint(
        op.f("coverage_state_check"),
        "coverage",
        "state IN ('ok', 'quiet', 'late', 'failing', 'blocked', 'never_worked')",
        schema="communique",
    )


def _captures() -> None:
    op.create_index(
        "addresses_suspect_idx",
        "addresses",
        ["source_id"],
        schema="communique",
        postgresql_where=sa.text("suspect IS NOT NULL"),
    )
    op.create_index(
        "captures_listings_idx",
        "captures",
        ["source_id", "url", "fetched_at"],
        schema="communique",
        postgresql_where=sa.text("listing IS NOT NULL"),
    )
    op.create_index(
        "captures_suspect_idx",
        "captures",
        ["source_id", "address_id"],
        schema="communique",
        postgresql_where=sa.text("suspect IS NOT NULL"),
    )
    op.create_index(
        "captures_unchecked_idx",
        "captures",
        ["source_id"],
        schema="communique",
        postgresql_where=sa.text("NOT checked"),
    )


def _deliveries() -> None:
    for column in ABOUT:
        op.alter_column("deliveries", column, nullable=True, schema="communique")
    op.add_column("deliveries", sa.Column("content", postgresql.JSONB()), schema="communique")
    op.create_check_constraint(
        op.f("deliveries_about_a_statement_check"),
        "deliveries",
        f"kind = 'source_health' OR num_nulls({', '.join(ABOUT)}) = 0",
        schema="communique",
    )


def _gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False, comment="where it was noticed"),
        sa.Column(
            "after", sa.Text(), nullable=False, comment="the last address before it; empty: unknown"
        ),
        sa.Column("before", sa.Text(), nullable=False, comment="the first address after it"),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('window', 'number')", name=op.f("gaps_kind_check")),
        sa.ForeignKeyConstraint(["run_id"], ["communique.runs.id"], name=op.f("gaps_run_id_fkey")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["communique.sources.id"], name=op.f("gaps_source_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("gaps_pkey")),
        sa.UniqueConstraint(
            "source_id",
            "kind",
            "listing",
            "after",
            "before",
            name=op.f("gaps_source_id_kind_listing_after_before_key"),
        ),
        schema="communique",
    )
    op.create_index(
        "gaps_open_idx",
        "gaps",
        ["source_id"],
        schema="communique",
        postgresql_where=sa.text("filled_at IS NULL"),
    )


def _backfill_pages() -> None:
    op.create_table(
        "backfill_pages",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column(
            "page",
            sa.Text(),
            nullable=False,
            comment="the last page whose statements were all visited",
        ),
        sa.Column("pages", sa.Integer(), nullable=False, comment="how many pages were read so far"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="null: it goes on from `page`",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["communique.sources.id"], name=op.f("backfill_pages_source_id_fkey")
        ),
        sa.PrimaryKeyConstraint("source_id", "listing", "since", name=op.f("backfill_pages_pkey")),
        schema="communique",
    )
