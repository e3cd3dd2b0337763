"""Whether what the environment says is enough to watch with."""

from __future__ import annotations

from communique.doctor_parts import Patient, Said, broken, look, ok
from communique.mail.message import SenderError, sender
from communique.settings import Settings


def settings(patient: Patient) -> Said:
    """Whether mails have a sender, sites somebody to write to, and the clock nobody who holds it.
    What cannot be read at all ends a command before it begins."""
    given = patient.settings
    try:
        origin = sender(given.mail_from)
    except SenderError as error:
        return broken(str(error), "Until then no mail leaves.")
    if missing := _missing(given, local=origin.domain in ("localhost", "localhost.localdomain")):
        found, advice = zip(*missing, strict=True)
        return look("; ".join(found), " ".join(advice))
    return ok(f"mails come from {origin.address}, sites may write to {given.contact}")


def _missing(given: Settings, *, local: bool) -> list[tuple[str, str]]:
    said = []
    if given.replay:
        advice = "Unset COMMUNIQUE_REPLAY to watch."
        said.append(("COMMUNIQUE_REPLAY: archives answer instead of the web", advice))
    if (given.replay and given.as_of) or given.now:
        name = "COMMUNIQUE_AS_OF" if given.replay and given.as_of else "COMMUNIQUE_NOW"
        said.append((f"{name}: the clock stands at {given.clock():%Y-%m-%d %H:%M} UTC", ""))
    if not given.contact:
        advice = "Set COMMUNIQUE_CONTACT, so that sites can reach you before they block you."
        said.append(("no COMMUNIQUE_CONTACT", advice))
    if local:
        advice = "Set COMMUNIQUE_MAIL_FROM to an address of yours: others refuse mail of such."
        said.append((f"mails come from {given.mail_from}", advice))
    if not given.maintainers:
        advice = "Set COMMUNIQUE_MAINTAINERS: nobody hears when a source goes blind."
        said.append(("no COMMUNIQUE_MAINTAINERS", advice))
    return said
