"""Promise: a section that shows its newest statement whole loses none of them, and the next one
shown there is no edit of the last."""

from __future__ import annotations

from pathlib import Path

from tests.command import answer, communique
from tests.servers import Reply, Server

SECTION = """<!DOCTYPE html><html lang="en"><head><title>Remarks</title></head><body>
<ul>{items}</ul><div id="News_Body_Title">{title}</div>
<div id="News_Body_Time">(2026-03-{day:02})</div>
<div id="News_Body_Txt_A"><p>{text}</p><p>The spokesperson thanked for the question.</p></div>
</body></html>"""
WORDS = "Asked about networks, the spokesperson of embassy said that day {day} changes nothing. "
HTML = {"Content-Type": "text/html; charset=utf-8"}


def section(day: int) -> Reply:
    """The section on that day: its newest whole, those before it as links."""
    items = "".join(
        f'<li><a href="t20260300{n}.htm">{title(n)}</a>(2026-03-{n:02})</li>' for n in range(1, day)
    )
    page = SECTION.format(items=items, title=title(day), day=day, text=WORDS.format(day=day) * 5)
    return Reply(headers=HTML, body=page)


def title(day: int) -> str:
    return f"Remarks of the spokesperson, number {day}, on trade"


def test_each_statement_shown_whole_is_one_statement(tmp_path: Path) -> None:
    with Server() as web:
        (tmp_path / "sources").mkdir()
        (tmp_path / "sources" / "china.yaml").write_text(
            "- id: mission\n  publisher: A mission\n  kind: embassy\n  languages: [en]\n"
            "  time_zone: Europe/Skopje\n  reader: china_mission\n  delay: 0\n"
            f"  listings: [{web.url}/eng/remarks/]\n"
        )
        settings = {
            "home": str(tmp_path / "home"),
            "sources": str(tmp_path / "sources"),
            "allow_addresses": "127.0.0.0/8",
        }
        for day in (2, 3):
            web.pages["/eng/remarks/"] = section(day)
            for n in range(1, day):  # what is no longer the newest has got a page of its own
                web.pages[f"/eng/remarks/t20260300{n}.htm"] = section(n)
            now = settings | {"now": f"2026-03-{day:02}T09:00:00Z"}
            (covered,) = answer("collect", settings=now)
            assert covered["counts"]["revised"] == 0
        query = (
            "SELECT title, count(*), count(DISTINCT story_id) FROM analyst.statements "
            "GROUP BY title ORDER BY title"
        )
        shown = communique("db", "psql", "--", "-At", "-c", query, settings=settings)
    # The second was first read on the section's own page, then at its own address: one story.
    assert shown.stdout.split("\n")[:3] == [
        f"{title(1)}|1|1",
        f"{title(2)}|2|1",
        f"{title(3)}|1|1",
    ]
