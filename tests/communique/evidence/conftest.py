"""The publishers of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.communique.evidence.ministry import Ministry, opened
from tests.servers import Server


@pytest.fixture
def ministry(tmp_path: Path, database_url: str) -> Iterator[Ministry]:
    with Server() as web:
        made = opened(tmp_path, web, database_url)
        yield made
        made.store.dispose()
