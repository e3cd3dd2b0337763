"""Which sources are one publisher's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from communique.translations.names import COMMON

# `cn_mfa_en` and `cn_mfa_zh` are one ministry's; but a mission's id ends with its host country,
# as `cn_embassy_es` does.
_EDITION = re.compile(r"(.+)_(?:en|zh|es|ru|fr|ar|de|pt|it|nl|pl|tr|ja|ko|fa|uk|cs|sv|fi|no|da)")
_SOURCES = text("SELECT id, kind, country, host_country FROM communique.sources ORDER BY id")


@dataclass(frozen=True, slots=True)
class Publisher:
    """Sources of one publisher. common: what the names weigh that it always speaks of."""

    sources: tuple[str, ...]
    common: Mapping[str, float]


def publishers_of(connection: Connection, sources: Collection[str]) -> dict[str, Publisher]:
    """Whose each of these sources is, by the source's id. One publisher's editions have ids that
    differ in their language alone, the same kind and country, and no host country."""
    rows = connection.execute(_SOURCES).all()
    editions: dict[tuple[str, str, str | None], list[str]] = defaultdict(list)
    keys: dict[str, tuple[str, str, str | None]] = {}
    for row in rows:
        edition = _EDITION.fullmatch(row.id)
        if edition and row.host_country is None:
            keys[row.id] = (edition[1], row.kind, row.country)
            editions[keys[row.id]].append(row.id)
    found = {}
    for row in rows:
        if row.id in sources:
            of = tuple(editions[keys[row.id]]) if row.id in keys else (row.id,)
            own = {country: COMMON["CN"] for country in (row.country, row.host_country) if country}
            found[row.id] = Publisher(of, {**COMMON, **own})
    return found
