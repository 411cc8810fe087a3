"""One line a figure: what it is, its target, what was measured, and whether that meets it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """`measured` against `target`, up to which it is met; a figure without a target is there to compare.

    `bars` are what the plot of that name shows of it.
    """

    name: str
    measured: float
    target: float | None = None
    detail: str = ""
    plot: str = ""
    bars: Mapping[str, float] = field(default_factory=dict)

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        target = "" if self.target is None else f"≤ {self.target:g}"
        measured = f"{self.measured:.2f}" if self.measured % 1 else f"{self.measured:.0f}"
        return self.name, target, measured, self.detail, self.verdict

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "met" if self.measured <= self.target else "missed"

    def line(self) -> str:
        name, target, measured, detail, verdict = self.cells
        return f"{name:<58} {target:>7} {measured:>6}  {detail:<46} {verdict}".rstrip()
