"""A first draft of a source's facts, from the address of one of its pages. A person corrects it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from scrapers import markup, regions
from scrapers.addresses import host_of
from scrapers.charset import decode
from scrapers.confirm import quoted
from scrapers.language import language_of
from scrapers.look import is_html
from scrapers.probe import Listed, listing
from scrapers.readers import readers
from scrapers.remarks import misread, zones
from scrapers.sources import ListingFacts, Source
from scrapers.values import Capture, Finding, Known
from scrapers.visit import Fetch

# Readers that are no family's: a draft uses them by the listing's type, or as the last resort.
_OF_NO_FAMILY = frozenset(("feed", "json", "sitemap", "pdf", "generic"))
# Country codes in host names that are not the country's own.
_OTHERWISE = {"UK": "GB", "EU": "EU"}
_KINDS = (
    ("consulate", re.compile(r"consulate|consul|领事馆", re.IGNORECASE)),
    ("embassy", re.compile(r"embassy|ambasad|botschaft|大使馆|使馆", re.IGNORECASE)),
    ("mission", re.compile(r"mission|代表团", re.IGNORECASE)),
    ("ministry", re.compile(r"", re.IGNORECASE)),
)
_MISSION_OF_CHINA = re.compile(
    r"^([a-z]{2,})\.(?:china-embassy|china-consulate|china-mission|chineseembassy)\."
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted source, what its listing said, and what only a person can decide (`ask`)."""

    source: Source
    listed: Listed
    ask: tuple[str, ...]


def draft(url: str, desk: str, fetch: Fetch, now: datetime, among: Iterable[Source] = ()) -> Draft:
    """Reads a page and its newest statements and drafts the facts of a source from them. Each
    address is asked for once. among: the sources there are; where several families read it alike,
    the one that most of its desk have is taken.

    Raises ScrapeError where the page itself cannot be read.
    """
    fetch = _once(fetch)
    capture = fetch(url, _named(url, desk, ("en",), "generic"), None)
    if capture.error is not None:
        raise capture.error
    facts = ListingFacts.model_validate(
        {"url": url, "type": _type(capture), "confidence": "seen", "seen_on": now.date()}
    )
    languages, declared = _languages(capture)
    source = _named(url, desk, languages, "generic", (facts,), _publisher(capture))
    theirs = zones(source)
    if len(theirs) == 1:
        source = source.model_copy(update={"time_zone": theirs[0]})
    used = Counter(one.reader for one in among if one.desk == desk)
    source, listed = _with_reader(source, facts, fetch, now, used)
    ask = [] if declared else ["languages: the page does not declare them"]
    if source.reader == "generic":
        ask.append("reader: no family reads it; generic reads most pages, a reader reads them all")
    return Draft(source, listed, tuple(ask))


def _once(fetch: Fetch) -> Fetch:
    """As `fetch`, but an address that was fetched answers as it did."""
    known: dict[str, Capture] = {}

    def again(url: str, source: Source, before: Known | None) -> Capture:
        if url not in known:
            known[url] = fetch(url, source, before)
        return known[url]

    return again


def _with_reader(
    source: Source, facts: ListingFacts, fetch: Fetch, now: datetime, used: Mapping[str, int]
) -> tuple[Source, Listed]:
    """The source with the family that reads its listing and all of the newest statements on it
    without a doubt and as the listing has them: the one that sees most addresses first, then the
    one that most sources have; else with the generic reader."""
    fitting = []
    for name in readers().keys() - _OF_NO_FAMILY:
        guess = source.model_copy(update={"reader": name})
        found = listing(guess, facts, fetch, now)
        read = found.newest and all(_is_read_by(finding, name) for finding in found.newest)
        if read and not any(misread(found)):
            fitting.append(((len(found.entries), used.get(name, 0), name), guess, found))
    if fitting:
        _, guess, found = max(fitting, key=lambda fit: fit[0])
        return guess, found
    return source, listing(source, facts, fetch, now)


def _is_read_by(finding: Finding, name: str) -> bool:
    statement = finding.statement
    by_family = statement is not None and statement.reader.startswith(f"{name}/")
    return by_family and finding.suspect is None and finding.error is None


def written(source: Source, defaults: Mapping[str, Any]) -> str:
    """A drafted source as YAML for its desk's file, without what the file's defaults say."""
    fields = source.model_dump(include=set(_WRITTEN), exclude_none=True)
    lines = []
    for name in _WRITTEN:
        value = fields.get(name)
        if value is None or (name != "id" and str(defaults.get(name)) == str(value)):
            continue
        said = f"[{', '.join(value)}]" if isinstance(value, tuple | list) else quoted(str(value))
        lines.append(f"{name}: {said}")
    listed = [f"      - {_flow(facts)}" for facts in source.listings]
    body = "\n    ".join([*lines, "listings:"])
    return "\n".join([f"  - {body}", *listed])


_WRITTEN = (
    "id", "publisher", "kind", "country", "host_country", "languages", "time_zone", "reader",
)  # fmt: skip


def _flow(facts: ListingFacts) -> str:
    said = {"url": quoted(facts.url)}
    if facts.type != "html":
        said["type"] = facts.type
    said["confidence"] = facts.confidence
    if facts.seen_on:
        said["seen_on"] = facts.seen_on.isoformat()
    return "{" + ", ".join(f"{name}: {value}" for name, value in said.items()) + "}"


def _named(
    url: str,
    desk: str,
    languages: Sequence[str],
    reader: str,
    listings: Sequence[ListingFacts] = (),
    publisher: str | None = None,
) -> Source:
    host = host_of(url).removeprefix("www.")
    kind = next(kind for kind, words in _KINDS if words.search(f"{host} {publisher or ''}"))
    country, seat, name = _countries(host)
    if desk == "media":
        kind, country = "news", None
    parts = [country or desk, kind if seat else "", seat or name]
    made = "_".join(re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in parts if part)
    return Source.model_validate(
        {
            "id": made if made[:1].isalpha() else f"x_{made}",
            "desk": desk,
            "publisher": publisher or host,
            "kind": kind,
            "country": country,
            "host_country": seat,
            "languages": tuple(languages),
            "reader": reader,
            "listings": tuple(listings),
        }
    )


def _countries(host: str) -> tuple[str | None, str | None, str]:
    """Sender's country, host's country, and a short name, as far as a host's name tells them."""
    labels = host.split(".")
    if found := _MISSION_OF_CHINA.match(host):
        seat = found[1].upper()
        return "CN", seat if len(seat) == 2 else None, found[1]
    if labels[1:2] == ["usembassy"]:
        return "US", labels[0].upper() if len(labels[0]) == 2 else None, labels[0]
    ending = labels[-1].upper()
    country = _OTHERWISE.get(ending, ending) if len(ending) == 2 else None
    return ("US" if ending in ("GOV", "MIL") else country), None, labels[0]


def _type(capture: Capture) -> str:
    head = capture.body[:2000].decode("latin-1").lower()
    if "<urlset" in head or "<sitemapindex" in head:
        return "sitemap"
    if "<feed" in head:
        return "atom"
    return "rss" if "<rss" in head or "<rdf" in head else "html"


def _languages(capture: Capture) -> tuple[tuple[str, ...], bool]:
    """The page's language, and whether the page declares it."""
    if not is_html(capture):
        found = re.search(rb"<language>\s*([a-z]{2})", capture.body[:5000])
        return ((found[1].decode(),), True) if found else (("en",), False)
    tree = regions.parse(decode(capture.body, capture.headers.get("content-type")))
    root = tree.css_first("html[lang]")
    code = (root.attributes.get("lang") or "")[:2].lower() if root is not None else ""
    if re.fullmatch(r"[a-z]{2}", code):
        return (code,), True
    words = markup.one_line(tree.body.text(separator=" ")) if tree.body is not None else ""
    guess = language_of(words, expected=())
    return (guess or "en",), False


def _publisher(capture: Capture) -> str | None:
    """What the page calls itself: its site's name, else its title."""
    if not is_html(capture):
        found = re.search(rb"<title>([^<]{2,200})", capture.body[:5000])
        return markup.title_text(unescape(found[1].decode("utf-8", "replace"))) if found else None
    tree = regions.parse(decode(capture.body, capture.headers.get("content-type")))
    site = regions.meta(tree, "og:site_name", "application-name", "SiteName")
    title = tree.css_first("title")
    said = site or (markup.line(title) if title is not None else "")
    return markup.title_text(said) or None
