"""Stories: statements that say the same thing, however many publish it.

`group` is the settling step. What it decides can be put right by hand (`corrections`) and all
stories can be told anew (`rebuilding`).
"""

from communique.stories.grouping import group
from communique.stories.signatures import VERSION

__all__ = ["VERSION", "group"]
