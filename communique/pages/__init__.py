"""The analysts' pages: one web application that stands inside Airflow's UI and knows no Airflow."""

from communique.pages.app import make_app
from communique.pages.embedding import Embedding, Visitor

__all__ = ["Embedding", "Visitor", "make_app"]
