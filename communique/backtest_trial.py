"""Trying a draft, and what is in force, on one text at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from communique.backtest_doubt import Doubt, Doubter
from communique.rules import Document, Hit, Matcher, Rule, compile_rules, parse
from communique.rules.query import And, Fact, Node, Not, Or
from communique.rules.view import View


@dataclass(frozen=True, slots=True)
class Sides:
    """The rules that are tried beside each other. before: in force; after: the draft's in their
    place; besides: the draft's others, which are not on trial. givers_before, givers_after: the
    rules that mark a topic, where any of these asks for one."""

    before: tuple[Rule, ...]
    after: tuple[Rule, ...]
    besides: tuple[Rule, ...]
    givers_before: tuple[Rule, ...] = ()
    givers_after: tuple[Rule, ...] = ()

    @property
    def tried(self) -> tuple[Rule, ...]:
        """What is on trial."""
        return (*self.before, *self.after)

    @property
    def givers(self) -> tuple[Rule, ...]:
        """Every rule that may give a topic."""
        return (*self.givers_before, *self.givers_after)

    @property
    def judged(self) -> tuple[Rule, ...]:
        """The draft's rules on trial of which it is told how borderline their hits are: those that
        are new or changed; all, where none is."""
        same = self.same()
        return tuple(rule for rule in self.after if rule.id not in same) or self.after

    def same(self) -> frozenset[str]:
        """The rules that hold for the same texts before and after."""
        held = {rule.id: _asked(rule) for rule in self.before}
        same = {rule.id: rule for rule in self.after if held.get(rule.id) == _asked(rule)}
        if set(map(_asked, self.givers_before)) != set(map(_asked, self.givers_after)):
            same = {key: rule for key, rule in same.items() if not asks_topic(rule)}
        return frozenset(same)


@dataclass(frozen=True, slots=True)
class Tried:
    """What holds for a text: of the rules in force on trial, of the draft's. doubt: the most
    borderline hit of a rule that is new or changed."""

    before: frozenset[str]
    after: frozenset[str]
    doubt: Doubt | None


def sides_of(
    draft: Sequence[Rule], in_force: Sequence[Rule], watchlist: str, only: str | None
) -> Sides:
    """What a draft of a watchlist is tried against. in_force: every rule that is, of every
    watchlist. only: the one rule on trial; None: all."""
    theirs = [rule for rule in in_force if rule.watchlist == watchlist]
    before = tuple(rule for rule in theirs if only in (None, rule.id))
    after = tuple(rule for rule in draft if only in (None, rule.id))
    besides = tuple(rule for rule in draft if rule not in after)
    if not any(map(asks_topic, (*theirs, *draft))):
        return Sides(before, after, besides)
    others = [rule for rule in in_force if rule.watchlist != watchlist]
    marking = (
        tuple(rule for rule in (*others, *mine) if rule.topic and not asks_topic(rule))
        for mine in (theirs, draft)
    )
    return Sides(before, after, besides, *marking)


class Trial:
    """Both sides compiled."""

    def __init__(self, sides: Sides) -> None:
        """Raises RuleError."""
        self._same = sides.same()
        differing = tuple(rule for rule in sides.before if rule.id not in self._same)
        self._before = _Tried(differing, differing, sides.givers_before)
        self._after = _Tried(sides.after, sides.after, sides.givers_after)
        if not sides.givers:  # then one pass over a text does for both
            both = _Tried(differing, (*differing, *sides.after), ())
            self._before, self._after = both, both.of(sides.after)
        self._besides = _Tried(sides.besides, sides.besides, sides.givers_after)
        self._doubter = Doubter(sides.judged)
        # Normalising a text is the dearest part: it is done once, and with stems only where a rule
        # on trial asks for them.
        self._all = compile_rules([*sides.tried, *sides.givers])
        self._others = compile_rules([*sides.besides, *sides.givers])

    def hits(self, document: Document, *, drafted: bool) -> dict[str, Hit]:
        """The hits of the draft's rules on trial; or of those in force that differ from them."""
        side = self._after if drafted else self._before
        return side.hits(side.found(document, self._all.view(document)))

    def besides(self, document: Document) -> frozenset[str]:
        """Which of the draft's rules that are not on trial hold for a text."""
        side = self._besides
        return frozenset(side.hits(side.found(document, self._others.view(document))))

    def tried(self, document: Document) -> Tried | None:
        """What holds for a text; None where no rule on trial holds, or held."""
        view = self._all.view(document)
        found = self._after.found(document, view)
        hits = self._after.hits(found)
        if not self._before.shares(self._after):
            found = self._before.found(document, view)
        before = {*self._before.hits(found), *self._same.intersection(hits)}
        if not hits and not before:
            return None
        doubt = self._doubter.doubt(document, view, hits, held=bool(before))
        return Tried(frozenset(before), frozenset(hits), doubt)


class _Tried:
    """Some rules, compiled together with others, and with those that give them topics."""

    def __init__(self, mine: Sequence[Rule], rules: Sequence[Rule], givers: Sequence[Rule]) -> None:
        self._mine = frozenset(mine)
        self._matcher: Matcher | None = None
        if rules:
            self._matcher = compile_rules(dict.fromkeys([*rules, *givers]))

    def of(self, mine: Sequence[Rule]) -> _Tried:
        """The same matcher, of which other rules count."""
        other = _Tried(mine, (), ())
        other._matcher = self._matcher
        return other

    def shares(self, other: _Tried) -> bool:
        """Whether one pass over a text does for both."""
        return self._matcher is other._matcher

    def found(self, document: Document, view: View) -> list[Hit]:
        return self._matcher.match_view(document, view) if self._matcher else []

    def hits(self, found: Iterable[Hit]) -> dict[str, Hit]:
        return {hit.rule.id: hit for hit in found if hit.rule in self._mine}


def _asked(rule: Rule) -> tuple[object, ...]:
    return rule.watchlist, rule.id, rule.query, rule.not_inside, rule.topic


def asks_topic(rule: Rule) -> bool:
    """Whether a rule asks for a topic, which other rules give."""
    return _asks_topic(parse(rule.query).root)


def _asks_topic(node: Node) -> bool:
    if isinstance(node, And | Or):
        return any(map(_asks_topic, node.nodes))
    if isinstance(node, Not):
        return _asks_topic(node.node)
    return isinstance(node, Fact) and node.field == "topic"
