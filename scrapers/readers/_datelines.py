"""Datelines: short lines that are a date, told from sentences that contain one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from scrapers.dates import read_date
from scrapers.readers import Page
from scrapers.values import Precision, Published

# What says that a date is that of a change, in the languages of the sources.
CHANGED = re.compile(
    r"modif|updat|\brevised|reviewed|last review|geändert|letzte änderung|a[kc]?tuali[sz]|aggiorn"
    r"|mise? à jour|uppdater|op+dater|endret|ændret|ändrad|päivitet|uuendatud|atjaun|atnaujin"
    r"|bijgewerkt|gewijzigd|zmian|posledn[ií] (?:úprav|změn)|posodob|sprememb|frissít|güncelle"
    r"|обновл|оновл|изменен|ажурир|ενημ[εέ]ρωσ|تحديث|更新|修改|수정",
    re.IGNORECASE,
)
# What says that a date is that of the visit.
_TODAY = re.compile(
    r"\btoday\b|current date|aujourd.?hui|\bheute\b|\bhoy\b|今天|今日|现在|現在|오늘|сегодня"
    r"|(?:welcome|willkommen|bienvenue),?\s+(?:guest|gast|to)\b|欢迎|歡迎",
    re.IGNORECASE,
)
# "Posted the", "Dieser Artikel wurde veröffentlicht am": two words and more before a date.
_POSTED = re.compile(
    r"\b(?:posted|published|publié|publicado|pubblicato|veröffentlicht|erschienen)"
    r"(?:\s+\w{1,3})?\W*$",
    re.IGNORECASE,
)

# What says that a date is that of publication, where an event's or a speech's stands beside it.
_PUBLISHED = re.compile(
    r"\bpublished|\bposted|publié|publicad|pubblicat|publicat|veröffentlicht|publicer|julkaistu"
    r"|opublikowan|objavljen|zveřejněn|опубликован|发布|發布|公開日|등록일",
    re.IGNORECASE,
)

# Characters of a block that may be a paragraph, be it a short one in Chinese.
_A_LINE = 20

# What may stand before a date at the head of a text, and what parts such a date from the text.
_LABEL = r"(?:date|datum|fecha|data|published|posted|updated|发布时间|發布時間|时间|日期|日付)"
_PREPOSITION = r"(?i:on|of|in|at|by|until|since|from|before|after|am|vom|bis|seit|le|du|el|del|il)"
_IN_SENTENCE = re.compile(rf"(?<!\w){_PREPOSITION}\s*$")
# Characters that may stand before a row's date: a kind, a place, a person.
_BEFORE_A_DATE, _LONGEST_ROW = 120, 2000
_PLACE = r"[^\W\d_][^\d,:;.!?。]{1,40},\s*"
_JOINT = r"\s*(?:—|–|--|-|\||：|:(?!\d))\s*"


@dataclass(frozen=True, slots=True)
class Lines:
    """What is seen on the page, and what of it is the article's text, block by block."""

    page: Sequence[str]
    text: Sequence[str]


def read(text: str | None, page: Page) -> Published | None:
    """The first date in a text, in the source's zone and languages; None for none."""
    if not text:
        return None
    source = page.source
    return read_date(
        text, zone=source.time_zone, languages=source.languages, country=source.country
    )


def publication(text: str | None, page: Page) -> Published | None:
    """The first date in a text that is not said to be that of a change ("Updated: 2 May 2021")."""
    rest = text or ""
    while (found := read(rest, page)) is not None and found.text:
        before, _, rest = rest.partition(found.text)
        if not CHANGED.search(before[-30:]):
            return found
    return None


def beside_link(text: str, page: Page) -> Published | None:
    """The date of a row of a listing: one that ends it, or before which stand some words at most,
    and none that takes it into a sentence ("On 2 May 2021 they met"). Not that of a change."""
    said, rest = "", text[:_LONGEST_ROW]
    while (found := read(rest, page)) is not None and found.text:
        before, _, rest = rest.partition(found.text)
        said += before
        begins = len(said) <= _BEFORE_A_DATE and not _IN_SENTENCE.search(said)
        ends = not re.search(r"[^\W\d_]{2}", rest)
        if not CHANGED.search(said[-30:]) and (begins or ends or _POSTED.search(said)):
            return found
        said += found.text
    return None


def names_another_day(words: str, stamp: str, page: Page) -> bool:
    """Whether a `<time>`'s words name another day than its stamp: sites whose stamp is that of the
    last change write the day of publication into the words. A day more or less is a time zone's,
    day and month the other way round are how the words were read."""
    said, stamped = _days(words, stamp, page)
    if said is None or stamped is None:
        return False
    return abs((stamped - said).days) > 1 and not _reversed(said, stamped)


def reads_reversed(words: str, stamp: str, page: Page) -> bool:
    """Whether words are read as the stamp's day, but with day and month the other way round."""
    said, stamped = _days(words, stamp, page)
    return said is not None and stamped is not None and _reversed(said, stamped)


def _days(words: str, stamp: str, page: Page) -> tuple[date | None, date | None]:
    said, stamped = publication(words, page), read(stamp, page)
    return said.on if said else None, stamped.on if stamped else None


def _reversed(said: date, stamped: date) -> bool:
    return said != stamped and (said.month, said.day) == (stamped.day, stamped.month)


def beside_title(page: Page, title: str, lines: Lines) -> Published | None:
    """A dateline between the title and the text, or right above the title. Where one says when
    the page was changed and another does not, that other one; where there is only such a one, its
    day, marked as inferred: it is no earlier than the publication."""
    for place in _places(title, lines):
        below = [lines.page[place].removeprefix(title), *lines.page[place + 1 : place + 9]]
        found = [block for block in _head(below, lines.text) if _is_dateline(block, page)]
        if not found and place and _is_dateline(lines.page[place - 1], page):
            found = [lines.page[place - 1]]
        stated = [block for block in found if not CHANGED.search(block)]
        if stated:
            called = (block for block in stated if _PUBLISHED.search(block))
            return read(next(called, stated[0]), page)
        if found:
            return _day_of_change(found[0], page)
    return None


def _places(title: str, lines: Lines) -> Sequence[int]:
    """Where the title stands, the nearest above the text first: lists of news name it, too."""
    text = {block for block in lines.text if len(block) > _A_LINE}
    begins = next((place for place, block in enumerate(lines.page) if block in text), 0)
    places = [place for place, block in enumerate(lines.page) if block.startswith(title)]
    return sorted(places, key=lambda place: (place > begins, abs(begins - place)))


def _day_of_change(block: str, page: Page) -> Published | None:
    found = publication(block, page)
    if found is not None:  # "Published: ... | Updated: ..."
        return found
    found = read(block, page)
    return replace(found, precision=Precision.INFERRED, at=None) if found else None


def _head(blocks: Sequence[str], text: Sequence[str]) -> Iterator[str]:
    """The blocks up to the text's second paragraph: its first may be a lead above the date. What
    follows a text of one paragraph is of others."""
    paragraphs = [block for block in text if len(block) > 60]
    for block in blocks:
        if block in paragraphs[1:] or len(block) > 300:
            return
        yield block
        if len(block) > _A_LINE and block in text[-1:]:
            return


def _is_dateline(block: str, page: Page) -> bool:
    """True for a short line in which a date stands at the beginning, after a single word ("Stand",
    "Friday") or after a mark ("By N. N. |", "来源："); "On July 3, 2020, it met." is prose."""
    found = read(block, page) if len(block) <= 120 else None
    if found is None or found.text is None:
        return False
    before, _, after = block.partition(found.text)
    if _TODAY.search(block):
        return False
    opens = (
        re.fullmatch(r"\W*(?:\w+\W*)?", before)
        or re.search(r"[:：|•·,，)）–—/-]\s*$", before)
        or _POSTED.search(before)
    )
    words = len(re.findall(r"\w+", after))
    prose = words > 15 or (words > 3 and re.search(r"[.!?。！？]$", after))
    return bool(opens) and not re.fullmatch(_PREPOSITION, before.strip()) and not prose


def leading_dateline(blocks: Sequence[str], page: Page) -> tuple[Published | None, Sequence[str]]:
    """A date at the very head of the text that is no part of a sentence, and the text without it.

    "date 2020-08-14 The ministry ...", "BRUSSELS, 14 August 2020 — The ...", or a first line that
    is nothing but a date. "July 3, 2020 was a Friday" is prose.
    """
    first = blocks[0] if blocks else ""
    found = read(first[:200], page)
    if found is None or found.text is None:
        return None, blocks
    words = re.escape(found.text)
    labelled = rf"\s*{_LABEL}\s*[:：]?\s*{words}(?:{_JOINT}|\s+|$)"
    parted = rf"\s*[(（\[]?(?:{_PLACE})?{words}\s*[)）\]]?(?:{_JOINT}|\s*$)"
    match = re.match(f"(?:{labelled})|(?:{parted})", first, re.IGNORECASE)
    if match is None:
        return None, blocks
    rest = first[match.end() :].strip()
    return found, [rest, *blocks[1:]] if rest else blocks[1:]
