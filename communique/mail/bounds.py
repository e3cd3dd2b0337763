"""Letters cut to a size, whatever came: what is left out is counted, never dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from email.message import EmailMessage

from markupsafe import escape

from communique.mail.changes import TOO_LONG, Change
from communique.mail.excerpts import Excerpt, Piece
from communique.mail.letter import Heard, Letter, RuleCard, by_weight

# Gmail hides what follows the first 102 KB of a page; a whole mail stays far below any server's
# limit. Both in bytes.
MOST_HTML = 98_000
MOST_MAIL = 195_000
# What the markup around a marked piece, a passage and an edit takes, in bytes.
MARKED, PASSAGE, EDIT = 140, 160, 600
# Rules that are named as the reason for a mail.
MOST_NAMED = 8


def fits(mail: EmailMessage) -> bool:
    """Whether a mail is small enough to be shown whole by every mail program."""
    html, whole = sizes(mail)
    return html <= MOST_HTML and whole <= MOST_MAIL


def sizes(mail: EmailMessage) -> tuple[int, int]:
    """How large a mail's HTML is, and the whole mail as it is sent, in bytes; at least 1."""
    page = mail.get_body(("html",))
    html = len(page.get_content().encode()) if page is not None else 1
    return html, len(mail.as_bytes())


def trimmed(
    letter: Letter,
    budget: int,
    *,
    rules: int = 20,
    excerpts: int = 5,
    changes: int = 8,
    echoes: int = 3,
    reposts: int = 10,
) -> Letter:
    """A letter with at most so many of each, whose passages and edits take about `budget` bytes as
    HTML. Of the first edit and of each rule's first passage something always stays."""
    edits, left = _within(letter.changes[:changes], budget)
    cards, share = list[RuleCard](), left // max(1, min(rules, len(letter.rules)))
    for card in letter.rules[:rules]:
        some = _passages(card.excerpts[:excerpts], share)
        cards.append(replace(card, excerpts=some, more=card.more + len(card.excerpts) - len(some)))
    kept, posts = letter.echoes[:echoes], letter.reposts[:reposts]
    return replace(
        letter,
        heard=tuple(map(_briefly, letter.heard)),
        changes=edits,
        more_changes=letter.more_changes + len(letter.changes) - len(edits),
        rules=tuple(cards),
        more_rules=letter.more_rules + len(letter.rules) - len(cards),
        echoes=kept,
        more_echoes=letter.more_echoes + len(letter.echoes) - len(kept),
        reposts=posts,
        more_reposts=letter.more_reposts + len(letter.reposts) - len(posts),
    )


def merged(letters: Iterable[Letter]) -> Letter:
    """One letter of several to one recipient about one story, of which each tells other rules: the
    first, with the others' rules and subscriptions."""
    first, *others = letters
    cards = {(card.watchlist, card.rule): card for card in first.rules}
    heard = {each.subscription_id: each for each in first.heard}
    for other in others:
        where = "" if other.statement_id == first.statement_id else other.publisher
        for card in other.rules:
            cards.setdefault((card.watchlist, card.rule), replace(card, where=where))
        for each in other.heard:
            known = heard.get(each.subscription_id, Heard(each.subscription_id, each.watchlist))
            rules = tuple(dict.fromkeys((*known.rules, *each.rules)))
            heard[each.subscription_id] = replace(each, rules=rules)
    every = by_weight(cards.values())
    severity = every[0].severity if every else first.severity
    return replace(first, rules=every, severity=severity, heard=tuple(heard.values()))


def _briefly(heard: Heard) -> Heard:
    """With its first rules, and how many more there are."""
    more = len(heard.rules) - MOST_NAMED
    named = (*heard.rules[:MOST_NAMED], f"{more} more rules")
    return replace(heard, rules=named) if more > 1 else heard


def _within(changes: Iterable[Change], budget: int) -> tuple[tuple[Change, ...], int]:
    kept = list[Change]()
    for change in changes:
        if kept and budget < EDIT:
            break
        before, left = _cut(change.before, max(budget // 2, EDIT))
        after, rest = _cut(change.after, max(budget // 2, EDIT))
        cut = left <= 0 or rest <= 0
        kept.append(
            replace(change, before=before, after=after, note=TOO_LONG if cut else change.note)
        )
        budget -= EDIT + _cost(before) + _cost(after)
    return tuple(kept), max(budget, 0)


def _passages(excerpts: Iterable[Excerpt], budget: int) -> tuple[Excerpt, ...]:
    kept = list[Excerpt]()
    for excerpt in excerpts:
        if kept and budget < EDIT:
            break
        pieces, _ = _cut(_from_first_mark(excerpt.pieces, budget), max(budget, EDIT))
        kept.append(replace(excerpt, pieces=pieces))
        budget -= PASSAGE + _cost(pieces)
    return tuple(kept)


def _from_first_mark(pieces: tuple[Piece, ...], budget: int) -> tuple[Piece, ...]:
    """Without most of what stands before the first match, where there is no room for all."""
    first = pieces[0] if pieces else Piece("")
    if first.mark or _cost(pieces) <= max(budget, EDIT) or len(first.text) <= 80:
        return pieces
    return (Piece(f"…{first.text[-80:]}"), *pieces[1:])


def _cut(pieces: tuple[Piece, ...], budget: int) -> tuple[tuple[Piece, ...], int]:
    """The pieces that fit, the last of them cut with "…", and how much room is left: none where
    any was cut."""
    kept = list[Piece]()
    for piece in pieces:
        cost = _cost((piece,))
        if cost <= budget:
            kept.append(piece)
            budget -= cost
            continue
        # A character takes six bytes at most, escaped.
        room = max(0, budget - (MARKED if piece.mark else 0)) // 6
        kept.append(Piece(f"{piece.text[:room]}…", piece.mark if room else ""))
        return tuple(kept), 0
    return tuple(kept), budget + 1


def _cost(pieces: Iterable[Piece]) -> int:
    return sum(
        len(str(escape(piece.text)).encode("utf-8", "replace")) + (MARKED if piece.mark else 0)
        for piece in pieces
    )
