"""The maintainers' mail: which sources changed state since they were last told, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from communique.mail import dates
from communique.mail.clean import shown
from communique.mail.message import Sender, envelope, fill, subject_line

TITLES = {
    "failing": "Failing",
    "never_worked": "Never worked",
    "blocked": "Blocked",
    "late": "Late",
    "quiet": "Quiet",
    "recovered": "Well again",
}
MEANINGS = {
    "failing": "What they publish may be missed until this is mended.",
    "never_worked": "No run of these was ever good: their facts may be wrong.",
    "blocked": "They refuse us; what they publish is missed.",
    "late": "Nobody looked for too long, or nothing new came for far longer than usual.",
    "quiet": "They read well, but nothing new came for longer than usual. No harm so far.",
    "recovered": "",
}
STATES = {"ok": "ok", "not_run": "not yet run", "never_worked": "never worked"}
# As an alert's severity colours it.
WEIGHTS = {"late": "notice", "quiet": "info", "recovered": "info"}


@dataclass(frozen=True, slots=True)
class Change:
    """One source that changed state. was: its state before, in words; empty: none worth a word."""

    source: str
    publisher: str
    was: str
    since: str
    said: str
    address: str
    command: str


@dataclass(frozen=True, slots=True)
class Group:
    """Sources of one desk that changed alike. some: the first few of them."""

    desk: str
    number: int
    watched: int
    since: str
    said: str
    some: str
    command: str


@dataclass(frozen=True, slots=True)
class Section:
    """All that came into one state. more: how many entries are not shown."""

    title: str
    meaning: str
    weight: str
    number: int
    groups: tuple[Group, ...]
    entries: tuple[Change, ...]
    more: int
    command: str


@dataclass(frozen=True, slots=True)
class Note:
    """Gaps or doubtful readings of one source. said: the first of them."""

    source: str
    publisher: str
    number: int
    said: str
    command: str


@dataclass(frozen=True, slots=True)
class HealthLetter:
    """What the mail says; everything is cleaned for showing. last_told: empty in the first mail.
    standing: how many sources are in which state now."""

    recipient: str
    headline: str
    at: str
    last_told: str
    standing: str
    weight: str
    sections: tuple[Section, ...]
    gaps: tuple[Note, ...]
    doubts: tuple[Note, ...]


def health_letter(content: Mapping[str, Any], recipient: str) -> HealthLetter:
    """The letter that a delivery's content amounts to."""
    sections = tuple(map(_section, content["sections"]))
    gaps, doubts = (tuple(map(_note, content[name])) for name in ("gaps", "doubts"))
    counts = Counter(content["states"].values())
    standing = ", ".join(f"{number} {_state(state)}" for state, number in counts.most_common())
    return HealthLetter(
        recipient=recipient,
        headline=_headline(content, sections, gaps, doubts),
        at=_moment(content["at"]),
        last_told=_moment(content["last_told"]) if content["last_told"] else "",
        standing=f"{counts.total()} sources are watched: {standing or 'none'}.",
        weight=next((section.weight for section in sections), "info"),
        sections=sections,
        gaps=gaps,
        doubts=doubts,
    )


def compose_health(
    letter: HealthLetter, origin: Sender, message_id: str, date: datetime
) -> EmailMessage:
    """The mail that tells `letter`. date: when it is sent (aware)."""
    mail = envelope(
        origin, letter.recipient, subject_line(f"[sources] {letter.headline}"), message_id, date
    )
    mail["List-Id"] = f"<source-health.communique.{origin.domain}>"
    fill(mail, "health", letter=letter)
    return mail


def _headline(
    content: Mapping[str, Any],
    sections: tuple[Section, ...],
    gaps: tuple[Note, ...],
    doubts: tuple[Note, ...],
) -> str:
    """One line: how many changed into which state."""
    parts = [f"{section.number} {section.title.lower()}" for section in sections]
    for name, notes in (("gap", gaps), ("doubtful reading", doubts)):
        number = sum(note.number for note in notes)
        parts += [f"{number} new {name}{'' if number == 1 else 's'}"] if number else []
    if content["last_told"]:
        return ", ".join(parts)
    return f"first report: {', '.join(parts) or 'nothing to mend'}"


def _section(section: Mapping[str, Any]) -> Section:
    state = section["state"]
    return Section(
        title=TITLES[state],
        meaning=MEANINGS[state],
        weight=WEIGHTS.get(state, "urgent"),
        number=section["number"],
        groups=tuple(map(_group, section["groups"])),
        entries=tuple(map(_change, section["entries"])),
        more=section["more"],
        command=f"communique coverage --state {'ok' if state == 'recovered' else state}",
    )


def _group(group: Mapping[str, Any]) -> Group:
    return Group(
        desk=group["desk"],
        number=group["number"],
        watched=group["watched"],
        since=_moment(group["since"]),
        said=shown(group["said"], 300),
        some=", ".join(group["sources"]),
        command=group["command"],
    )


def _change(entry: Mapping[str, Any]) -> Change:
    return Change(
        source=entry["source"],
        publisher=shown(entry["publisher"], 120),
        was="" if entry["was"] in ("ok", "not_run") else _state(entry["was"]),
        since=_moment(entry["since"]),
        said=shown(entry["said"], 400),
        address=shown(entry["address"] or "", 2_000).replace(" ", "%20"),
        command=entry["command"],
    )


def _note(note: Mapping[str, Any]) -> Note:
    command = f"communique coverage --source {note['source']}"
    publisher, said = shown(note["publisher"], 120), shown(note["said"], 400)
    return Note(note["source"], publisher, note["number"], said, command)


def _state(state: str) -> str:
    return STATES.get(state, state)


def _moment(at: str) -> str:
    return dates.moment(datetime.fromisoformat(at))
