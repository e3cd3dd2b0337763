"""Why a rule holds for a document, or does not: its query as a tree, each part with its answer."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from communique.rules.holds import Case, holds
from communique.rules.index import Ranges
from communique.rules.match import Matcher, compile_rules
from communique.rules.parse import parse, parse_mask
from communique.rules.printing import printed
from communique.rules.query import And, Fact, Near, Node, Not, Or, Phrase, TextField
from communique.rules.values import Document, Rule, Span
from communique.rules.view import View
from communique.rules.words import Words, is_wildcard, wildcard_pattern
from communique.text import stem

QUOTED = 80  # characters of a text that a reason quotes
FEW = 3  # occurrences that a reason quotes


@dataclass(frozen=True, slots=True)
class Explanation:
    """One part of a query tried on a document.

    node: the part, printed. held: whether it holds. spans: where it does (none for facts and for
    what must not be there). reason: why it does not, or what it found, in a sentence. parts: what
    it is made of.
    """

    node: str
    held: bool
    spans: tuple[Span, ...]
    reason: str
    parts: tuple[Explanation, ...] = ()


def why(rule: Rule, document: Document) -> Explanation:
    """The rule's query tried on a document, part by part; `held` of the whole is what `Matcher`
    says. `topic:` is asked of the document's own topics: whoever calls gives them. Pure. Raises
    RuleError for a rule that cannot be used."""
    matcher = compile_rules([rule])
    root = parse(rule.query).root
    masks = tuple(map(parse_mask, rule.not_inside))
    view = matcher.view(document)
    return _Asking(matcher, document, view, masks).explain(root)


class _Asking:
    """The document with the rule's not_inside laid over it, and without."""

    def __init__(
        self, matcher: Matcher, document: Document, view: View, masks: tuple[Phrase | Near, ...]
    ) -> None:
        found = matcher.find(document, view)
        self.document, self.view, self.masks = document, view, masks
        self.case = Case.of(document, view, found, masks)
        self.unmasked = Case(document, view, found, [])

    def explain(self, node: Node) -> Explanation:
        ranges = holds(node, self.case)
        held = ranges is not None
        spans = self.view.spans(ranges or [])
        if isinstance(node, And | Or):
            parts = tuple(map(self.explain, node.nodes))
            reason = _of_parts(node, parts)
        elif isinstance(node, Not):
            parts = (self.explain(node.node),)
            reason = (
                "what must not be there is not there" if held else "what must not be there is there"
            )
        else:
            parts = ()
            reason = self._of_leaf(node, held)
        return Explanation(printed(node), held, spans, reason, parts)

    def _of_leaf(self, node: Phrase | Near | Fact, held: bool) -> str:
        if isinstance(node, Fact):
            return _of_fact(node, self.document, held)
        windows = self.case.windows(node)
        if held:
            return f"found {_times(len(windows))}: {self._quotes(windows)}"
        hidden = self.unmasked.windows(node)
        if hidden:
            inside = ", ".join(self._around(hidden))
            return f"found {_times(len(hidden))}, but only inside what not_inside names: {inside}"
        if node.field and (elsewhere := self.unmasked.windows(_anywhere(node))):
            other = "text" if node.field == "title" else "title"
            return f"not in the {node.field}; in the {other}: {self._quotes(elsewhere)}"
        return self._of_near(node) if isinstance(node, Near) else self._of_phrase(node)

    def _around(self, hidden: Ranges) -> list[str]:
        """The masks that cover these places, each with the words it covers."""
        said: list[str] = []
        for mask in self.masks:
            windows = self.unmasked.windows(mask)
            covering = [w for w in windows if any(w[0] <= f and e <= w[1] for f, e in hidden)]
            if covering:
                said.append(f"{printed(mask)} ({self._quotes(covering)})")
        return said

    def _of_near(self, node: Near) -> str:
        places = [self.unmasked.ranges(part, node.field) for part in node.parts]
        missing = [
            printed(Phrase(part))
            for part, found in zip(node.parts, places, strict=True)
            if not found
        ]
        if missing:
            return f"not in the {_where(node.field)}: {', '.join(missing)}"
        nearest = _nearest_of(self.unmasked, node)
        if nearest is None:
            return "all of it is there, but not in one field"
        distance, window = nearest
        return (
            f"{distance:,} words apart where they are nearest ({self._quotes([window])}), "
            f"more than {node.distance:,}"
        )

    def _of_phrase(self, node: Phrase) -> str:
        words, where = node.words, _where(node.field)
        places = [self._places(term, words, node.field) for term in words.terms]
        missing = [term for term, found in zip(words.terms, places, strict=True) if not found]
        if missing:
            others = len(words.terms) - len(missing)
            also = f" ({_count(others, 'other word')} of the phrase there)" if others else ""
            return f"not in the {where}: {', '.join(dict.fromkeys(missing))}{also}"
        window = _smallest(places, words.terms, self.view.titles)
        if window is None:
            return "all of its words are there, but not in one field"
        return (
            f"all of its words are there, {_how(words, places, window)}: {self._quotes([window])}"
        )

    def _places(self, term: str, words: Words, field: TextField | None) -> list[int]:
        index = self._by_stem if words.stemmed else self._by_term
        wanted = stem(term, self.document.language) if words.stemmed else term
        if is_wildcard(wanted):
            test = wildcard_pattern(wanted).match
            found = sorted(place for one, those in index.items() if test(one) for place in those)
        else:
            found = index.get(wanted, [])
        first_of_text = bisect_left(found, self.view.titles)
        if field is None:
            return found
        return found[:first_of_text] if field == "title" else found[first_of_text:]

    @cached_property
    def _by_term(self) -> dict[str, list[int]]:
        return _index(self.view.terms)

    @cached_property
    def _by_stem(self) -> dict[str, list[int]]:
        return _index(self.view.stems)

    def _quotes(self, windows: Ranges) -> str:
        shown = [f"“{self._words(first, end)}”" for first, end in windows[:FEW]]
        return ", ".join(dict.fromkeys(shown)) + (", ..." if len(windows) > FEW else "")

    def _words(self, first: int, end: int) -> str:
        (span, *_) = self.view.spans([(first, end)])
        words = " ".join(getattr(self.document, span.field)[span.start : span.end].split())
        half = QUOTED // 2
        return words if len(words) <= QUOTED else f"{words[:half]} ... {words[-half:]}"


def _index(terms: Sequence[str]) -> dict[str, list[int]]:
    """Where each term stands: a long text is asked for thousands of them."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, term in enumerate(terms):
        places[term].append(place)
    return dict(places)


def _of_parts(node: And | Or, parts: tuple[Explanation, ...]) -> str:
    held = sum(part.held for part in parts)
    if held == len(parts):
        return f"all {held} hold"
    if isinstance(node, Or):
        return (
            f"{held} of {len(parts)} hold, one is enough" if held else f"none of {len(parts)} holds"
        )
    failed = len(parts) - held
    return f"{failed} of {len(parts)} {'does' if failed == 1 else 'do'} not hold"


def _of_fact(fact: Fact, document: Document, held: bool) -> str:
    if fact.field == "topic":
        values: Iterable[str] = document.topics
    else:
        name = "language" if fact.field == "lang" else fact.field
        values = filter(None, [getattr(document, name)])
    known = ", ".join(values)
    if not known:
        return f"{fact.field} is not known"
    return f"{fact.field} is {known}" + ("" if held else f", not {printed(fact).split(':', 1)[1]}")


def _anywhere(node: Phrase | Near) -> Phrase | Near:
    if isinstance(node, Phrase):
        return Phrase(node.words)
    return Near(node.parts, node.distance)


def _nearest_of(case: Case, node: Near) -> tuple[int, tuple[int, int]] | None:
    """The fewest tokens between the parts of a Near, in one field, and the window they stand in."""
    groups = case.groups(Near(node.parts, len(case.view.terms), node.field))
    best = min(
        (
            (max(e for _, e in group) - min(group)[0] - sum(e - f for f, e in group), group)
            for group in groups
        ),
        default=None,
    )
    return best and (best[0], (min(best[1])[0], max(end for _, end in best[1])))


def _smallest(
    places: list[list[int]], terms: tuple[str, ...], titles: int
) -> tuple[int, int] | None:
    """The smallest stretch of one field that holds every term as often as the phrase does."""
    wanted = Counter(terms)
    stands = sorted(
        {(place, term) for term, found in zip(terms, places, strict=True) for place in found}
    )
    best: tuple[int, int] | None = None
    held: Counter[str] = Counter()
    low = 0
    for place, term in stands:
        if place >= titles > stands[low][0]:
            held, low = Counter(), next(n for n, (at, _) in enumerate(stands) if at >= titles)
        held[term] += 1
        while all(held[each] >= count for each, count in wanted.items()):
            first = stands[low][0]
            if best is None or place + 1 - first < best[1] - best[0]:
                best = (first, place + 1)
            held[stands[low][1]] -= 1
            low += 1
    return best


def _how(words: Words, places: list[list[int]], window: tuple[int, int]) -> str:
    """What keeps the words of a phrase from being one, where they are nearest."""
    first, end = window
    reached = first - 1
    for found in places:
        reached = next((place for place in found if reached < place < end), end)
    between = end - first - len(words.terms)
    others = f"with {_count(between, 'other')} between" if between else ""
    order = "in another order" if reached == end else ""
    if not others and not order:
        return "but a mark parts them"
    return f"but {' and '.join(filter(None, (order, others)))} where they are nearest"


def _where(field: TextField | None) -> str:
    return field or "title or text"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
