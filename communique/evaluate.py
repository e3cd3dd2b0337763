"""How well watchlists do on labelled texts: recall, precision, and every miss and false hit.

The file holds a JSON object a line: id, title, text, lang, publisher, country, `contains_exact` and
`contains_variants` (which words stand in the text, letter case aside), `topics` (what it is about,
by pattern), `hard_negative` and `neg_type` (a text about something else, and why it looks alike).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from communique.rules import Document, Hit, Matcher, Rule, compile_rules
from communique.watchlists import Watchlist

SNIPPET = 80  # characters
WORDS = 6  # different words that are shown of a hit

# What a rule should find: labels of `contains_exact` and `contains_variants`, outside of hard
# negatives. Not every rule can be measured: "净网/淨網" labels the characters, inside 干净网络 and
# in domestic campaigns too, which the rule must tell apart.
LABELS: Mapping[str, frozenset[str]] = {
    "clean-network": frozenset(
        {"clean network", "Clean Networks", "清洁网络", "干净网络", "清潔網絡", "清潔網路"}
        | {"干净网路", "乾淨網絡", "乾淨網路"}
    ),
    "clean-lines": frozenset({"Clean Path", "Clean Telco", "Clean Countries"}),
    "dirty-network": frozenset({"肮脏网络"}),
    "huawei": frozenset({"Huawei", "华为", "華為", "HUAWEI (caps)"}),
    "five-g": frozenset({"5G", "5 g / 5g lower"}),
    "backdoor": frozenset({"backdoor|back door|back-door", "back door other spelling"}),
    "us-surveillance": frozenset(
        {"PRISM", "ECHELON", "Equation Group", "棱镜/稜鏡", "方程式组织", "梯队系统"}
    ),
    "cyber-theft": frozenset({"cyber theft"}),
    "secure-network": frozenset({"secure network"}),
    "fair-environment": frozenset({"non-discriminatory", "非歧视"}),
}
# Hard negatives in which a hit of the rule is plainly wrong. In the others its words may well stand
# as themselves (5G in an advertisement): such a hit is told apart, as literal.
WRONG: Mapping[str, frozenset[str]] = {
    "five-g": frozenset({"5_g_of_ingredient", "g5_sahel"}),
    "huawei": frozenset({"substring_华为_inside_other_words"}),
    "jingwang": frozenset({"净网_domestic_campaign"}),
    "backdoor": frozenset({"back_door_everyday"}),
    "us-surveillance": frozenset({"equation_everyday"}),
    "fair-environment": frozenset({"stock_phrase_non-discriminatory_other_topic"}),
}
TOPICS = ("5g", "huawei", "clean_network")


@dataclass(frozen=True, slots=True)
class Finding:
    """One text that a rule missed or hit. why: the labels, or the type of hard negative. words: the
    different ones that it hit, as they stand there, the first of them."""

    id: str
    rule: str
    why: str
    snippet: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """A rule, or a topic ("topic:5g": any rule that marks it), on the labelled texts.

    found: labelled and hit. missed: labelled, not hit. false: hit without a label. literal: the
    rule's own words in a text about something else: right by the query, perhaps not by the wish.
    labelled: whether LABELS says what the rule should find; if not, `found` only counts its hits,
    which somebody has to read. hits: those that are counted as found.
    """

    name: str
    found: int
    missed: tuple[Finding, ...]
    false: tuple[Finding, ...]
    literal: tuple[Finding, ...]
    labelled: bool = True
    hits: tuple[Finding, ...] = ()

    @property
    def recall(self) -> float | None:
        """Share of the labelled texts that are hit; None if there are none."""
        return _share(self.found, len(self.missed))

    @property
    def precision(self) -> float | None:
        """Share of the hits in texts on the subject that are labelled; None if there are none."""
        return _share(self.found, len(self.false))


@dataclass(frozen=True, slots=True)
class Report:
    """All scores, rules first, then topics. problems: lines of the file that are no such text."""

    texts: int
    scores: tuple[Score, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """One labelled text, and the hits in it."""

    id: str
    document: Document
    labels: frozenset[str]
    topics: frozenset[str]
    negative: str | None
    hits: Mapping[tuple[str, str], Hit]


def evaluate(watchlists: Iterable[Watchlist], texts_jsonl: Path) -> Report:
    """Tries every rule of the watchlists on every text of the file. Raises OSError if there is no
    such file, RuleError for a rule that cannot be used."""
    rules = [rule for watchlist in watchlists for rule in watchlist.rules]
    matcher = compile_rules(rules)
    texts: list[_Text] = []
    problems: list[str] = []
    with texts_jsonl.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            try:
                texts.append(_labelled(json.loads(line), matcher))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                problems.append(f"{texts_jsonl}:{number}: no labelled text: {error!r}")
    scores = [_score(rule, texts) for rule in rules]
    scores += [_topic_score(topic, rules, texts) for topic in TOPICS]
    return Report(len(texts), tuple(scores), tuple(problems))


def _labelled(row: Mapping[str, Any], matcher: Matcher) -> _Text:
    document = Document(
        title=row.get("title") or "",
        text=row["text"],
        language=row.get("lang") or "",
        publisher=row.get("publisher") or "",
        country=row.get("country"),
    )
    return _Text(
        id=str(row["id"]),
        document=document,
        labels=frozenset(row["contains_exact"]) | frozenset(row["contains_variants"]),
        topics=frozenset(row["topics"]),
        negative=(row.get("neg_type") or "other") if row.get("hard_negative") else None,
        hits={_key(hit.rule): hit for hit in matcher.match(document)},
    )


def _score(rule: Rule, texts: Sequence[_Text]) -> Score:
    wanted = LABELS.get(rule.id, frozenset())
    wrong = WRONG.get(rule.id, frozenset())
    found: list[Finding] = []
    missed: list[Finding] = []
    false: list[Finding] = []
    literal: list[Finding] = []
    for text in texts:
        hit = text.hits.get(_key(rule))
        if text.negative is None and text.labels & wanted:
            (found if hit else missed).append(_finding(text, rule.id, text.labels & wanted, hit))
        elif hit is None:
            continue
        elif text.negative and text.negative not in wrong:
            literal.append(_finding(text, rule.id, {text.negative}, hit))
        elif text.negative or wanted:
            false.append(_finding(text, rule.id, {text.negative or "no label"}, hit))
        else:
            found.append(_finding(text, rule.id, {"no labels for this rule"}, hit))
    three = tuple(missed), tuple(false), tuple(literal)
    return Score(rule.id, len(found), *three, bool(wanted), tuple(found))


def _topic_score(topic: str, rules: Iterable[Rule], texts: Sequence[_Text]) -> Score:
    marking = [_key(rule) for rule in rules if rule.topic == topic]
    name = f"topic:{topic}"
    found: list[Finding] = []
    missed: list[Finding] = []
    false: list[Finding] = []
    literal: list[Finding] = []
    for text in texts:
        hit = next((text.hits[rule] for rule in marking if rule in text.hits), None)
        if topic in text.topics:
            (found if hit else missed).append(_finding(text, name, text.labels, hit))
        elif hit and text.negative:
            literal.append(_finding(text, name, {text.negative}, hit))
        elif hit:
            false.append(_finding(text, name, {"topic not labelled"}, hit))
    three = tuple(missed), tuple(false), tuple(literal)
    return Score(name, len(found), *three, hits=tuple(found))


def _key(rule: Rule) -> tuple[str, str]:
    return (rule.watchlist, rule.id)


def _finding(text: _Text, name: str, why: Iterable[str], hit: Hit | None) -> Finding:
    document, words = text.document, dict[str, None]()
    for one in hit.spans if hit else ():
        whole = document.title if one.field == "title" else document.text
        words[" ".join(whole[one.start : one.end].split())] = None
    if hit and hit.spans:
        span = max(hit.spans, key=lambda one: one.end - one.start)
        place, whole = span.start, document.title if span.field == "title" else document.text
    else:
        whole = f"{document.title}\n{document.text}"
        spellings = [word for label in why for word in re.split(r"[|/]| \(", label)]
        places = [whole.casefold().find(word.casefold()) for word in spellings if word]
        place = min((found for found in places if found >= 0), default=0)
    start = max(0, place - SNIPPET // 2)
    snippet = " ".join(whole[start : start + SNIPPET].split())
    return Finding(text.id, name, ", ".join(sorted(why)), snippet, tuple(words)[:WORDS])


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None
