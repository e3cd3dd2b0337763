"""Rules: queries in Lucene's syntax, tried on statements, thousands in one pass."""

from communique.rules.match import Matcher, compile_rules
from communique.rules.narrowing import narrowed
from communique.rules.parse import parse
from communique.rules.printing import printed
from communique.rules.query import Query
from communique.rules.values import SEVERITIES, Document, Hit, Rule, RuleError, Severity, Span
from communique.rules.why import Explanation, why

__all__ = [
    "SEVERITIES",
    "Document",
    "Explanation",
    "Hit",
    "Matcher",
    "Query",
    "Rule",
    "RuleError",
    "Severity",
    "Span",
    "compile_rules",
    "narrowed",
    "parse",
    "printed",
    "why",
]
