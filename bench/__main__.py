"""`python -m bench`: every benchmark, one after the other."""

from bench import rules

rules.main()
