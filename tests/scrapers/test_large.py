"""Large pages are taken apart one at a time, small ones a few at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from scrapers.large import LARGE, in_turn, uncommented, written_in_turn


def most_at_once(size: int, turn: Callable[[int], AbstractContextManager[None]]) -> int:
    inside, most = 0, 0
    lock = threading.Lock()

    def read() -> None:
        nonlocal inside, most
        with turn(size):
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.05)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return most


def test_large_pages_wait_for_one_another() -> None:
    assert most_at_once(LARGE + 1, in_turn) == 1
    assert most_at_once(LARGE + 1, written_in_turn) == 1


def test_a_turn_may_be_entered_within_itself() -> None:
    for size in (LARGE, LARGE + 1):
        for _ in range(5):
            with in_turn(size), in_turn(size), written_in_turn(size):
                pass


def test_small_pages_are_read_a_few_at_a_time_and_written_whenever_they_come() -> None:
    assert most_at_once(LARGE, in_turn) == 4
    assert most_at_once(LARGE, written_in_turn) > 1


def test_a_large_page_is_read_without_its_comments_and_a_small_one_as_it_is() -> None:
    small, much = "<p>one</p><!-- two --><p>three</p>", "four " * LARGE
    assert uncommented(small) == small
    assert uncommented(f"{small}<!-- {much} -->five") == "<p>one</p><p>three</p>five"
    endless = f"{small}<!-- {much}"
    assert uncommented(endless) == f"<p>one</p><p>three</p><!-- {much}"
