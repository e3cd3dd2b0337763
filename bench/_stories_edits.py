"""What happens to a text on its way from one site to another: eight kinds of edited repost, texts
that quote two fifths of another, and templates. Deterministic."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

Edit = Callable[[str, Sequence[str], random.Random], str]

FURNITURE = (
    "Home > News > Statements. Print this page. Share: Facebook Twitter. Text size: A A A. ",
    " Related news: more statements. Subscribe to our letter. All rights reserved. Contact us. ",
)


def in_capitals(text: str, _pool: Sequence[str], _chance: random.Random) -> str:
    """Another case."""
    return text.upper()


def with_furniture(text: str, _pool: Sequence[str], _chance: random.Random) -> str:
    """What another site's pages say around it."""
    return FURNITURE[0] + text + FURNITURE[1]


def sentences_dropped(text: str, _pool: Sequence[str], chance: random.Random) -> str:
    """Every seventh sentence is missing."""
    kept = [one for one in sentences(text) if chance.random() > 1 / 7]
    return "".join(kept) or text


def sentences_reordered(text: str, _pool: Sequence[str], chance: random.Random) -> str:
    """All there, in another order."""
    parts = sentences(text)
    chance.shuffle(parts)
    return " ".join(parts)


def words_replaced(text: str, pool: Sequence[str], chance: random.Random) -> str:
    """One word in twenty is another one of the same language."""
    return "".join(
        chance.choice(pool) if word.strip() and chance.random() < 0.05 else word
        for word in words(text)
    )


def truncated(text: str, _pool: Sequence[str], _chance: random.Random) -> str:
    """The first three fifths."""
    return text[: len(text) * 3 // 5]


def mistyped(text: str, _pool: Sequence[str], chance: random.Random) -> str:
    """One letter in a hundred is left out or doubled."""
    return "".join(one * chance.choice((0, 2)) if chance.random() < 0.01 else one for one in text)


def headline_merged(text: str, pool: Sequence[str], chance: random.Random) -> str:
    """Headline, dateline and an editor's lead before the text itself."""
    headline = " ".join(chance.choices(pool, k=12))
    lead = " ".join(chance.choices(pool, k=18))
    return f"{headline}\n\n3 March 2026. {lead}.\n\n{text}"


EDITS: Mapping[str, Edit] = {
    "another case": in_capitals,
    "furniture added": with_furniture,
    "sentences dropped": sentences_dropped,
    "sentences reordered": sentences_reordered,
    "5 % of words replaced": words_replaced,
    "truncated to 60 %": truncated,
    "1 % of letters mistyped": mistyped,
    "headline and lead merged": headline_merged,
}


def quoting(text: str, own: str, chance: random.Random) -> str:
    """Another text that quotes two fifths of this one in one piece, and says about as much
    itself."""
    parts, mine = words(text), words(own)
    length = len(parts) * 2 // 5
    start = chance.randrange(len(parts) - length + 1)
    half = min(len(mine), length) // 2
    quoted = "".join(parts[start : start + length])
    return f"{''.join(mine[:half])} “{quoted}” {''.join(mine[half : 2 * half])}"


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its mark."""
    return re.findall(r"[^.!?。！？\n]+[.!?。！？\n]*", text) or [text]


def words(text: str) -> list[str]:
    """Words, blanks and single Chinese characters; joined they are the text."""
    return re.findall(r"[\u3040-\u9fff]|[^\s\u3040-\u9fff]+|\s+", text)


NOTICES = (
    "The Embassy in {city} informs the public that the consular section will be closed on {day} "
    "for the national holiday of {country}. Urgent matters are dealt with by telephone under "
    "{number} between nine and noon. Passports that were applied for before {day} can be fetched "
    "from {next} on. The Embassy in {city} wishes all citizens who live in {country} a good day.",
    "On behalf of the government I congratulate the people of {country} on their independence day "
    "on {day}. {country} and our land have worked together for {number} years, in trade, in "
    "science and in the care of the climate we share. We look forward to another {number} years of "
    "friendship with the people of {country}, and to the visit of Minister {name} on {next}.",
    "Spokesperson {name} announced on {day} that the government will send a team of {number} "
    "doctors to {country}. The team was brought together by the health office of {city} and will "
    "share what it knows with colleagues in {country}, give advice on the treatment of those who "
    "fell ill, and train nurses in {city}. It will set out on {next} with medicine and masks.",
)
FILLINGS = {
    "country": ("Serbia", "Peru", "Cambodia", "Ghana", "Iceland", "Costa Rica", "Sri Lanka"),
    "city": ("Belgrade", "Lima", "Phnom Penh", "Accra", "Reykjavik", "San José", "Colombo"),
    "day": ("21 March", "9 May", "3 June 2021", "12 April", "1 July", "30 January", "2 October"),
    "next": ("24 March", "11 May", "7 June 2021", "16 April", "5 July", "2 February", "6 October"),
    "number": ("6", "10", "12", "35", "40", "56", "70"),
    "name": ("Ana Petrov", "Luis Quispe", "Sok Dara", "Kofi Boateng", "Jon Arnason", "Rosa Mora",
             "Nimal Silva"),
}  # fmt: skip


def templates() -> list[list[str]]:
    """Families of notices: of each the same words with other names, numbers and days."""
    return [
        [notice.format(**{name: values[n] for name, values in FILLINGS.items()}) for n in range(7)]
        for notice in NOTICES
    ]
