"""Queries of every kind, as analysts ask them of a large store."""

from __future__ import annotations

from datetime import date

# The query, and the first and the last day that are wanted.
QUERIES: tuple[tuple[str, date | None, date | None], ...] = (
    ("huawei", None, None),
    ('"clean network"', None, None),
    ('huawei AND "clean network"', None, None),
    ("the", None, None),
    ("minister", None, None),
    ("minister AND security", None, None),
    ('"foreign ministry"', None, None),
    ('"so-called clean network"', None, None),
    ('"huawei equipment"~10', None, None),
    ('"security government"~5', None, None),
    ("huaw*", None, None),
    ("govern* AND secur*", None, None),
    ("zzyzx", None, None),
    ("Belizn OR Zostan OR Trudan", None, None),
    ("huawei NOT 5g", None, None),
    ("minister NOT huawei", None, None),
    ("华为", None, None),
    ("清洁", None, None),
    ("清洁网络", None, None),
    ("中国", None, None),
    ("華為", None, None),
    ("lang:de", None, None),
    ("huawei AND country:DE", None, None),
    ("source:cn_mfa_en AND security", None, None),
    ("topic:clean-network", None, None),
    ("minister", date(2025, 12, 1), date(2025, 12, 3)),
    ("huawei", None, date(2025, 12, 1)),
)
