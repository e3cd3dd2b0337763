"""Rules: queries in Lucene's syntax, tried on statements, thousands in one pass."""

from communique.rules.match import Matcher, compile_rules
from communique.rules.parse import parse
from communique.rules.query import Query
from communique.rules.values import SEVERITIES, Document, Hit, Rule, RuleError, Severity, Span

__all__ = [
    "SEVERITIES",
    "Document",
    "Hit",
    "Matcher",
    "Query",
    "Rule",
    "RuleError",
    "Severity",
    "Span",
    "compile_rules",
    "parse",
]
