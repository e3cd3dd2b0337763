"""What a statement is about, as far as the watchlists name topics."""

from __future__ import annotations

from collections.abc import Sequence

from communique.rules import Document, compile_rules
from communique.watchlists import Loaded
from communique.wordings import Topics
from scrapers.values import Statement


def topics_of(loaded: Loaded) -> Topics:
    """Tells a statement's topics: those of the rules that name one and hold for it."""
    matcher = compile_rules(
        rule for watchlist in loaded.watchlists for rule in watchlist.rules if rule.topic
    )

    def topics(statement: Statement) -> Sequence[str]:
        document = Document(
            title=statement.title,
            text=statement.text,
            language=statement.language,
            source=statement.source,
        )
        return sorted({hit.rule.topic for hit in matcher.match(document) if hit.rule.topic})

    return topics
