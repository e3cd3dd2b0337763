"""How far a walk needs to go: what of a listing's page is known, and whether what is older is."""

from __future__ import annotations

from collections.abc import Collection

from scrapers import periods
from scrapers.plan import Entries, Walk

# So many known entries at the end of a page say that what follows is known too. Fewer known ones
# at its head are pinned there and say nothing; as many before one that is not known say that the
# listing is in no order of time, and that nothing follows from its order.
RUN_OF_KNOWN = 3


def known_of(this: Walk, entries: Entries) -> set[str]:
    """Which of these are known: visited, or noted by a walk and still to be visited."""
    pending = {url for url, _ in this.plan.pending}
    urls = [url for url, _ in entries]
    return {*this.lookup(urls), *pending.intersection(urls)} if urls else set()


def meets(entries: Entries, known: Collection[str]) -> bool:
    """Whether a page reaches what is known. What may be pinned on top says nothing of that."""
    urls = [url for url, _ in entries]
    told = urls if len(urls) <= RUN_OF_KNOWN else urls[RUN_OF_KNOWN - 1 :]
    return any(url in known for url in told)


def enough(this: Walk, entries: Entries, fresh: Collection[str], known: Collection[str]) -> bool:
    """Whether what is older is known, or out of the plan's reach."""
    plan, days = this.plan, [e.published.on for _, e in entries if e.published and e.published.on]
    goal, first = plan.since or plan.back_to, this.facts.url not in plan.walked
    if this.facts.type == "sitemap":
        # Its further ones hold other things, not older ones; those that changed come first.
        bounded = plan.since is None and (first or this.stale >= RUN_OF_KNOWN)
        return bounded and len(this.asked) > RUN_OF_KNOWN
    if not fresh:
        return True
    if goal is not None and (days or plan.since is not None):
        return bool(days) and max(days) < goal
    if first:
        return True
    unknown = [number for number, (url, _) in enumerate(entries) if url not in known]
    if not unknown:
        return True
    after, ahead = len(entries) - 1 - unknown[-1], unknown[-1] + 1 - len(unknown)
    return after >= RUN_OF_KNOWN and ahead < RUN_OF_KNOWN


def jump(this: Walk, entries: Entries, known: Collection[str]) -> None:
    """A backfill that goes on skips the pages that it has done, from the first page on that brings
    nothing new; it begins one page earlier, since what is taken out of a listing moves the rest
    up."""
    goal = this.plan.resume.get(this.facts.url)
    if goal is None or this.jumped or any(url not in known for url, _ in entries):
        return
    this.jumped = True
    if goal in this.asked:
        return
    if goal in this.queue:
        done = max(this.queue.index(goal) - 1, 0)
        this.asked.update(this.queue[:done])
        del this.queue[:done]
    else:
        this.queue = [goal]


def goes_beyond(this: Walk) -> bool:
    """Whether a walk that has met what it knows turns a page more, to see what was put in late
    among older things, or behind a page full of pinned ones."""
    plan, walked = this.plan, this.facts.url in this.plan.walked
    timely = this.facts.type != "sitemap" and periods.period_of(this.facts.url) is None
    return plan.since is None and walked and timely and len(this.asked) < plan.deep


def put_in(entries: Entries, known: Collection[str]) -> Entries:
    """What stands before the last known entry of a page: what comes after it is older than all we
    ever read, and a backfill's work."""
    last = max((n for n, (url, _) in enumerate(entries, 1) if url in known), default=0)
    return entries[:last]
