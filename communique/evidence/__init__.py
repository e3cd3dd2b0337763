"""Proof: whether what the store says was read still follows from the bytes in the archive.

members.py   a WARC file record by record, over whatever damage it has
claims.py    what the store says of a wording: bytes, reader, title, text, date
reading.py   what those bytes say today
proving.py   the claim against the bytes: what does not hold
verifying.py many wordings, each file opened once, read in several processes
records.py   one record, for somebody who wants to see it now
bundle.py    one statement's evidence for somebody who has none of this
"""

from communique.evidence.claims import Claim
from communique.evidence.members import Damage
from communique.evidence.proving import Proof
from communique.evidence.verifying import Verified, verify_all, verify_statement

__all__ = ["Claim", "Damage", "Proof", "Verified", "verify_all", "verify_statement"]
