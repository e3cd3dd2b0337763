"""Many sources at once: what is left to do after their turns holds up no host."""

from __future__ import annotations

import threading

from communique.coverage import SourceCoverage
from communique.parallel import FEW, Done, by_host
from scrapers.sources import ListingFacts, Source


def sources(count: int) -> list[Source]:
    return [
        Source(
            id=f"host_{n}",
            desk="china",
            publisher="A ministry",
            kind="ministry",
            languages=("en",),
            listings=(ListingFacts(url=f"https://host{n}.example/"),),
        )
        for n in range(count)
    ]


def test_what_is_left_after_a_turn_waits_until_few_turns_are_under_way() -> None:
    many, guard = sources(FEW * 2), threading.Lock()
    under_way, at_work, told = len(many), list[int](), list[str]()
    slow = threading.Event()

    def work(source: Source, stopping: threading.Event) -> SourceCoverage:
        nonlocal under_way
        if source.id == "host_0":
            assert slow.wait(30)  # until the others' rest is done
        with guard:
            under_way -= 1
        raise RuntimeError("over")

    def over(one: Done) -> Done:
        with guard:
            at_work.append(under_way)
            if len(at_work) == len(many) - 1:
                slow.set()
        return Done(one.source, crash=f"heard, {one.crash}")

    ended = by_host(many, work, over=over, done=lambda one: told.append(one.source.id))
    assert [one.source.id for one in ended] == [one.id for one in many]
    assert {one.crash for one in ended} == {"heard, RuntimeError: over"}
    assert sorted(told) == sorted(one.id for one in many)
    assert max(at_work) <= FEW
    assert at_work[-2] == 1  # nobody waits for the slowest one
