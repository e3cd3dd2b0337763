"""Captures in a partition for each month (UTC), so that old ones go without a trace of work"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Best effort: whoever stores a capture must not fail for it, since captures_rest takes what no
# month does. Made as the owner of the tables, because the application may not create any.
ENSURE = """
CREATE FUNCTION communique.ensure_captures_month(at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s'
AS $$
DECLARE
    first timestamptz := date_trunc('month', at);
    part text := to_char(first, '"captures_"YYYY"_"MM');
BEGIN
    IF to_regclass('communique.' || quote_ident(part)) IS NOT NULL THEN
        RETURN true;
    END IF;
    PERFORM pg_advisory_xact_lock(1129336915);  -- one after the other
    IF to_regclass('communique.' || quote_ident(part)) IS NOT NULL THEN
        RETURN true;
    END IF;
    IF EXISTS (SELECT FROM communique.captures_rest
               WHERE fetched_at >= first AND fetched_at < first + interval '1 month') THEN
        RETURN false;
    END IF;
    -- Attached, not created in place: that would wait for everyone who reads or stores captures.
    EXECUTE format('CREATE TABLE communique.%I (LIKE communique.captures INCLUDING DEFAULTS '
                   'INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS)', part);
    EXECUTE format('ALTER TABLE communique.captures ATTACH PARTITION communique.%I '
                   'FOR VALUES FROM (%L) TO (%L)', part, first, first + interval '1 month');
    RETURN true;
EXCEPTION
    -- Somebody made it while we waited: what to_regclass had looked up before was not looked up anew.
    WHEN duplicate_table THEN
        RETURN true;
    WHEN lock_not_available OR deadlock_detected OR check_violation THEN
        RETURN false;
END
$$
"""

# Only an empty month, so that the application may be allowed to ask for it.
DROP = """
CREATE FUNCTION communique.drop_captures_month(at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s'
AS $$
DECLARE
    part text := to_char(date_trunc('month', at), '"captures_"YYYY"_"MM');
    filled boolean;
BEGIN
    IF to_regclass('communique.' || quote_ident(part)) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE communique.%I IN ACCESS EXCLUSIVE MODE', part);
    EXECUTE format('SELECT EXISTS (SELECT FROM communique.%I)', part) INTO filled;
    IF filled THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE communique.captures DETACH PARTITION communique.%I', part);
    EXECUTE format('DROP TABLE communique.%I', part);
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR deadlock_detected THEN
        RETURN false;
END
$$
"""

# A view goes by the table it was made on, whatever that is called now; dropped and made anew it
# would take the views with it that others have built on it.
VIEWS = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT DISTINCT v.oid, v.oid::regclass AS name,
               coalesce('WITH (' || array_to_string(v.reloptions, ', ') || ')', '') AS options
        FROM pg_depend d
        JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_class v ON v.oid = r.ev_class
        WHERE d.refobjid = 'communique.captures_before'::regclass AND v.relkind = 'v'
    LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %s %s AS %s', one.name, one.options,
                       replace(pg_get_viewdef(one.oid), 'captures_before', 'captures'));
    END LOOP;
END
$$
"""

MOVE = """
SELECT communique.ensure_captures_month(month) FROM (
    SELECT DISTINCT date_trunc('month', fetched_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month
    FROM communique.captures_before
) months ORDER BY month;
INSERT INTO communique.captures (
    id, run_id, source_id, address_id, listing, url, final_url, fetched_at,
    status, outcome, entries, error, suspect, checked, sha256, size, warc, record_id
) OVERRIDING SYSTEM VALUE
SELECT
    id, run_id, source_id, address_id, listing, url, final_url, fetched_at,
    status, outcome, entries, error, suspect, checked, sha256, size, warc, record_id
FROM communique.captures_before;
SELECT setval(pg_get_serial_sequence('communique.captures', 'id'), greatest(max(id), 1),
              max(id) IS NOT NULL) FROM communique.captures_before;
"""


def upgrade() -> None:
    op.drop_constraint("revisions_capture_id_fkey", "revisions", schema="communique")
    op.rename_table("captures", "captures_before", schema="communique")
    op.execute("ALTER SEQUENCE communique.captures_id_seq RENAME TO captures_before_id_seq")
    for constraint in ("pkey", "run_id_fkey", "source_id_fkey", "address_id_fkey"):
        op.drop_constraint(f"captures_{constraint}", "captures_before", schema="communique")
    _table()
    op.execute(ENSURE)
    op.execute(DROP)
    for name in ("ensure_captures_month", "drop_captures_month"):
        op.execute(f"REVOKE ALL ON FUNCTION communique.{name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION communique.{name} TO communique_app")
    op.execute(MOVE)
    op.execute(VIEWS)
    op.drop_table("captures_before", schema="communique")
    _indexes()
    op.create_foreign_key(
        "revisions_capture_id_captured_at_fkey",
        "revisions",
        "captures",
        ["capture_id", "captured_at"],
        ["id", "fetched_at"],
        source_schema="communique",
        referent_schema="communique",
    )
    op.execute("SELECT communique.ensure_captures_month(now())")


def _table() -> None:
    op.create_table(
        "captures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.Column("listing", sa.Text(), nullable=True, comment="the listing this page belongs to"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=False,
            comment="as DESIGN names them; `listed` for a listing",
        ),
        sa.Column("entries", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "suspect",
            sa.Text(),
            nullable=True,
            comment="why a maintainer should look at what was read here",
        ),
        sa.Column(
            "checked",
            sa.Boolean(),
            nullable=True,
            comment="false: the second opinion on this reading is still to be heard",
        ),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("warc", sa.Text(), nullable=True),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(address_id IS NULL) = (listing IS NOT NULL)",
            name=op.f("captures_page_or_listing_check"),
        ),
        sa.PrimaryKeyConstraint("id", "fetched_at", name=op.f("captures_pkey")),
        schema="communique",
        postgresql_partition_by="RANGE (fetched_at)",
    )
    for column, table in (
        ("run_id", "runs"),
        ("source_id", "sources"),
        ("address_id", "addresses"),
    ):
        op.create_foreign_key(
            op.f(f"captures_{column}_fkey"),
            "captures",
            table,
            [column],
            ["id"],
            source_schema="communique",
            referent_schema="communique",
        )
    op.execute("CREATE TABLE communique.captures_rest PARTITION OF communique.captures DEFAULT")


def _indexes() -> None:
    """After the rows have moved: it is faster, and by then the old table's names are free."""
    plain = (("run_id", "source_id"), ("address_id",), ("warc", "record_id"))
    for columns in plain:
        name = op.f(f"captures_{'_'.join(columns)}_idx")
        op.create_index(name, "captures", list(columns), schema="communique")
    for name, columns, where in (
        ("listings", ("source_id", "url", "fetched_at"), "listing IS NOT NULL"),
        ("suspect", ("source_id", "address_id"), "suspect IS NOT NULL"),
        ("unchecked", ("source_id",), "NOT checked"),
    ):
        op.create_index(
            f"captures_{name}_idx",
            "captures",
            list(columns),
            schema="communique",
            postgresql_where=sa.text(where),
        )
