"""Echoes: the passages that a statement shares, word for word, with an earlier one."""

from communique.echoes.finding import find_echoes

__all__ = ["find_echoes"]
