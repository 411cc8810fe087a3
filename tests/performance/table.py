"""One line a figure: what it is, its target, what was measured, and whether that meets it."""

from dataclasses import dataclass

from tests.performance.contest import Ratio


@dataclass(frozen=True)
class Figure:
    """`measured` beside `target`, below which it is met; a figure without a target is there to compare."""

    name: str
    measured: float
    target: float | None = None
    detail: str = ""

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "met" if self.measured <= self.target else "missed"

    def line(self) -> str:
        target = "" if self.target is None else f"≤ {self.target:g}"
        return f"{self.name:<58} {target:>8} {self.measured:>8.3g}  {self.detail:<44} {self.verdict}".rstrip()


def of_ratio(
    name: str, ratio: Ratio, target: float | None = None, unit: float = 1000, form: str = "ms"
) -> Figure:
    """A ratio's figure, with the quartiles of its pairs and the medians of both sides."""
    spread = (
        f"{ratio.low:.2f} to {ratio.high:.2f}; {ratio.one * unit:.3g} and {ratio.other * unit:.3g} {form}"
    )
    return Figure(name, ratio.median, target, spread)
