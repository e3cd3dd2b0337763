"""The form of a rule: what was typed, what is wrong with it, and the seal on what was tried."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Form, HTTPException, Request
from itsdangerous import BadData, URLSafeTimedSerializer

from communique.backtest_trial import asks_topic
from communique.pages.access import visitor_of
from communique.pages.opening import store_of
from communique.rule_drafts import Draft, Mistake, mistakes, one_line, typed, unprintable
from communique.rules import Rule, RuleError, parse
from communique.rules.meaning import Meaning, meaning
from communique.rules.query import And, Fact, Node, Not, Or
from communique.search.asking import EVERYTHING, asks_of_sources, tsquery_of
from communique.watchlist_files import WatchlistFile

HOLDS = 24 * 60 * 60  # seconds for which a seal is good
REASON = 500  # characters


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed. new: the rule is to be added. version: of the file it was made from. was:
    digest of the rule in it. tried: the seal on what was tried."""

    draft: Draft
    new: bool
    title: str
    version: str
    was: str
    reason: str
    tried: str


@dataclass(frozen=True, slots=True)
class Pointed:
    """A place in what was typed: what stands before it on its line, there, and after it. line,
    column: from 1."""

    before: str
    at: str
    after: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a rule as it is typed. meant: what it was understood to ask for; None where
    it cannot be understood. warnings: what is allowed, but hardly meant."""

    mistakes: tuple[Mistake, ...]
    pointed: Pointed | None
    meant: Meaning | None
    warnings: tuple[str, ...]


def filled(
    watchlist: Annotated[str, Form()] = "",
    rule: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    severity: Annotated[str, Form()] = "",
    query: Annotated[str, Form()] = "",
    not_inside: Annotated[str, Form()] = "",
    topic: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    new: Annotated[bool, Form()] = False,
    title: Annotated[str, Form()] = "",
    version: Annotated[str, Form()] = "",
    was: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    tried: Annotated[str, Form()] = "",
) -> Filled:
    """What a form of ours sent."""
    draft = typed(
        watchlist,
        rule,
        name=name,
        severity=severity,
        query=query,
        not_inside=not_inside,
        topic=topic,
        note=note,
    )
    return Filled(draft, new, one_line(title), version, was, one_line(reason), tried)


Typed = Annotated[Filled, Depends(filled)]


def with_file(form: Filled, file: WatchlistFile) -> Filled:
    """The form, made from this file; what was tried before counts no longer."""
    there = file.draft(form.draft.rule)
    return replace(form, version=file.version, was=there.digest if there else "", tried="")


def check(form: Filled, rules: Sequence[Rule]) -> Checked:
    """All that is wrong, and what is understood. rules: all that there are."""
    draft = form.draft
    wrong = list(mistakes(draft))
    known = {(rule.watchlist, rule.id) for rule in rules}
    if form.new and (draft.watchlist, draft.rule) in known:
        wrong.append(Mistake("rule", f"{draft.watchlist} has a rule of this id: edit that one"))
    for field, said, most in (("title", form.title, 200), ("reason", form.reason, REASON)):
        if sign := unprintable(said):
            wrong.append(Mistake(field, sign))
        if len(said) > most:
            wrong.append(Mistake(field, f"more than {most} characters: shorten it"))
    bad = next((one for one in wrong if one.field == "query"), None)
    if bad is not None or not draft.query:
        place = bad.position if bad else None
        pointed = None if place is None or not draft.query else _pointed(draft.query, place)
        return Checked(tuple(wrong), pointed, None, ())
    root = parse(draft.asked).root
    return Checked(tuple(wrong), None, meaning(root), tuple(_warnings(draft, root, rules)))


def sealed(request: Request, form: Filled) -> str:
    """The seal on what was tried: exactly this rule, from exactly this file, by this visitor."""
    made = _serializer(request).dumps(_said(request, form))
    return made if isinstance(made, str) else made.decode("ascii")


def require_tried(request: Request, form: Filled) -> None:
    """Raises HTTPException 409 unless the visitor was shown what exactly this rule would change."""
    try:
        said = _serializer(request).loads(form.tried, max_age=HOLDS)
    except BadData:
        raise HTTPException(409, "Try the rule first: what it changes is shown then.") from None
    if said != _said(request, form):
        raise HTTPException(
            409, "The rule is not the one that was tried. Try it once more, then save it."
        )


def _said(request: Request, form: Filled) -> list[object]:
    title = hashlib.sha256(form.title.encode("utf-8")).hexdigest()
    return [form.draft.digest, form.version, form.new, title, visitor_of(request).name]


def _serializer(request: Request) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        store_of(request).secret(),
        salt="communique.pages.tried",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def _pointed(query: str, place: int) -> Pointed:
    start = query.rfind("\n", 0, place) + 1
    end = query.find("\n", place)
    line = query[start : end if end >= 0 else len(query)]
    at = place - start
    before = line[max(0, at - 60) : at]
    lead = "…" if at > 60 else ""
    return Pointed(
        lead + before, line[at : at + 1], line[at + 1 : at + 61], query.count("\n", 0, place) + 1,
        at + 1,
    )  # fmt: skip


def _warnings(draft: Draft, root: Node, rules: Sequence[Rule]) -> list[str]:
    said = []
    if not asks_of_sources(root) and tsquery_of(root, ()) == EVERYTHING:
        said.append(
            "Nothing in it can be looked up, so every statement must be read to try it. A wildcard "
            "needs three letters before it."
        )
    given = {rule.topic.casefold() for rule in rules if rule.topic}
    if unknown := sorted({topic for topic in _topics(root) if topic not in given}):
        said.append(f"No rule gives the topic {', '.join(unknown)}: it holds for no statement.")
    others = [r.watchlist for r in rules if r.id == draft.rule and r.watchlist != draft.watchlist]
    if others:
        said.append(
            f"Watchlist {', '.join(others)} has a rule of this id too: who chose "
            f"“{draft.rule}” of all watchlists hears of both."
        )
    same = [r for r in rules if (r.watchlist, r.id) != (draft.watchlist, draft.rule)]
    if twin := next((r for r in same if _asks_the_same(r, draft)), None):
        said.append(f"Rule {twin.watchlist}/{twin.id} asks for exactly the same.")
    try:
        if asks_topic(draft.as_rule()) and draft.topic:
            said.append("A rule that asks for a topic gives none: its own topic has no effect.")
    except RuleError:
        return said
    return said


def _asks_the_same(rule: Rule, draft: Draft) -> bool:
    return (
        " ".join(rule.query.split()) == draft.asked and rule.not_inside == draft.not_inside
    )  # fmt: skip


def _topics(node: Node) -> set[str]:
    if isinstance(node, And | Or):
        return {topic for child in node.nodes for topic in _topics(child)}
    if isinstance(node, Not):
        return _topics(node.node)
    plain = isinstance(node, Fact) and node.field == "topic" and not set("*?") & set(node.value)
    return {node.value.casefold()} if plain and isinstance(node, Fact) else set()
