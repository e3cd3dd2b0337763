"""One tokenizer for rules, the search box and SQL; stems; sentences."""

from communique.text.sentences import passage, sentence_spans
from communique.text.stems import stem
from communique.text.tokens import BREAK, Token, Tokens, tokenize, tokenize_columns

__all__ = [
    "BREAK",
    "Token",
    "Tokens",
    "passage",
    "sentence_spans",
    "stem",
    "tokenize",
    "tokenize_columns",
]
