"""Statements published as PDF: what an office program made of them, on sheets of paper.

The title is the one that the file's properties name, unless a program put it there; else the
largest type on the first page; else what the listing said. The date is a dateline on the first
page, else the listing's; else, marked as inferred, the day on which the file was made. Running
headers, footers and page numbers are no text. A scanned page has none: nothing is guessed from
pictures.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from urllib.parse import urlsplit

from scrapers import markup, pdf_lines
from scrapers.errors import MissingElement, Unreadable
from scrapers.language import language_of
from scrapers.readers import Page, Reader, _datelines, _furniture, generic
from scrapers.readers._pdf_text import Block, blocks, body_size
from scrapers.values import Article, Precision, Published

# What programs write where the title belongs.
_BY_PROGRAM = re.compile(
    r"microsoft (?:word|powerpoint|excel|office)\b.*|untitled.*|unbenannt.*|(?:document|dokument|"
    r"documento|presentation|slide|layout|print|letter|memo|page|folie|文档|新建)\W*\d*|.*[\\/].*[\\/].*|"
    r"\S*\.(?:docx?|dotx?|rtf|odt|pdf|indd|qxd|pptx?|xlsx?|wps|txt|html?|tmp|cdr|ps)|[\W\d_]*|"
    r".*\.(?:docx?|rtf|odt|indd|qxd|wps)(?: .*)?",
    re.IGNORECASE,
)
_CREATED = re.compile(r"D:(\d{4})(\d\d)(\d\d)")
# A title's type is so much larger than the text's, and it has no more characters than this.
_LARGER = 1.15
_LONGEST_TITLE = 400
# Fewer characters than these a page with text never has: a scanner's stamp, a page number.
_LEAST = 20
# How many of the first blocks may be datelines.
_HEAD = 8
# What stands above the title in no more characters is a letterhead, a number, a place and date.
_LETTERHEAD = 80


def article(page: Page) -> Article:
    """A statement. Raises Truncated for half a file and Unreadable for one that is encrypted, too
    long, broken or scanned; MissingElement where nothing says its title."""
    document = pdf_lines.read_lines(page.body)
    found = blocks(document)
    if sum(len(block.words) for block in found) < _LEAST:
        raise Unreadable("scanned, no text: its pages are pictures")
    if _is_garbled(found):
        raise Unreadable("its type does not say which characters it shows")
    title = _title(page, document.title, found, body_size(document))
    if not title:
        raise MissingElement("found no title in the PDF, nor on its listing")
    published, text = _published(page, document.created, title, found)
    if not text:
        raise MissingElement("the PDF holds a title and no text")
    language = language_of(text, expected=page.source.languages)
    return Article(title, text, published, language)


def _is_garbled(found: Sequence[Block]) -> bool:
    """Whether a fifth of the text is no characters at all: old fonts have a code of their own."""
    text = "".join(block.words for block in found)
    odd = sum(unicodedata.category(character) in ("Co", "Cn", "So") for character in text)
    return odd * 5 > len(text)


def _title(page: Page, named: str, found: Sequence[Block], body: float) -> str | None:
    named = markup.title_text(named)
    if _is_title(named):
        return named
    largest = _largest(found, body)
    if largest:
        return markup.title_text(largest)
    return page.entry.title if page.entry else None


def _is_title(named: str) -> bool:
    letters = sum(character.isalpha() for character in named)
    wide = len(re.findall(r"[㐀-鿿가-힣ぁ-ヿ]", named))
    telling = letters >= 10 or wide >= 4
    return telling and "\ufffd" not in named and not _BY_PROGRAM.fullmatch(named)


def _largest(found: Sequence[Block], body: float) -> str | None:
    """The words in the largest type of the first page, if it is larger than the text's."""
    first = [block for block in found if block.sheet == 0 and _letters(block.words) > 3]
    size = max((block.size for block in first), default=0.0)
    if not size or size < body * _LARGER:
        return None
    places = [n for n, block in enumerate(first) if block.size > size / 1.05]
    last = places[0]
    while last + 1 in places:  # a title in several lines that stand far apart
        last += 1
    words = " ".join(block.words for block in first[places[0] : last + 1])
    return words if len(words) <= _LONGEST_TITLE else None


def _letters(words: str) -> int:
    return sum(character.isalpha() for character in words)


def _published(
    page: Page, created: str, title: str, found: Sequence[Block]
) -> tuple[Published, str]:
    """The date, and the text without the title above it and without a dateline at its head."""
    words = [block.words for block in found]
    whole = _furniture.without_furniture(_without_title(words, title), title)
    first = [block.words for block in found if block.sheet == 0]
    beside = _datelines.beside_title(page, title, _datelines.Lines(page=first, text=whole))
    in_text, rest = _datelines.leading_dateline(whole, page)
    alone = _alone(page, first)
    listed = page.entry.published if page.entry else None
    stated = beside or in_text or alone or listed or _made(page, created)
    if beside is not None and beside.text:
        rest = [block for n, block in enumerate(rest) if n >= 3 or not _is_only(block, beside.text)]
    return stated or Published(Precision.UNKNOWN, zone=page.source.time_zone), markup.joined(rest)


def _without_title(words: list[str], title: str) -> list[str]:
    """Without the title at their head, also where it is set in several paragraphs, and without a
    letterhead above it."""
    folded = "".join(title.casefold().split())
    for place in range(min(len(words), 6)):
        said = ""
        for last in range(place, min(place + 4, len(words))):
            said += "".join(words[last].casefold().split())
            if said == folded:
                above = [block for block in words[:place] if len(block) > _LETTERHEAD]
                return [*above, *words[last + 1 :]]
    return words


def _alone(page: Page, first: Sequence[str]) -> Published | None:
    """A date that stands alone on a line of the first page, at its head or under its text."""
    for block in (*first[:_HEAD], *reversed(first[_HEAD:])):
        found = _datelines.read(block, page) if len(block) < 80 else None
        if found is not None and found.text and _is_only(block, found.text):
            return found
    return None


def _is_only(block: str, date_words: str) -> bool:
    """Whether a line says a date and at most a place or a label before it."""
    rest = block.replace(date_words, "", 1)
    return date_words in block and len(re.findall(r"\w+", rest)) <= 3 and len(rest) < 40


def _made(page: Page, created: str) -> Published | None:
    """The day on which the file was made: no earlier than the statement, perhaps later."""
    match = _CREATED.match(created)
    if match is None:
        return None
    try:
        on = date(*map(int, match.groups()))
    except ValueError:
        return None
    zone = page.source.time_zone
    return Published(Precision.INFERRED, on=on, text=created[:40], zone=zone)


def is_address(url: str) -> bool:
    """Whether an address is that of a PDF, by its ending."""
    return urlsplit(url).path.lower().endswith(".pdf")


READER = Reader("pdf", 1, generic.listing, article, is_address, reads="articles")
