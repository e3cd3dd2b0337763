"""What somebody asks of all statements: a query, what narrows it down, and in which order."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import HTTPException, Query

from communique.rules import RuleError, narrowed, parse
from communique.rules.narrowing import asked_fact
from communique.search import Order

MOST_VALUES = 50  # of one filter
FIELDS = {
    "country": "country",
    "publisher": "publisher",
    "source": "source",
    "topic": "topic",
    "language": "lang",
}  # the page's name of a filter: the query language's
Values = Annotated[list[str], Query(default_factory=list)]
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


class AskedError(Exception):
    """A filter that makes no sense; the message says which, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as an address holds it. q: in the rules' language; empty: every statement. filters:
    by the page's names, without those that choose nothing. since, until: days as they were typed.
    after: the place to go on from. seen: what was first seen later is marked as new."""

    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: str = ""
    until: str = ""
    order: Order = "newest"
    after: str = ""
    seen: str = ""

    def chosen(self, name: str) -> tuple[str, ...]:
        """The values that a filter lets through; empty: all."""
        return self.filters.get(name, ())

    def query(self) -> str:
        """All of it but the days as one query; empty: every statement. Raises RuleError, whose
        position is one of `q`, and AskedError for a filter."""
        for name, values in self.filters.items():
            try:
                parse(asked_fact(FIELDS[name], values))
            except RuleError as error:
                said = error.reason.removeprefix(f"{FIELDS[name]}:").strip()
                raise AskedError(f"{name}: {said}") from error
        return narrowed(self.q, {FIELDS[name]: v for name, v in self.filters.items()})

    def period(self) -> tuple[date | None, date | None]:
        """The first and the last day. Raises AskedError."""
        since, until = _day("since", self.since), _day("until", self.until)
        if since and until and until < since:
            raise AskedError(f"The period ends ({until}) before it begins ({since}).")
        return since, until

    def address(self, **changed: Any) -> dict[str, Any]:
        """What an address of this search asks for, to be given to `url`. changed: instead of what
        is asked now; without `after`, which counts only where it is named here."""
        own: dict[str, Any] = {
            "q": self.q,
            **self.filters,
            "since": self.since,
            "until": self.until,
            "order": self.order if self.order != "newest" else "",
            "seen": self.seen,
        }
        return own | changed

    def without(self, name: str, value: str) -> dict[str, Any]:
        """The address where one value of a filter is not asked for."""
        return self.address(**{name: [each for each in self.chosen(name) if each != value]})

    def seen_at(self) -> datetime | None:
        """When whoever asks has looked last (aware); None: not known."""
        try:
            moment = datetime.fromisoformat(self.seen)
        except ValueError:
            return None
        return moment if moment.tzinfo else None

    def narrow(self) -> dict[str, Any]:
        """What narrows it down besides the query, as it is kept."""
        kept: dict[str, Any] = {name: list(values) for name, values in self.filters.items()}
        own = {"since": self.since, "until": self.until}
        own |= {"order": self.order} if self.order != "newest" else {}
        return kept | {name: value for name, value in own.items() if value}

    def fresh(self) -> Asked:
        """The same from its beginning."""
        return replace(self, after="", seen="")


def asked_of(
    country: Values,
    publisher: Values,
    source: Values,
    topic: Values,
    language: Values,
    q: str = "",
    since: str = "",
    until: str = "",
    order: Order = "newest",
    after: str = "",
    seen: str = "",
) -> Asked:
    """What an address asks for; empty values are none."""
    filters = {
        "country": country,
        "publisher": publisher,
        "source": source,
        "topic": topic,
        "language": language,
    }
    return asked(q, filters, since=since, until=until, order=order, after=after, seen=seen)


def asked(q: str, filters: Mapping[str, Sequence[str]], **rest: Any) -> Asked:
    """The same of values in hand. Raises HTTPException 422 for more values than anybody chooses."""
    chosen: dict[str, tuple[str, ...]] = {}
    for name, values in filters.items():
        own = tuple(dict.fromkeys(filter(None, map(_plain, values))))
        if len(own) > MOST_VALUES:
            raise HTTPException(422, f"{name}: more than {MOST_VALUES} values.")
        chosen |= {name: own} if own else {}
    words: dict[str, Any] = {name: _plain(value) for name, value in rest.items()}
    return Asked(_plain(q), chosen, **words)


def kept(query: str, narrow: Mapping[str, Any]) -> Asked:
    """A search that was kept; see `Asked.narrow`."""
    filters = {name: tuple(narrow[name]) for name in FIELDS if narrow.get(name)}
    rest = {name: narrow.get(name, "") for name in ("since", "until", "seen")}
    return Asked(query, filters, order=narrow.get("order", "newest"), **rest)


def command_line(asked: Asked, query: str, command: str = "search") -> str:
    """How `communique search` (or `export`) is asked the same in a shell. query: `Asked.query`; an
    export may do without one, a search without one is an export of the newest."""
    words = ["communique", command if query else "export"]
    words += [query] if query and not query.startswith("-") else []
    for name, value in (("--since", asked.since), ("--until", asked.until)):
        words += [name, value] if value else []
    if words[1] == "export":
        words += ["--format", "csv"] + (["--limit", "20"] if command == "search" else [])
    else:
        words += ["--best"] if asked.order == "best" else []
        words += ["--after", asked.after] if asked.after else []
    words += ["--", query] if query.startswith("-") else []
    return shlex.join(words)


def _day(name: str, written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise AskedError(f"{name}: {written[:40]!r} is no day such as 2019-01-01.") from None


def _plain(value: str) -> str:
    """Without what no address of ours holds, and PostgreSQL takes no text with."""
    return _CONTROLS.sub(" ", value).strip()
