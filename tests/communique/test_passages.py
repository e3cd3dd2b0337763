"""Matched passages: the sentences that spans lie in, however many there are."""

from __future__ import annotations

import time

from communique.passages import Wording, matched_passages


def test_spans_in_one_sentence_share_a_passage() -> None:
    text = "Sand came. The ship and the quay, and a ship. Salt."
    spans = [
        {"field": "text", "start": 40, "end": 44},
        {"field": "text", "start": 15, "end": 19},
        {"field": "text", "start": 17, "end": 23},
        {"field": "title", "start": 0, "end": 4},
        {"field": "text", "start": 40, "end": 400},
    ]
    found = matched_passages(Wording("Ship ahoy", text), spans)
    assert [(each.field, each.start, each.end, each.spans) for each in found] == [
        ("title", 0, 9, ((0, 4),)),
        ("text", 11, 45, ((15, 23), (40, 44))),
    ]


def test_a_passage_of_many_spans_takes_time_in_proportion() -> None:
    def taken(count: int) -> float:
        spans = [{"field": "text", "start": 3 * n, "end": 3 * n + 1} for n in range(count)]
        started = time.process_time()
        found = matched_passages(Wording("", "船进港" * count), spans)
        assert [len(each.spans) for each in found] == [count]
        return time.process_time() - started

    # Eight times the spans once took forty times as long.
    assert taken(32_000) < 20 * max(taken(4_000), 0.02)
