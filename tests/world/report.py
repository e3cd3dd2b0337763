"""What the world's run comes to, in a page to be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MOST_SHOWN = 25


@dataclass
class Report:
    """problems: by kind, each in a line. told: visits by what was visited, the outcomes that were
    expected, and the outcome that was told. states: source-days by the expected and told state."""

    problems: dict[str, list[str]] = field(default_factory=dict)
    told: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    least_gap: float = 0
    longest_turn: float = 0
    longest_run: float = 0
    memory: int = 0

    def wrong(self, kind: str, what: str) -> None:
        """Notes a problem."""
        self.problems.setdefault(kind, []).append(what)

    def text(self, seconds: float) -> str:
        """All of it, the problems last."""
        lines = ["", *self._outcomes(), "", *self._state_table(), ""]
        lines += [f"{name:40}{number:8}" for name, number in self.counted.items()]
        lines += [
            f"{'shortest gap at a host':40}{self.least_gap:8.3f} s",
            f"{'longest turn of a source':40}{self.longest_turn:8.1f} s",
            f"{'longest run of all':40}{self.longest_run:8.1f} s",
            f"{'memory at most':40}{self.memory / 1e6:8.0f} MB",
            f"{'the whole':40}{seconds:8.0f} s",
            "",
        ]
        for kind, found in self.problems.items():
            lines.append(f"{kind.upper()}: {len(found)}")
            lines += [f"  {each}" for each in found[:MOST_SHOWN]]
        lines.append("WRONG" if self.problems else "Nothing lost, doubled, invented or mistold.")
        return "\n".join(lines)

    def _outcomes(self) -> list[str]:
        seen = sorted({outcome for _, _, outcome in self.told})
        lines = [f"{'expected':32}" + "".join(f"{name[:10]:>11}" for name in seen)]
        for what, expected in sorted({(what, wanted) for what, wanted, _ in self.told}):
            counts = (self.told[what, expected, outcome] or "" for outcome in seen)
            name = f"{what} {expected}"[:31]
            lines.append(f"{name:32}" + "".join(f"{count:>11}" for count in counts))
        return lines

    def _state_table(self) -> list[str]:
        states = sorted({state for _, state in self.states})
        lines = [f"{'source-days':32}" + "".join(f"{state[:12]:>13}" for state in states)]
        for expected in ("healthy", "failing", "either"):
            counts = (self.states[expected, state] or "" for state in states)
            lines.append(f"{expected:32}" + "".join(f"{count:>13}" for count in counts))
        return lines
