"""Language versions: what one publisher says in several languages is one story.

See docs/decisions/009-language-versions.md.
"""

from communique.translations.anchors import Anchors, anchors_of
from communique.translations.assigning import Pair, Text, pairs_of
from communique.translations.likeness import VERSION, likeness
from communique.translations.pairing import pair

__all__ = ["VERSION", "Anchors", "Pair", "Text", "anchors_of", "likeness", "pair", "pairs_of"]
