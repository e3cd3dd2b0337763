"""docs/sources.md: who is watched, where, and which code reads it. Written from the facts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules

import scrapers.readers
from communique.census import Census, count, count_by
from scrapers.readers import Reader, readers
from scrapers.sources import DESKS, ListingFacts, Source

# A reader's sources are named up to this many; of more, how many there are on which desk.
MOST_NAMED = 12
INTRO = """\
Written from `scrapers/sources/*.yaml`; [for maintainers](maintainer.md) says how to add one. A
listing is *seen* where it was read, or named by code that reads it, and *inferred* where nobody has
confirmed it: `communique sources check` does. A source that is disabled says why.
"""
READERS = """\
A reader knows how one family of sites lays out its pages. Its layout is *seen* where real pages
confirmed it, *inferred* where it was built from what is known of the family. The generic reader
knows no layout: it reads any page, and checks what the others read.
"""


def sources_page(sources: Sequence[Source]) -> str:
    """The page, as Markdown: counts, the sources by desk, the readers."""
    lines = ["# Sources\n", INTRO]
    lines += _counts("desk", _ordered(count_by(sources, lambda s: s.desk)))
    lines += _counts("kind", dict(sorted(count_by(sources, lambda s: s.kind).items())))
    lines += _totals(sources)
    for desk in DESKS:
        members = [source for source in sources if source.desk == desk]
        if members:
            lines += [f"## Desk {desk}\n", *_sources_table(members)]
    lines += ["## Readers\n", READERS, *_readers_table(sources)]
    return "\n".join(lines).rstrip() + "\n"


def _ordered(groups: Mapping[str, Census]) -> dict[str, Census]:
    return {desk: groups[desk] for desk in DESKS if desk in groups}


def _counts(by: str, groups: Mapping[str, Census]) -> Iterator[str]:
    yield f"| {by} | sources | enabled | disabled | listings seen | inferred |"
    yield "| --- | --: | --: | --: | --: | --: |"
    for name, census in groups.items():
        yield _row(
            name, census.sources, census.enabled, census.disabled, census.seen, census.inferred
        )
    yield ""


def _totals(sources: Sequence[Source]) -> Iterator[str]:
    census = count(sources)
    kinds = Counter(facts.type for source in sources for facts in source.listings)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    yield (
        f"In all {census.sources} sources, {census.enabled} of them enabled, with "
        f"{census.seen + census.inferred} listings: {told}.\n"
    )


def _sources_table(sources: Iterable[Source]) -> Iterator[str]:
    yield "| id | publisher | kind | country | languages | listings | reader | note |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for source in sources:
        place = " in ".join(filter(None, (source.country, source.host_country)))
        listings = "<br>".join(_listing(facts) for facts in source.listings)
        note = source.note or ""
        if not source.enabled:
            note = f"**disabled**: {note}"
        yield _row(
            f"`{source.id}`",
            source.publisher,
            source.kind,
            place,
            ", ".join(source.languages),
            listings,
            source.reader,
            note,
        )
    yield ""


def _listing(facts: ListingFacts) -> str:
    name = " ".join(filter(None, (facts.type, facts.language)))
    until = f", until {facts.valid_until}" if facts.valid_until else ""
    return f"[{name}](<{facts.url}>) {facts.confidence}{until}"


def _readers_table(sources: Sequence[Source]) -> Iterator[str]:
    families = _families()
    yield "| reader | family | layout | sources |"
    yield "| --- | --- | --- | --- |"
    for name, reader in sorted(readers().items()):
        yield _row(f"`{name}`", families[name], _layout(reader), _used_by(reader, sources))
    yield ""


def _families() -> dict[str, str]:
    """What each reader's module says of itself in its first sentence."""
    said = {}
    for found in iter_modules(scrapers.readers.__path__, "scrapers.readers."):
        module = import_module(found.name)
        if isinstance(reader := getattr(module, "READER", None), Reader):
            words = " ".join((module.__doc__ or "").partition("\n\n")[0].split())
            said[reader.name] = words.partition(". ")[0].rstrip(".")
    return said


def _layout(reader: Reader) -> str:
    if reader.name in ("generic", "feed", "json", "sitemap", "pdf"):
        return "none of its own"
    return "inferred" if reader.inferred else "seen"


def _used_by(reader: Reader, sources: Sequence[Source]) -> str:
    members = [source for source in sources if source.reader == reader.name]
    if len(members) > MOST_NAMED:
        desks = Counter(str(source.desk) for source in members)
        told = ", ".join(f"{desks[desk]} of desk {desk}" for desk in DESKS if desk in desks)
    else:
        told = ", ".join(f"`{source.id}`" for source in members)
    listings = _listings_of(reader, sources)
    counted = f"{listings} listing{'s' if listings > 1 else ''}" if listings else ""
    return "; ".join(filter(None, (told, counted)))


def _listings_of(reader: Reader, sources: Sequence[Source]) -> int:
    """How many listings this reader reads, whatever reader their source has."""
    listings = [facts for source in sources for facts in source.listings]
    if reader.name == "feed":
        return sum(facts.type in ("rss", "atom") for facts in listings)
    if reader.name == "json":
        return sum(facts.fields is not None for facts in listings)
    return sum(facts.type == reader.name for facts in listings)


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
