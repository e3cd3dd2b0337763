"""Who publishes what on which day: the truth that the store is compared with in the end.

Everything follows from a seed. Day 0 is the first on which anybody looks.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from tests.world.faults import Episode, episodes
from tests.world.words import Wording, write

START = date(2026, 3, 1)
FAMILIES = (
    "china_mission",
    "china_mfa",
    "wordpress",
    "generic",
    "feed",
    "teaser",
    "sitemap",
    "json",
)
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Pacific/Auckland")
# An encoding, the language that is written in it, and a label that it often wrongly goes under.
ENCODINGS = (
    ("utf-8", "en", "iso-8859-1"),
    ("utf-8", "zh", "gb2312"),
    ("gb2312", "zh", "utf-8"),
    ("gbk", "zh", "iso-8859-1"),
    ("gb18030", "zh", "utf-8"),
    ("big5", "zh_hant", "utf-8"),
    ("shift_jis", "ja", "utf-8"),
    ("euc-jp", "ja", "iso-8859-1"),
    ("euc-kr", "ko", "utf-8"),
    ("windows-1251", "ru", "iso-8859-1"),
    ("koi8-r", "ru", "windows-1251"),
    ("iso-8859-2", "pl", "utf-8"),
    ("windows-1252", "de", "utf-8"),
    ("iso-8859-7", "el", "iso-8859-1"),
    ("windows-1254", "tr", "utf-8"),
)
LABELS = ("right", "missing", "wrong")
# Families that are read by the selectors of their own layout, which a host may leave overnight.
SELECTED = ("china_mission", "china_mfa", "wordpress")
# How many statements a page of a listing holds.
WINDOW = 6
# By which other address a listing names a statement once more.
TWINS = ("moved", "alias", "tracking", "scheme", "slash")
WITHDRAWN = ("404", "410", "soft 404", "home")


@dataclass(frozen=True)
class Item:
    """A statement. appears, gone, edits: days; before day 0: it stood when the watch began.

    at: when it was published (aware); minute: whether the page says at which time. odd_date: what
    the page says in its place, which cannot be. withdrawn_as: how its page answers once gone. pdf:
    it is published as one. unlisted: no listing names it, its running number is skipped.
    """

    number: int
    path: str
    appears: int
    at: datetime
    minute: bool
    wordings: tuple[tuple[int, Wording], ...]
    gone: int | None = None
    withdrawn_as: str = "404"
    odd_date: bool = False
    twin: str | None = None
    pdf: bool = False
    unlisted: bool = False

    def stands(self, day: int) -> bool:
        return self.appears <= day and (self.gone is None or day < self.gone)

    def wording(self, day: int) -> Wording:
        """What it says on a day on which it stands."""
        return [wording for since, wording in self.wordings if since <= day][-1]


@dataclass(frozen=True)
class Host:
    """A site, which is one source. twins: what other addresses its listing gives statements."""

    number: int
    family: str
    language: str
    encoding: str
    label: str | None
    zone: str
    validators: str
    robots: str
    skew: int
    layout_changes: int | None
    items: tuple[Item, ...]
    faults: tuple[Episode, ...]
    shuffles: frozenset[int] = field(default_factory=frozenset)
    drops: frozenset[int] = field(default_factory=frozenset)

    @property
    def id(self) -> str:
        return f"host_{self.number:03d}_{self.family}"

    @property
    def address(self) -> str:
        return f"127.1.{self.number // 250}.{self.number % 250 + 1}"

    @property
    def alias(self) -> str:
        return f"127.2.{self.number // 250}.{self.number % 250 + 1}"

    def fault(self, day: int) -> Episode | None:
        return next((each for each in self.faults if each.first <= day <= each.last), None)


@dataclass(frozen=True)
class World:
    hosts: tuple[Host, ...]
    days: int

    def by_address(self) -> dict[str, Host]:
        """Hosts by every address at which they answer."""
        return {a: host for host in self.hosts for a in (host.address, host.alias)}


def morning(day: int, attempt: int = 0) -> datetime:
    """The moment of a day's run, and of its retry 45 minutes later."""
    start = datetime.combine(START + timedelta(days=day), time(6), timezone.utc)
    return start + timedelta(minutes=45 * attempt)


def make_world(hosts: int, days: int, seed: int) -> World:
    """A world of so many hosts and days. The same seed makes the same world."""
    plans = episodes(hosts, days, random.Random(f"faults {seed}"))
    return World(tuple(_host(n, days, seed, plans[n]) for n in range(hosts)), days)


def _host(number: int, days: int, seed: int, faults: tuple[Episode, ...]) -> Host:
    chance = random.Random(f"host {seed} {number}")
    encoding, language, wrong = ("utf-8", "en", "")
    label: str | None = encoding
    if number % 5 > 1:  # three of five hosts, all encodings and labels in turn
        turn = number // 5 * 3 + number % 5 - 2
        encoding, language, wrong = ENCODINGS[turn % len(ENCODINGS)]
        label = {"right": encoding, "missing": None, "wrong": wrong}[
            LABELS[turn // len(ENCODINGS) % len(LABELS)]
        ]
    family = FAMILIES[number % len(FAMILIES)]
    if family.startswith("china") and language not in ("en", "zh"):
        family = ("generic", "wordpress")[number % 2]
    zone = ZONES[number % len(ZONES)]
    changes = chance.randrange(4, days) if number % 7 == 3 and days > 5 else None
    return Host(
        number=number,
        family=family,
        language=language,
        encoding=encoding,
        label=label,
        zone=zone,
        validators=("etag", "last-modified", "none")[number % 3],
        robots=("rules", "none", "page", "delay", "moved", "private")[chance.randrange(6)],
        skew=chance.choice((0, 0, 0, 1, -1)),
        layout_changes=changes if family in SELECTED else None,
        items=_items(number, family, language, zone, days, chance),
        faults=faults,
        shuffles=frozenset(day for day in range(days) if chance.random() < 0.06),
        drops=frozenset(day for day in range(days) if chance.random() < 0.06),
    )


def _items(
    host: int, family: str, language: str, zone: str, days: int, chance: random.Random
) -> tuple[Item, ...]:
    appears = [-chance.randrange(1, 9) for _ in range(4)]
    rate = chance.choice((0.05, 0.12, 0.25))
    burst = chance.randrange(2, max(days, 3)) if chance.random() < 0.12 else None
    for day in range(days):
        appears += [day] * (chance.random() < rate)
        appears += [day] * (9 if day == burst else 0)
    items = [
        _item(family, language, zone, number, day, days, chance)
        for number, day in enumerate(sorted(appears), 1)
    ]
    if family == "generic" and language == "en" and host % 16 < 8:
        items = [_as_pdf(item) if item.number % 3 == 0 else item for item in items]
    elif family == "generic":
        items = [replace(i, unlisted=i.number % 5 == 4 and i.appears > 0) for i in items]
    return tuple(items)


def _as_pdf(item: Item) -> Item:
    return replace(item, pdf=True, odd_date=False, path=item.path.replace(".html", ".pdf"))


def _item(
    family: str, language: str, zone: str, number: int, day: int, days: int, chance: random.Random
) -> Item:
    words = random.Random(chance.random())
    at = datetime.combine(
        START + timedelta(days=day), time(chance.randrange(24), chance.randrange(60)), timezone.utc
    )
    if at > morning(max(day, -1)):
        at -= timedelta(days=1)
    if chance.random() < 0.08:  # its clock, or its editor, is a day ahead
        at += timedelta(days=1)
    edits = [max(day, 0) + chance.randrange(1, 7)] if chance.random() < 0.25 else []
    edits += [edits[0] + chance.randrange(1, 5)] if edits and chance.random() < 0.2 else []
    gone = max(day, 0) + chance.randrange(2, 10) if chance.random() < 0.1 else None
    wordings = [(since, edit) for edit, since in enumerate([day, *edits])]
    state = words.getstate()
    written: list[tuple[int, Wording]] = []
    for since, edit in wordings:
        words.setstate(state)
        written.append((since, write(language, number, edit, words)))
    local = at.astimezone(ZoneInfo(zone))
    return Item(
        number=number,
        path=_path(family, number, local),
        appears=day,
        at=at,
        minute=family not in ("china_mfa", "generic"),
        wordings=tuple(written),
        gone=gone,
        withdrawn_as=chance.choice(WITHDRAWN),
        odd_date=family == "generic" and chance.random() < 0.05,
        # What a feed carries whole is never fetched, so nobody learns where its old address leads.
        twin=_twin(family, chance) if chance.random() < 0.25 else None,
    )


def _twin(family: str, chance: random.Random) -> str:
    if family == "feed":
        return chance.choice(TWINS[1:4])
    # Only what is named as a folder has a twin without the slash.
    return chance.choice(TWINS[: 4 + (family in ("wordpress", "teaser", "sitemap", "json"))])


def _path(family: str, number: int, local: datetime) -> str:
    if family == "china_mission":
        return f"/eng/sgxw/{local:%Y%m}/t{local:%Y%m%d}_{10000 + number}.htm"
    if family == "china_mfa":
        return f"/mfa_eng/xwfw/t{1700000 + number}.shtml"
    if family == "generic":
        return f"/press/release-number-{number}.html"
    return f"/{local:%Y/%m}/remarks-on-the-network-number-{number}/"
