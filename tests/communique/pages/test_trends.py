"""Promise: the page of trends, its table and its files tell the same numbers, and what has to be
known to read them; whatever strangers wrote, it is words."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from urllib.parse import urlencode
from xml.etree.ElementTree import fromstring

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from communique.search import search
from communique.settings import Settings
from tests.communique.alert_rows import post
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import PUBLISHER, assert_only_text, store_hostile
from tests.communique.pages.house import OMAR, PREFIX, opened

SVG = "{http://www.w3.org/2000/svg}"
HTMX = {"hx-request": "true"}


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted is told here, not how soon: a busy machine takes its time."""
    for name in ("trends_asked.PATIENCE", "trends_asked.FURTHER", "trends.FURTHER"):
        monkeypatch.setattr(f"communique.pages.{name}", 60.0)


def asked(client: TestClient, path: str = "/trends", status: int = 200, **query: object) -> str:
    answer = client.get(f"{PREFIX}{path}?{urlencode(query, doseq=True)}")
    assert answer.status_code == status, answer.text
    return answer.text


def figures(client: TestClient, **query: object) -> list[dict[str, str]]:
    body = asked(client, "/trends.csv", **query)
    return list(csv.DictReader(io.StringIO(body.removeprefix("\ufeff"))))


def rows_of(body: str, selector: str = ".figures tbody tr") -> list[list[str]]:
    soup = BeautifulSoup(body, "lxml")
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")]
        for row in soup.select(selector)
    ]


def test_page_table_and_files_tell_what_a_search_finds(demo: DemoStore, client: TestClient) -> None:
    for query in ("huawei", '"clean network"', "country:CN", "5g NOT huawei"):
        with demo.engine.connect() as connection:
            hits = search(connection, query, limit=500, patience=60).hits
        assert hits
        for by in ("country", "publisher"):
            body = asked(client, q=query, by=by, period="all")
            assert f"<strong>{len(hits)}</strong> statements" in body
            assert sum(int(row[-1]) for row in rows_of(body)) == len(hits)
            told = figures(client, q=query, by=by, period="all")
            groups = {hit.publisher if by == "publisher" else hit.country or "" for hit in hits}
            assert {row[by] for row in told} == groups
            assert sum(int(row["statements"]) for row in told) == len(hits)
            drawn = asked(client, "/trends.svg", q=query, by=by, period="all")
            said = fromstring(drawn.encode()).findtext(f"{SVG}desc") or ""
            assert f" {len(hits):,} statements" in said


def test_weeks_without_a_mention_are_zeros_and_the_running_week_is_marked(
    client: TestClient,
) -> None:
    query = {"q": "huawei", "since": "2025-12-30", "until": "2026-03-03"}
    told = figures(client, **query)
    starts = sorted({date.fromisoformat(row["week"]) for row in told})
    assert starts == [date(2025, 12, 29) + timedelta(weeks=number) for number in range(10)]
    assert {row["statements"] for row in told if row["week"] == "2025-12-29"} == {"0"}
    assert {row["week"] for row in told if row["ended"] == "false"} == {"2026-03-02"}
    assert {row["last_day"] for row in told if row["week"] == "2026-03-02"} == {"2026-03-08"}
    body = asked(client, **query)
    assert [row[0] for row in rows_of(body)][-1] == "2026-03-02 (not ended)"
    assert "week of 2026-03-02 has not ended" in body
    assert "stroke-dasharray" in body


def test_files_keep_the_weeks_or_months_of_the_page(client: TestClient) -> None:
    body = BeautifulSoup(asked(client, q="huawei", since="2016-01-01"), "lxml")
    assert body.select_one(".figures thead th").get_text() == "Month"  # type: ignore[union-attr]
    (link,) = (each["href"] for each in body.select(".files a") if "csv" in str(each["href"]))
    answer = client.get(str(link))
    assert answer.text.splitlines()[0].removeprefix("\ufeff").split(",")[1] == "month"


def test_three_queries_are_compared_in_one_chart(client: TestClient) -> None:
    body = asked(client, q=["huawei", "5g", "network"], period="all")
    alone = [
        sum(int(row["statements"]) for row in figures(client, q=each, period="all"))
        for each in ("huawei", "5g", "network")
    ]
    sums = rows_of(body, ".figures tfoot tr")[0]
    assert sums == ["together", *map(str, alone)]
    told = figures(client, q=["huawei", "5g", "network"], period="all")
    assert {row["of"] for row in told} == {"huawei", "5g", "network"}
    assert "country" not in told[0]
    asked(client, q=["a", "b", "c", "d"], status=422)


def test_who_used_it_first_and_how_it_spread(demo: DemoStore, client: TestClient) -> None:
    with demo.engine.connect() as connection:
        hits = search(connection, "network", limit=500, patience=60).hits
    body = asked(client, q="network", view="spread")
    rows = rows_of(body, ".firsts tbody tr")
    countries = {hit.country for hit in hits}
    assert len(rows) == len(countries) > 1
    days = [row[2].removesuffix(" (first seen)") for row in rows]
    assert days == sorted(days)
    assert days[0] == min(hit.day for hit in hits).isoformat()
    links = re.findall(r'href="/communique/statements/(\d+)"', body)
    assert {int(number) for number in links} <= {hit.id for hit in hits}
    told = figures(client, q="network", view="spread")
    assert [row["day"] for row in told] == days
    assert asked(client, "/trends.svg", q="network", view="spread").count("<path") > len(rows)
    assert "Nobody has said it" in asked(client, q="zzzzz", view="spread")


def test_a_rule_says_since_when_it_judges_and_leads_to_its_query(
    demo: DemoStore, client: TestClient
) -> None:
    with demo.engine.connect() as connection:
        rule = connection.execute(text(
            "SELECT watchlist || '/' || rule FROM analyst.matches WHERE stands LIMIT 1"
        )).scalar_one()  # fmt: skip
        many = connection.execute(text(
            "SELECT count(DISTINCT statement_id) FROM analyst.matches "
            "WHERE watchlist || '/' || rule = :rule AND stands"
        ), {"rule": rule}).scalar_one()  # fmt: skip
    body = asked(client, rule=rule, period="all")
    assert f"<strong>{many}</strong>" in body
    assert f"{rule} has judged what was read since 2026-03-0" in body
    assert f"Count the query of {rule}" in body
    assert "There is no rule" in asked(client, rule="nowhere/none", status=422)


def test_sources_that_were_added_later_are_marked(demo: DemoStore, client: TestClient) -> None:
    with demo.engine.begin() as connection:
        connection.execute(text("UPDATE communique.sources SET added_at = '2026-01-05T00:00Z'"))
        late = connection.execute(text(
            "UPDATE communique.sources SET added_at = '2026-02-26T00:00Z' WHERE id = ("
            "SELECT source_id FROM communique.statements WHERE topics @> '{huawei}' LIMIT 1) "
            "RETURNING publisher"
        )).scalar_one()  # fmt: skip
    body = BeautifulSoup(asked(client, q="huawei", since="2026-02-20"), "lxml")
    notes = body.select_one(".notes").get_text()  # type: ignore[union-attr]
    assert "watched since 2026-01-05; 1 of them only since a day within this period" in notes
    assert "after this period" not in notes
    with demo.engine.begin() as connection:
        connection.execute(text("UPDATE communique.sources SET added_at = '2026-06-01T00:00Z'"))
    body_after = asked(client, q="huawei", since="2026-02-20", until="2026-03-04")
    assert "watched since 2026-06-01; all of them only since a day after this period" in body_after
    titles = [title.get_text() for title in body.select(".only-wide title")]
    assert f"added to what is watched: {late}" in titles


def test_out_of_time_it_says_how_far_it_counted_and_goes_on(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communique.pages.trends_asked.PATIENCE", 0.0)
    body = asked(client, q='"clean network"')
    assert "Not even the newest week could be counted" in body
    further = re.search(r'href="/communique(/trends\?[^"]*further=1)"', body)
    assert further is not None
    again = client.get(PREFIX + further[1].replace("&amp;", "&"), headers=HTMX).text
    assert again.startswith("<h2")
    assert "Not even" not in again
    assert rows_of(again)


def test_strangers_words_stay_words(engine: Engine, database_url: str, tmp_path: object) -> None:
    store_hostile(engine)
    settings = Settings(database_url=database_url, now="2026-03-02T06:10:00Z")  # type: ignore[arg-type]
    with opened(settings) as client:
        for query in (
            {"q": "clean OR huawei", "by": "publisher"},
            {"q": "clean OR huawei", "view": "spread", "by": "publisher"},
            {"q": "clean OR huawei", "view": "spread"},
        ):
            body = asked(client, **query)
            assert_only_text(body)
            drawn = asked(client, "/trends.svg", **query)
            assert "<script" not in drawn
            fromstring(drawn.encode())
        told = figures(client, q="clean OR huawei", by="publisher")
        assert {row["publisher"] for row in told} == {PUBLISHER}
        script = '"><script>pwned()</script>'
        assert_only_text(asked(client, q=f"topic:x OR {script}", status=422))
        assert_only_text(asked(client, topic=script, period="all"))


def test_figures_are_no_formulas(engine: Engine, database_url: str) -> None:
    post(engine, title="=1+1", text="They spoke of huawei.", source="formula")
    with engine.begin() as connection:
        connection.execute(text("UPDATE communique.sources SET publisher = '=cmd|1'"))
        connection.execute(text("UPDATE communique.statements SET topics = '{huawei}'"))
    settings = Settings(database_url=database_url, now="2026-03-02T06:10:00Z")  # type: ignore[arg-type]
    with opened(settings) as client:
        assert figures(client, topic="huawei", by="publisher")[0]["publisher"] == "'=cmd|1"
        assert figures(client, topic="huawei", view="spread")[0]["title"] == "'=1+1"


def test_files_are_named_after_what_they_tell(client: TestClient) -> None:
    for path, view, name in (
        ("/trends.csv", "time", "communique-huawei-ban-2026-02-02-2026-03-08.csv"),
        ("/trends.svg", "time", "communique-huawei-ban-2026-02-02-2026-03-08.svg"),
    ):
        answer = client.get(
            PREFIX + path,
            params={"q": ["huawei", '"ban"'], "since": "2026-02-05", "view": view},
        )
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert "2026-02-02" in answer.text
        assert "huawei" in answer.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"q": "foo("}, "▸"),
        ({"q": "huawei", "since": "2026-02-30"}, "no day"),
        ({"q": "huawei", "since": "2026-03-02", "until": "2026-01-01"}, "before it begins"),
        ({"q": "huawei", "until": "9999-12-31"}, "too far away"),
        ({"q": "x" * 2001}, "more than 2000 characters"),
        ({"q": "huawei", "since": "1950-01-01", "per": "week"}, "name a later"),
        ({"rule": "huawei"}, "watchlist/rule"),
        ({"q": "huawei", "by": "week"}, "by"),
        ({"q": "huawei", "period": "ever"}, "period"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_words(
    client: TestClient, query: dict[str, str], said: str
) -> None:
    for path in ("/trends", "/trends.svg", "/trends.csv"):
        assert said in asked(client, path, status=422, **query)


def test_who_may_only_look_sees_it_and_htmx_gets_only_the_result(demo: DemoStore) -> None:
    with opened(demo.settings, **OMAR) as client:
        assert "Where to begin" in asked(client)
        answer = client.get(f"{PREFIX}/trends?q=huawei", headers=HTMX)
        assert answer.status_code == 200
        assert "<html" not in answer.text
        assert "style=" not in answer.text
        assert client.get(f"{PREFIX}/trends.csv").status_code == 422
        assert client.get(f"{PREFIX}/trends?q=huawei", headers={"x-visitor": ""}).status_code == 401
