"""Subscriptions that choose, mails that hold several alerts, addresses that refuse"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

S = "communique"
TIME = sa.DateTime(timezone=True)
NAMES = postgresql.ARRAY(sa.Text())
NONE = sa.text("'{}'")

# What maintainers were told becomes mails; a pending alert gets its mail when it is next sent, but
# one that was tried keeps its Message-ID, so it becomes a mail of its own now, as what is done does.
MOVE = """
INSERT INTO communique.mails (key, recipient, kind, message_id, content, status, tries, last_error,
                              created_at, next_try_at, sent_at)
SELECT 'delivery:' || id, recipient, CASE kind WHEN 'source_health' THEN kind ELSE 'alert' END,
       message_id, content, status, tries, last_error, created_at, next_try_at, sent_at
FROM communique.deliveries
WHERE kind = 'source_health' OR message_id IS NOT NULL AND status IN ('pending', 'sent', 'failed')
ORDER BY id;
UPDATE communique.deliveries d SET mail_id = m.id
FROM communique.mails m WHERE m.key = 'delivery:' || d.id;
"""


def upgrade() -> None:
    op.create_table(
        "recipients",
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("refused", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("disabled_at", TIME),
        sa.Column("last_error", sa.Text()),
        schema=S,
    )
    op.create_table(
        "keys",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
        schema=S,
    )
    _mails()
    _subscriptions()
    op.add_column("deliveries", sa.Column("mail_id", sa.BigInteger()), schema=S)
    op.add_column(
        "deliveries",
        sa.Column("brief", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema=S,
    )
    _wordings_that_stand_again()
    op.create_foreign_key(
        "deliveries_mail_id_fkey", "deliveries", "mails", ["mail_id"], ["id"],
        source_schema=S, referent_schema=S,
    )  # fmt: skip
    op.create_index("deliveries_mail_id_idx", "deliveries", ["mail_id"], schema=S)
    op.create_index(
        "deliveries_subscription_id_created_at_idx", "deliveries",
        ["subscription_id", "created_at"], schema=S,
    )  # fmt: skip
    op.drop_constraint(op.f("deliveries_about_a_statement_check"), "deliveries", schema=S)
    op.create_check_constraint(
        op.f("deliveries_about_a_statement_check"),
        "deliveries",
        "kind IN ('digest', 'source_health') OR num_nulls(subscription_id, story_id, "
        "statement_id, revision_id) = 0",
        schema=S,
    )
    op.execute(MOVE)


def _wordings_that_stand_again() -> None:
    about = "of a wording that stands again; other wordings are judged as such"
    op.add_column("changes", sa.Column("judged_at", TIME, comment=about), schema=S)
    op.execute("UPDATE communique.changes SET judged_at = now() WHERE kind = 'restored'")
    op.create_index(
        "changes_unjudged_idx", "changes", ["id"], schema=S,
        postgresql_where=sa.text("judged_at IS NULL AND kind = 'restored'"),
    )  # fmt: skip
    about = "the edit that a wording alert is about"
    op.add_column("deliveries", sa.Column("change_id", sa.BigInteger(), comment=about), schema=S)
    op.create_foreign_key(
        "deliveries_change_id_fkey", "deliveries", "changes", ["change_id"], ["id"],
        source_schema=S, referent_schema=S,
    )  # fmt: skip


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text()),
        sa.Column("content", postgresql.JSONB()),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("held_because", sa.Text()),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("next_try_at", TIME),
        sa.Column("sent_at", TIME),
        sa.UniqueConstraint("key"),
        sa.CheckConstraint("status IN ('pending', 'sent', 'failed', 'held')", name="status"),
        sa.CheckConstraint(
            "kind IN ('alert', 'digest', 'confirmation', 'notice', 'source_health', 'canary')",
            name="kind",
        ),
        sa.CheckConstraint("(status = 'held') = (held_because IS NOT NULL)", name="held"),
        schema=S,
    )
    op.create_index(
        "mails_pending_idx", "mails", ["next_try_at"], schema=S,
        postgresql_where=sa.text("status = 'pending'"),
    )  # fmt: skip
    op.create_index("mails_sent_at_idx", "mails", ["sent_at"], schema=S)


def _subscriptions() -> None:
    op.drop_constraint(op.f("subscriptions_email_watchlist_key"), "subscriptions", schema=S)
    op.alter_column("subscriptions", "email", new_column_name="recipient", schema=S)
    whole = sa.Integer()
    for column in (
        sa.Column("how", sa.Text(), server_default="instant", nullable=False),
        sa.Column("severity", sa.Text(), server_default="info", nullable=False),
        sa.Column("rules", NAMES, server_default=NONE, nullable=False),
        sa.Column("countries", NAMES, server_default=NONE, nullable=False),
        sa.Column("zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("hour", whole, server_default=sa.text("7"), nullable=False),
        sa.Column("weekday", whole, server_default=sa.text("0"), nullable=False),
        sa.Column("quiet_from", whole),
        sa.Column("quiet_until", whole),
        sa.Column("most_a_day", whole, server_default=sa.text("40"), nullable=False),
        sa.Column("confirmed_at", TIME),
        sa.Column("paused_at", TIME),
        sa.Column("paused_until", TIME),
    ):
        op.add_column("subscriptions", column, schema=S)
    # Who was subscribed before there were confirmations has been hearing of it since.
    op.execute("UPDATE communique.subscriptions SET confirmed_at = created_at")
    op.create_unique_constraint(
        "subscriptions_recipient_watchlist_how_key", "subscriptions",
        ["recipient", "watchlist", "how"], schema=S,
    )  # fmt: skip
    for name, rule in (
        ("how", "how IN ('instant', 'daily', 'weekly')"),
        ("severity", "severity IN ('info', 'notice', 'urgent')"),
        ("time", "hour BETWEEN 0 AND 23 AND weekday BETWEEN 0 AND 6"),
        (
            "quiet",
            "num_nulls(quiet_from, quiet_until) <> 1 AND (quiet_from IS NULL OR (quiet_from "
            "BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23 AND quiet_from <> quiet_until))",
        ),
        ("most_a_day", "most_a_day > 0"),
    ):
        op.create_check_constraint(
            op.f(f"subscriptions_{name}_check"), "subscriptions", rule, schema=S
        )
