"""The query language in a few lines, each with an example to follow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A query, and what it finds."""

    query: str
    finds: str


EXAMPLES = (
    Example("huawei ban", "both words, in all their forms (bans, banned), anywhere"),
    Example('"clean network"', "these words in this order, as they stand"),
    Example("huawei AND (ban OR exclu*)", "a choice; * stands for any letters, ? for one"),
    Example('"huawei security"~10', "near each other, at most 10 other words between"),
    Example("5G NOT spectrum", "the one without the other"),
    Example("华为", "Chinese in either script, blanks or none"),
    Example('title:huawei OR text:"core network"', "in the title only, or in the text only"),
    Example("huawei country:DE lang:de", "of a country's publishers, in a language"),
    Example('publisher:"Embassy of China"', "words in the publisher's name"),
    Example("topic:clean-network -country:US", "what rules marked so; - leaves out"),
)
