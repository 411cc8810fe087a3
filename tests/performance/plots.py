"""Bars as SVG, readable on light and dark pages, without a library."""

from collections.abc import Mapping
from html import escape

BAR, GAP, LABEL, WIDTH = 18, 8, 300, 380  # pixels
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}"
    ".bar{fill:#8c959f}.ours{fill:#0969da}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.ours{fill:#2f81f7}}"
)


def bars(title: str, values: Mapping[str, float]) -> str:
    """A horizontal bar a value, in the order given; ours, named `this API...`, in colour."""
    longest = max(values.values())
    step = BAR + GAP
    height = step * (len(values) + 1) + GAP
    parts = [f'<text x="0" y="{BAR}" font-weight="bold">{escape(title)}</text>']
    for row, (name, value) in enumerate(values.items(), start=1):
        y, kind = row * step + GAP, "bar ours" if name.startswith("this API") else "bar"
        length = max(1, round(WIDTH * value / longest))
        parts += [
            f'<text x="0" y="{y + BAR - 5}">{escape(name)}</text>',
            f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{length}" height="{BAR}" rx="3"/>',
            f'<text x="{LABEL + length + 6}" y="{y + BAR - 5}">{_number(value)}</text>',
        ]
    size = f'width="{LABEL + WIDTH + 70}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">\n'
        f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
