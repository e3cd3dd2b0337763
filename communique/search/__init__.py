"""Search: the rules' language over all statements, within bounded time."""

from communique.search.finding import search
from communique.search.indexing import index_terms
from communique.search.listing import newest
from communique.search.shown import highlights_in, highlights_of, passages_of
from communique.search.values import Found, Order, Place, Results, SearchError

__all__ = [
    "Found",
    "Order",
    "Place",
    "Results",
    "SearchError",
    "highlights_in",
    "highlights_of",
    "index_terms",
    "newest",
    "passages_of",
    "search",
]
