"""How a back-test is printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rich.text import Text
from sqlalchemy import Connection

from communique.backtest import BackTest
from communique.backtest_shown import Shown, shown
from communique.backtest_tally import Listed
from communique.backtest_trial import Trial
from communique.backtest_weeks import CHARTED
from communique.cli.common import console, counted, print_table
from communique.cli.passages import INDENT, indented, marked
from communique.mail.clean import shown as clean

BARS = "▁▂▃▄▅▆▇█"


def print_backtest(
    connection: Connection, found: BackTest, limit: int, seconds: float, known: Sequence[str]
) -> None:
    """The back-test on the terminal. limit: of statements in each list; 0: none. seconds: what it
    took. known: watchlists in force."""
    _line(_against(found, known))
    names = ("rule", "state", "version", "in_force", "draft", "added", "dropped")
    rows = [
        {"rule": each.rule, "state": each.state, "version": each.version, "in_force": each.before,
         "draft": each.after, "added": each.added, "dropped": each.dropped}
        for each in found.rules
    ]  # fmt: skip
    print_table(names, rows, right=names[2:])
    trial = Trial(found.sides)
    for title, listed, drafted in (
        ("Added", found.added, True),
        ("Dropped", found.dropped, False),
    ):
        _head(f"{title}: {counted(len(listed), 'statement')}")
        for one in shown(connection, trial, listed[: limit or None], drafted=drafted):
            _print(one, found)
        if limit and len(listed) > limit:
            _line(f"and {len(listed) - limit:,} more: --limit 0 shows all, as does --json")
    _head(f"In both: {counted(found.both, 'statement')}")
    _chart(found)
    _borderline(connection, found, trial)
    _line(f"\n{_how_much(found)} in {seconds:.1f} s. Nothing was sent, nothing was stored.")


def _against(found: BackTest, known: Sequence[str]) -> str:
    if any(each.version is not None for each in found.rules):
        return f"A draft of {found.watchlist}, beside what is in force."
    if found.watchlist in known:
        return f"A draft of {found.watchlist}: rule {found.rule} is new, nothing of it is in force."
    there = f" In force are {', '.join(known)}: --as NAME." if known else ""
    return f"Nothing of a watchlist {found.watchlist} is in force: what it finds is all new.{there}"


def _print(one: Shown, found: BackTest, because: Sequence[str] = ()) -> None:
    head = (
        Text(f"{one.day}  ") + Text(clean(one.title)) + Text(f"  [{one.listed.statement}]", "dim")
    )
    head.stylize("bold")
    console.print(head, soft_wrap=True, highlight=False)
    facts = [one.publisher]
    facts += [f"withdrawn {one.withdrawn_at:%Y-%m-%d}"] if one.withdrawn_at else []
    facts += [", ".join(sorted(one.listed.rules))] if len(found.rules) > 1 else []
    facts += [f"besides {', '.join(sorted(one.besides))}"] if one.besides else []
    indented(Text(clean(" · ".join(facts)), style="dim"))
    for reason in because:
        indented(Text(f"- {reason}"))
    for excerpt in one.passages:
        indented(marked(excerpt))
    if one.more:
        indented(Text(f"and {counted(one.more, 'more passage')}", style="dim"))


def _chart(found: BackTest) -> None:
    weeks = found.weeks[-CHARTED:]
    last = weeks[-1].start + timedelta(days=6)
    most = max(max(week.before, week.after) for week in weeks)
    what = f"rule {found.rule}" if found.rule else found.watchlist
    _head(f"Alerts of {what} a week, {weeks[0].start} to {last} (█ is {most})")
    mean = found.estimate
    _line(f"in force  {_bars([week.before for week in weeks], most)}  {mean.before:.1f} a week")
    _line(f"draft     {_bars([week.after for week in weeks], most)}  {mean.after:.1f} a week")
    _line(
        f"{INDENT[2:]}A story counts once, in the week it was published; the mean is of the last "
        f"{counted(mean.weeks, 'week')}."
    )


def _bars(numbers: Sequence[int], most: int) -> str:
    return "".join(BARS[number * 8 // (most + 1)] if number else "·" for number in numbers)


def _borderline(connection: Connection, found: BackTest, trial: Trial) -> None:
    if not found.borderline:
        return
    _head("Most borderline hits of the draft" + (", of those read" if found.unread else ""))
    each: list[Listed] = [one.listed for one in found.borderline]
    for one, hit in zip(shown(connection, trial, each), found.borderline, strict=True):
        _print(one, found, hit.doubt.reasons)


def _how_much(found: BackTest) -> str:
    said = f"Read {found.read:,} of {counted(found.statements, 'statement')}"
    if not found.narrowed:
        said += " (a rule asks for nothing that could be looked up, so all were read)"
    if found.waiting:
        said += f", {found.waiting:,} of them because the search index does not know them yet"
    if found.unread:
        said += f"; {found.unread:,} others count by what the search index says of them"
    return said + "," * bool(found.waiting or found.unread)


def _head(said: str) -> None:
    console.print(f"\n{said}", style="bold", markup=False, highlight=False, soft_wrap=True)


def _line(said: str) -> None:
    console.print(said, markup=False, highlight=False, soft_wrap=True)
