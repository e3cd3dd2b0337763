"""What a statement can be found by: its lexemes, without positions.

The first character tells the kind, so that no word is taken for a fact:

- `=` a term as the tokenizer folds it; in Chinese, each character;
- `~` a stem in the statement's language, where it is not itself a term of the text;
- `+` two neighbouring characters of a script without blanks: a Chinese word is sought by its pairs;
- `^` before any of these: it stands in the title;
- `@` a fact: `@source:`, `@lang:`, `@topic:`;
- `!` alone: not all terms are here, so the statement may match anything.

The lexemes only have to let no match slip; what they let pass, the rules' own matcher decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from communique.text import Tokens, stem
from communique.text.classes import is_by_character
from communique.text.stems import has_stemmer, primary

TERM, STEM, PAIR, FACT, CUT, TITLE = "=", "~", "+", "@", "!", "^"
LEXEME_BYTES = 60  # PostgreSQL takes 2,046; what is longer is no word, and found by its beginning
TERMS_BYTES = 900_000  # PostgreSQL takes 1,048,575 in one tsvector


def lexemes(title: Tokens, text: Tokens, language: str) -> set[str]:
    """The lexemes of a wording's words. language: ISO code; script and region are ignored. Never
    fails; linear in the text's length."""
    in_title = {TITLE + each for each in _lexemes(set(title.terms), _pairs_of(title), language)}
    terms, paired = {*title.terms, *text.terms}, {*_pairs_of(title), *_pairs_of(text)}
    return in_title | _lexemes(terms, paired, language)


def _lexemes(terms: set[str], paired: set[str], language: str) -> set[str]:
    found = {lexeme(TERM, term) for term in terms}
    found.update(lexeme(PAIR, pair) for pair in paired)
    if has_stemmer(language):
        stems = {stem(term, language) for term in terms}
        found.update(lexeme(STEM, each) for each in stems - terms)
    return found


def facts(source: str, language: str) -> set[str]:
    """The lexemes of what is known of a statement. What is known of its source is not among them:
    that is looked up when somebody asks, so a correction holds for every statement at once."""
    languages = {language.casefold(), primary(language)}
    return {lexeme(FACT, f"lang:{each}") for each in languages} | {source_lexeme(source)}


def source_lexeme(source: str) -> str:
    """The lexeme of a source, by its id."""
    return lexeme(FACT, f"source:{source}")


def pairs(terms: Iterable[str], positions: Iterable[int]) -> Iterator[tuple[str, str]]:
    """Neighbouring terms of which each is one character, of a script without blanks."""
    before, place = "", 0
    for term, position in zip(terms, positions, strict=True):
        single = is_by_character(term[0])
        if before and single and position == place + 1:
            yield before, term
        before, place = (term if single else ""), position


def lexeme(kind: str, term: str) -> str:
    """A lexeme, cut to a bounded length at a character's edge: what stands in the index for a term
    and for a query's term alike."""
    if len(term) * 4 < LEXEME_BYTES:
        return kind + term
    return kind + term.encode("utf-8", "replace")[:LEXEME_BYTES].decode("utf-8", "ignore")


def bounded(words: set[str], facts: set[str]) -> set[str]:
    """All of these, or as many words as PostgreSQL holds and the mark that some are missing."""
    left, kept = TERMS_BYTES, set[str]()
    for word in sorted(words, key=len) if sum(map(len, words)) * 4 > left else words:
        left -= len(word.encode())
        if left < 0:
            return kept | facts | {CUT}
        kept.add(word)
    return kept | facts


def quoted(lexeme: str) -> str:
    """The lexeme as PostgreSQL reads it in a tsvector or a tsquery."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _pairs_of(tokens: Tokens) -> set[str]:
    return {one + other for one, other in pairs(tokens.terms, tokens.positions)}
