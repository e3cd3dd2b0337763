"""Where fingerprints are kept: the store's own tables, or, while all stories are told anew, tables
of the session that stand beside them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text

from communique.stories.signatures import VERSION, Prints


@dataclass(frozen=True, slots=True)
class Store:
    """The names of the tables, as SQL. stands: of statements, with
    their story and what they are part of."""

    fingerprints: str
    bands: str
    stands: str

    def holders(
        self, connection: Connection, hashes: Collection[int], most: int
    ) -> dict[int, list[int]]:
        """The oldest wordings under each hash."""
        found: dict[int, list[int]] = {}
        asked = {"hashes": sorted(hashes), "most": most}
        for row in connection.execute(self._sql(_HOLDERS), asked) if hashes else ():
            found.setdefault(row.hash, []).append(row.revision_id)
        return found

    def standing(
        self, connection: Connection, revisions: Collection[int]
    ) -> Sequence[Row[tuple[Any, ...]]]:
        """revision_id, statement_id, story_id and shingles of these wordings."""
        asked = {"revisions": sorted(revisions)}
        return connection.execute(self._sql(_STANDING), asked).all() if revisions else ()

    def texts(
        self, connection: Connection, revisions: Collection[int], most: int
    ) -> dict[int, tuple[str, str]]:
        """Title and text of these wordings, at most so many characters of each."""
        asked = {"revisions": sorted(revisions), "most": most}
        rows = connection.execute(_TEXTS, asked) if revisions else ()
        return {row.id: (row.title, row.text) for row in rows}

    def keep(self, connection: Connection, made: Mapping[int, tuple[int, Prints]]) -> None:
        """Stores the fingerprints of wordings: revision to its number of shingles, and prints."""
        if not made:
            return
        asked: dict[str, Any] = {
            "revisions": list(made),
            "version": VERSION,
            "shingles": [many for many, _ in made.values()],
            "signatures": [prints.signature for _, prints in made.values()],
        }
        connection.execute(self._sql(_KEEP), asked)
        # In the order of the index, which then grows in fewer places.
        pairs = sorted((h, one) for one, (_, prints) in made.items() for h in prints.hashes)
        hashes, revisions = [h for h, _ in pairs], [one for _, one in pairs]
        connection.execute(self._sql(_KEEP_BANDS), {"hashes": hashes, "revisions": revisions})

    def members(
        self, connection: Connection, statements: Sequence[int]
    ) -> Sequence[Row[tuple[Any, ...]]]:
        """id, story_id of these statements, and whether each is alone in its story."""
        return connection.execute(self._sql(_MEMBERS), {"ids": statements}).all()

    def join(
        self, connection: Connection, statements: Sequence[int], stories: Sequence[int]
    ) -> None:
        """Puts each statement into its story."""
        if statements:
            connection.execute(self._sql(_JOIN), {"ids": statements, "stories": stories})

    def link(
        self, connection: Connection, statements: Sequence[int], wholes: Sequence[int]
    ) -> None:
        """Notes of each statement which one holds it whole; the first that did is kept."""
        if statements:
            connection.execute(self._sql(_LINK), {"ids": statements, "wholes": wholes})

    def _sql(self, clause: str) -> TextClause:
        names = {"fingerprints": self.fingerprints, "bands": self.bands, "stands": self.stands}
        return text(clause.format(**names))


_HOLDERS = """
SELECT wanted.hash, found.revision_id
FROM unnest(CAST(:hashes AS bigint[])) AS wanted (hash)
CROSS JOIN LATERAL (
    SELECT revision_id FROM {bands} WHERE hash = wanted.hash ORDER BY revision_id LIMIT :most
) AS found
"""
_STANDING = """
SELECT r.id AS revision_id, r.statement_id, s.story_id, f.shingles
FROM {fingerprints} f
JOIN communique.revisions r ON r.id = f.revision_id
JOIN {stands} s ON s.id = r.statement_id
WHERE f.revision_id = ANY (CAST(:revisions AS bigint[]))
"""
_TEXTS = text("""
SELECT id, left(title, :most) AS title, left(text, :most) AS text FROM communique.revisions
WHERE id = ANY (CAST(:revisions AS bigint[]))
""")
_KEEP = """
INSERT INTO {fingerprints} (revision_id, version, shingles, signature)
SELECT made.revision_id, :version, made.shingles, made.signature
FROM unnest(CAST(:revisions AS bigint[]), CAST(:shingles AS int[]), CAST(:signatures AS bytea[]))
    AS made (revision_id, shingles, signature)
ON CONFLICT (revision_id) DO UPDATE
SET version = excluded.version, shingles = excluded.shingles, signature = excluded.signature
"""
_KEEP_BANDS = """
INSERT INTO {bands} (hash, revision_id)
SELECT * FROM unnest(CAST(:hashes AS bigint[]), CAST(:revisions AS bigint[]))
ON CONFLICT DO NOTHING
"""
_MEMBERS = """
SELECT s.id, s.story_id, NOT EXISTS (
    SELECT FROM {stands} o WHERE o.story_id = s.story_id AND o.id <> s.id
) AS alone
FROM {stands} s WHERE s.id = ANY (CAST(:ids AS bigint[]))
"""
_JOIN = """
UPDATE {stands} s SET story_id = moved.story_id
FROM unnest(CAST(:ids AS bigint[]), CAST(:stories AS bigint[])) AS moved (id, story_id)
WHERE s.id = moved.id
"""
_LINK = """
UPDATE {stands} s SET part_of = linked.whole
FROM unnest(CAST(:ids AS bigint[]), CAST(:wholes AS bigint[])) AS linked (id, whole)
WHERE s.id = linked.id AND s.part_of IS NULL
"""

STORE = Store("communique.fingerprints", "communique.signature_bands", "communique.statements")
