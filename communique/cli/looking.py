"""How `communique show` prints a statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.text import Text

from communique.cli.common import console, counted, print_table, visible
from communique.diffs import MARKS, Operation
from communique.showing import MOST, Rows, Shown

STYLES = {"equal": "", "delete": "red strike", "insert": "green"}
KINDS = {
    "edited": "edited",
    "restored": "an earlier wording stands again",
    "withdrawn": "withdrawn: gone twice, hours apart",
    "returned": "there again",
}
_OTHER_FACTS = ("day", "source", "country", "language")


def print_shown(found: Shown) -> None:
    """The statement on the terminal: facts, wordings, changes, what is around it, its text."""
    facts = {name: said for name, said in found.facts.items() if name not in ("text", "title")}
    console.print(found.facts["title"], style="bold", markup=False)
    print_table(("fact", "value"), [{"fact": k, "value": v} for k, v in facts.items()])
    _head("Wordings")
    print_table(("number", "seen_at", "capture_id", "reader", "title"), found.revisions)
    for revision in found.revisions:
        if revision["suspect"]:
            _line(f"revision {revision['number']} is doubtful: {revision['suspect']}")
    if found.changes:
        _head("What became of it")
    for change in found.changes:
        _print_change(change)
    _print_around(found)
    if found.alerts:
        _head("Alerts")
        columns = ("created_at", "rule", "severity", "kind", "recipient", "status", "held_because")
        print_table(columns, found.alerts)
    console.print("\n" + found.facts["text"], markup=False, highlight=False, soft_wrap=True)


def print_evidence(found: Shown) -> None:
    """Where the raw bytes of each wording lie."""
    for revision in found.revisions:
        console.print(f"\nrevision {revision['number']}")
        for name in ("fetched_at", "sha256", "warc", "record_id"):
            _line(f"  {name} {revision[name]}")


def marked_text(operations: Iterable[Operation]) -> Iterable[Text]:
    """A diff as lines for the terminal, one for each field: in colours, or where there are none
    marked with signs."""
    lines: dict[str, Text] = {}
    coloured = console.is_terminal and not console.no_color and console.color_system is not None
    for each in operations:
        line = lines.setdefault(each["field"], Text(f"  {each['field']}: "))
        before, after = ("", "") if coloured else MARKS[each["op"]]
        words = visible(each["text"]).replace("\n", "\n  ")
        line.append(f"{before}{words}{after}", STYLES[each["op"]] if coloured else "")
    return lines.values()


def _print_change(change: Mapping[str, Any]) -> None:
    said = f"{change['at']:%Y-%m-%d %H:%M}  {KINDS[change['kind']]}"
    if change["revision_before"] is not None:
        said += f", wording {change['revision_before']} to {change['revision']}"
    if change["reread"]:
        said += " (read by another reader: the publisher may have edited nothing)"
    _line(said)
    if change["revision_before"] is not None and not change["diff"]:
        _line("  nothing that a reader sees")
    for line in marked_text(change["diff"] or ()):
        console.print(line, soft_wrap=True)
    if any(each.get("coarse") for each in change["diff"] or ()):
        _line("  Too long to compare to the end: not all of what is marked need be changed.")


def _print_around(found: Shown) -> None:
    if found.part_of is not None:
        _head("Part of")
        _print_rows([found.part_of])
    for title, rows in (
        (f"Also in story {found.facts['story_id']}", found.story),
        ("Holds whole", found.parts),
        ("In other languages", found.translations),
    ):
        if rows:
            _head(title)
            _print_rows(rows)
    echoes = found.echoes
    if any(echoes.values()):
        _head("Echoes")
        passages, earlier = echoes["passages"], echoes["earlier_statements"]
        _line(
            f"{counted(passages, 'passage')} stood in {counted(earlier, 'earlier statement')}; "
            f"{counted(echoes['later_statements'], 'later one')} took passages up from here."
        )


def _print_rows(rows: Rows) -> None:
    for row in rows:
        facts = [str(row[name]) for name in _OTHER_FACTS if row[name] is not None]
        facts += [f"withdrawn {row['withdrawn_at']:%Y-%m-%d}"] if row["withdrawn_at"] else []
        _line(f"{row['id']}  {' · '.join(facts)}")
        _line(f"  {row['title']}")
        _line(f"  {row['url']}")
    if len(rows) == MOST:
        _line(f"... of which only {MOST} are shown")


def _head(title: str) -> None:
    console.print(f"\n{title}", style="bold", markup=False, highlight=False)


def _line(said: str) -> None:
    console.print(said, markup=False, highlight=False, soft_wrap=True)
