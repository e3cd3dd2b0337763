"""A store with the demonstration's two days in it: collected, settled, judged, mailed to nobody."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine

from communique.alert_runs import alert_run
from communique.demo import archive
from communique.jobs import collect_all, open_line
from communique.selections import EVERY
from communique.settings import Settings, project_folder
from communique.stack_demo import READERS, SOURCES
from communique.subscriptions import subscribe
from tests.communique.pages.house import opened
from tests.database_fixtures import cloned, dropped

_numbers = itertools.count(1)


@dataclass(frozen=True)
class DemoStore:
    """settings: of the store, whose clock is the evening of the second day."""

    settings: Settings
    engine: Engine


@pytest.fixture(scope="session")
def demo_template(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Address of a store with both days in it, which tests clone; and its home."""
    home = tmp_path_factory.mktemp("demo")
    archive.build(home / "pages.warc.gz")
    url = cloned(migrated, f"demo_{next(_numbers)}")
    engine = create_engine(url)
    for day in archive.days():
        settings = _settings(url, home).model_copy(update={"as_of": day})
        line = open_line(settings, engine)
        if day == archive.days()[0]:
            with engine.begin() as connection:
                for reader in READERS:
                    known = [each.name for each in line.loaded.watchlists]
                    subscribe(connection, reader, EVERY, day, known=known)
        collect_all(line, line.desk(None), run_key=f"collect:{day:%Y-%m-%d}")
        alert_run(engine, line.loaded, settings, day)
    engine.dispose()
    return url, home


@pytest.fixture
def demo(demo_template: tuple[str, Path]) -> Iterator[DemoStore]:
    """A copy of it, of this test's own."""
    template, home = demo_template
    url = cloned(template, f"pages_{next(_numbers)}")
    engine = create_engine(url)
    settings = _settings(url, home).model_copy(update={"as_of": archive.days()[-1]})
    yield DemoStore(settings, engine)
    engine.dispose()
    dropped(url)


@pytest.fixture
def client(demo: DemoStore) -> Iterator[TestClient]:
    """Ana, who may edit, at the pages of that store."""
    with opened(demo.settings) as client:
        yield client


def _settings(url: str, home: Path) -> Settings:
    return Settings(
        database_url=url,
        archive_url=None,
        smtp_url=None,
        mail_from="communique@example.org",
        sources=SOURCES,
        watchlists=project_folder("watchlists"),
        home=home,
        replay=(str(home / "pages.warc.gz"),),
        as_of=None,
        now=None,
    )
