"""What a statement echoes, for a mail: the longest passages, each with who said it first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from communique.echoes.reading import EchoedPassage, echoed_passages
from communique.mail import dates
from communique.mail.clean import shown, shown_part, web_address

MOST_ECHOES = 3
# Of a passage and of what stands around it, in characters.
PASSAGE, AROUND = 320, 60
LONGEST_ADDRESS = 1_000


@dataclass(frozen=True, slots=True)
class Echo:
    """A passage that stood in an earlier statement of another story. on: the day of its first known
    use, in words; since: how many statements have used it since, this one included, or empty."""

    before: str
    passage: str
    after: str
    publisher: str
    on: str
    since: str
    title: str
    url: str


def echoes(connection: Connection, statement: int, revision: int) -> tuple[tuple[Echo, ...], int]:
    """The longest passages of a statement's wording number `revision` that are echoes, and how
    many more there are. A passage that several had used stands once, with the first of them."""
    mine = [
        each
        for each in echoed_passages(connection, statement) or ()
        if each.revision == revision or each.stands
    ]
    once: dict[str, EchoedPassage] = {}
    for each in mine:
        known = once.setdefault(each.passage, each)
        if each.first.on < known.first.on:
            once[each.passage] = each
    found = [each for each in once.values() if not _inside(each, once.values())]
    return tuple(map(_echo, found[:MOST_ECHOES])), max(0, len(found) - MOST_ECHOES)


def _inside(one: EchoedPassage, others: Iterable[EchoedPassage]) -> bool:
    """Whether a passage is only a part of a longer one that is told, and no older."""
    return any(
        each is not one and one.passage in each.passage and each.first.on <= one.first.on
        for each in others
    )


def _echo(one: EchoedPassage) -> Echo:
    others = one.used_since - 1
    return Echo(
        before=_tail(one.before),
        passage=shown(one.passage, PASSAGE),
        after=_head(one.after),
        publisher=shown(one.first.publisher, 120),
        on=dates.day(one.first.on),
        since=f", used {others + 1} times since" if others > 0 else "",
        title=shown(one.first.title, 160) or "(no title)",
        url=web_address(one.first.url, LONGEST_ADDRESS),
    )


def _tail(text: str) -> str:
    cleaned = shown_part(text)
    if len(cleaned) <= AROUND:
        return cleaned
    cut = cleaned[-AROUND:]
    return f"… {cut.partition(' ')[2] or cut}"


def _head(text: str) -> str:
    cleaned = shown_part(text)
    if len(cleaned) <= AROUND:
        return cleaned
    cut = cleaned[:AROUND]
    return f"{cut.rpartition(' ')[0] or cut} …"
