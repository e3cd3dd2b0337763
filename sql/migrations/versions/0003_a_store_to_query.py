"""Stories, translations, echoes and search terms; what became of statements"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CAPTURED = """
UPDATE communique.revisions r SET captured_at = c.fetched_at
FROM communique.captures c WHERE c.id = r.capture_id
"""

# A date that is put right later moves the statement among the newest, whoever puts it right.
SEARCH_DAY = """
CREATE FUNCTION communique.search_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE communique.search_documents
    SET day = coalesce(NEW.published_on, CAST(NEW.first_seen_at AT TIME ZONE 'UTC' AS date))
    WHERE statement_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER search_day AFTER UPDATE OF published_on ON communique.statements
FOR EACH ROW WHEN (OLD.published_on IS DISTINCT FROM NEW.published_on)
EXECUTE FUNCTION communique.search_day();
"""


def upgrade() -> None:
    op.add_column(
        "hosts",
        sa.Column("resting_until", sa.DateTime(timezone=True), nullable=True),
        schema="communique",
    )
    op.create_table(
        "passage_marks",
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "revision_id", "start", name=op.f("passage_marks_pkey")),
        schema="communique",
    )
    op.create_table(
        "signature_bands",
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "revision_id", name=op.f("signature_bands_pkey")),
        schema="communique",
    )
    op.create_table(
        "stock_phrases",
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column(
            "users",
            sa.Integer(),
            nullable=False,
            comment="statements that had it when it was learned",
        ),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", "source_id", name=op.f("stock_phrases_pkey")),
        schema="communique",
    )
    op.create_table(
        "search_documents",
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("terms", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["communique.statements.id"],
            name=op.f("search_documents_statement_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("search_documents_pkey")),
        schema="communique",
    )
    op.create_index(
        "search_documents_newest_idx",
        "search_documents",
        [sa.literal_column("day DESC"), sa.literal_column("statement_id DESC")],
        unique=False,
        schema="communique",
    )
    op.create_index(
        "search_documents_terms_idx",
        "search_documents",
        ["terms"],
        unique=False,
        schema="communique",
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 1024},
    )
    op.create_table(
        "story_corrections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("statement_id < other_id", name=op.f("story_corrections_order_check")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["communique.statements.id"], name=op.f("story_corrections_other_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["communique.statements.id"],
            name=op.f("story_corrections_statement_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("story_corrections_pkey")),
        sa.UniqueConstraint(
            "statement_id", "other_id", name=op.f("story_corrections_statement_id_other_id_key")
        ),
        schema="communique",
    )
    op.create_table(
        "translations",
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("statement_id < other_id", name=op.f("translations_order_check")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["communique.statements.id"], name=op.f("translations_other_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["communique.statements.id"],
            name=op.f("translations_statement_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("statement_id", "other_id", name=op.f("translations_pkey")),
        schema="communique",
    )
    op.create_index(
        op.f("translations_other_id_idx"),
        "translations",
        ["other_id"],
        unique=False,
        schema="communique",
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("earlier_revision_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "diff",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="of title and text, by words; null: not an edit, or not yet made",
        ),
        sa.CheckConstraint(
            "(kind IN ('edited', 'restored')) = (earlier_revision_id IS NOT NULL)",
            name=op.f("changes_edit_check"),
        ),
        sa.CheckConstraint(
            "kind IN ('edited', 'restored', 'withdrawn', 'returned')",
            name=op.f("changes_kind_check"),
        ),
        sa.ForeignKeyConstraint(
            ["earlier_revision_id"],
            ["communique.revisions.id"],
            name=op.f("changes_earlier_revision_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["communique.revisions.id"], name=op.f("changes_revision_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["communique.statements.id"], name=op.f("changes_statement_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("changes_pkey")),
        sa.UniqueConstraint(
            "statement_id", "at", "kind", name=op.f("changes_statement_id_at_kind_key")
        ),
        schema="communique",
    )
    op.create_index(op.f("changes_at_idx"), "changes", ["at"], unique=False, schema="communique")
    op.create_index(
        "changes_without_diff_idx",
        "changes",
        ["id"],
        unique=False,
        schema="communique",
        postgresql_where=sa.text("diff IS NULL AND earlier_revision_id IS NOT NULL"),
    )
    op.create_table(
        "echoes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("earlier_revision_id", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("earlier_start", sa.Integer(), nullable=False),
        sa.Column("earlier_end", sa.Integer(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False, comment="words, or in Chinese characters"),
        sa.Column(
            "first",
            sa.Boolean(),
            nullable=False,
            comment="the earlier one is the first user of the passage that we know",
        ),
        sa.ForeignKeyConstraint(
            ["earlier_revision_id"],
            ["communique.revisions.id"],
            name=op.f("echoes_earlier_revision_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["communique.revisions.id"], name=op.f("echoes_revision_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("echoes_pkey")),
        sa.UniqueConstraint(
            "revision_id",
            "earlier_revision_id",
            "start",
            "earlier_start",
            name=op.f("echoes_revision_id_earlier_revision_id_start_earlier_start_key"),
        ),
        schema="communique",
    )
    op.create_index(
        op.f("echoes_earlier_revision_id_idx"),
        "echoes",
        ["earlier_revision_id"],
        unique=False,
        schema="communique",
    )
    op.create_table(
        "fingerprints",
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column(
            "shingles",
            sa.Integer(),
            nullable=False,
            comment="how many there are; a short text has few",
        ),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["communique.revisions.id"], name=op.f("fingerprints_revision_id_fkey")
        ),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("fingerprints_pkey")),
        schema="communique",
    )
    op.drop_constraint(op.f("runs_kind_check"), "runs", schema="communique", type_="check")
    op.create_check_constraint(
        op.f("runs_kind_check"),
        "runs",
        "kind IN ('collect', 'backfill', 'replay', 'alert', 'revisit')",
        schema="communique",
    )
    op.add_column(
        "revisions",
        sa.Column(
            "captured_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when that capture was fetched",
        ),
        schema="communique",
    )
    op.execute(CAPTURED)
    op.alter_column("revisions", "captured_at", nullable=False, schema="communique")
    op.add_column(
        "revisions",
        sa.Column(
            "settled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its story, echoes and search terms were settled; judged only then",
        ),
        schema="communique",
    )
    op.create_index(
        op.f("revisions_capture_id_idx"),
        "revisions",
        ["capture_id"],
        unique=False,
        schema="communique",
    )
    op.create_index(
        "revisions_unsettled_idx",
        "revisions",
        ["id"],
        unique=False,
        schema="communique",
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.add_column(
        "statements",
        sa.Column(
            "part_of",
            sa.BigInteger(),
            nullable=True,
            comment="a longer statement that holds it whole",
        ),
        schema="communique",
    )
    op.create_index(
        op.f("statements_source_id_id_idx"),
        "statements",
        ["source_id", "id"],
        unique=False,
        schema="communique",
    )
    op.create_index(
        "statements_part_of_idx",
        "statements",
        ["part_of"],
        unique=False,
        schema="communique",
        postgresql_where=sa.text("part_of IS NOT NULL"),
    )
    op.create_index(
        op.f("statements_source_id_published_on_idx"),
        "statements",
        ["source_id", "published_on"],
        unique=False,
        schema="communique",
    )
    op.create_index(
        "statements_day_idx",
        "statements",
        [
            sa.literal_column(
                "COALESCE(published_on, (first_seen_at AT TIME ZONE 'UTC'::text)::date)"
            )
        ],
        unique=False,
        schema="communique",
    )
    op.create_foreign_key(
        op.f("statements_part_of_fkey"),
        "statements",
        "statements",
        ["part_of"],
        ["id"],
        source_schema="communique",
        referent_schema="communique",
    )
    op.drop_constraint(
        op.f("stories_text_sha256_key"), "stories", schema="communique", type_="unique"
    )
    op.drop_column("stories", "text_sha256", schema="communique")
    op.execute(SEARCH_DAY)
