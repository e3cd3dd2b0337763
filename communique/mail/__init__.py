"""From a row of the outbox to a mail: what an analyst reads, as text and as HTML."""
