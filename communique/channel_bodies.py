"""What a webhook is told of a mail: JSON for machines, with the same alerts as the mail."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from communique.mail.clean import shown

VERSION = 1
MOST_WORDS = 50

_ALERTS = text("""
SELECT d.id, d.kind, d.late, d.brief, u.watchlist, d.story_id, d.statement_id,
       ARRAY(SELECT t.id FROM communique.statements t WHERE t.story_id = d.story_id
             ORDER BY t.first_seen_at, t.id LIMIT 100) AS statement_ids,
       v.number AS revision, v.title, s.url, s.source_id AS source, o.publisher, o.country,
       o.host_country, s.language, s.published_on, s.published_at, s.date_precision,
       s.first_seen_at, v.seen_at, s.withdrawn_at
FROM communique.deliveries d
JOIN communique.subscriptions u ON u.id = d.subscription_id
JOIN communique.statements s ON s.id = d.statement_id
JOIN communique.revisions v ON v.id = d.revision_id
JOIN communique.sources o ON o.id = s.source_id
WHERE d.mail_id = :mail ORDER BY d.id
""")
_RULES = text("""
SELECT x.delivery_id, r.watchlist, r.rule AS id, r.name, r.severity, r.version,
       ARRAY(
           SELECT substr(CASE p.field WHEN 'title' THEN w.title ELSE w.text END,
                         p.start + 1, p."end" - p.start)
           FROM jsonb_to_recordset(m.spans) AS p (field text, start integer, "end" integer)
       ) AS words
FROM communique.deliveries d
JOIN communique.delivery_matches x ON x.delivery_id = d.id
JOIN communique.matches m ON m.id = x.match_id
JOIN communique.rules r ON r.id = m.rule_id
JOIN communique.revisions w ON w.id = m.revision_id
WHERE d.mail_id = :mail
ORDER BY array_position(ARRAY['urgent', 'notice', 'info'], r.severity), r.watchlist, r.rule
""")


def webhook_body(connection: Connection, mail: Any, subject: str, words: str) -> bytes:
    """The JSON body for one mail (a row of `mails`), in UTF-8. subject, words: the mail's own, for
    people. The same each time, as long as what it tells of is."""
    body = {
        "version": VERSION,
        "id": mail.id,
        "message_id": mail.message_id,
        "kind": mail.kind,
        "created_at": mail.created_at,
        "subject": subject,
        "text": words,
        "alerts": _alerts(connection, mail.id),
    }
    return json.dumps(body, ensure_ascii=False, default=_plain).encode("utf-8", "replace")


def _alerts(connection: Connection, mail_id: int) -> list[dict[str, Any]]:
    rules = defaultdict[int, list[Any]](list)
    for row in connection.execute(_RULES, {"mail": mail_id}).mappings():
        rules[row["delivery_id"]].append(row)
    alerts = connection.execute(_ALERTS, {"mail": mail_id}).mappings()
    return [_alert(row, rules[row["id"]]) for row in alerts]


def _alert(row: Any, rules: list[Any]) -> dict[str, Any]:
    words = dict.fromkeys(shown(word, 200) for rule in rules for word in rule["words"])
    cleaned = {name: shown(row[name], 300) for name in ("title", "publisher")}
    known = ("watchlist", "id", "name", "severity", "version")
    return {
        **row,
        **cleaned,
        "url": shown(row["url"], 2_000),
        "severity": rules[0]["severity"] if rules else "info",
        "rules": list(
            {rule["id"]: {name: rule[name] for name in known} for rule in rules}.values()
        ),
        "words": list(words)[:MOST_WORDS],
    }


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON")
