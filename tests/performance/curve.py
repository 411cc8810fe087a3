"""A chart of a few lines over a logarithmic axis, as SVG."""

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 60, 220, 50, 50
COLOURS = ("#1b6ca8", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#525252")


def svg(title: str, unit: str, sizes: Sequence[int], lines: Mapping[str, Sequence[float]]) -> str:
    """`lines`: a name, and a value of `unit` for each of `sizes`, whose axis is logarithmic."""
    top = max(max(values) for values in lines.values()) * 1.1
    left, right = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(size) - left) / (right - left)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    step = 10 ** math.floor(math.log10(top / 2))
    ticks = [step * number for number in range(int(top / step) + 1)]
    namespace, box = 'xmlns="http://www.w3.org/2000/svg"', f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg {namespace} {box} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(LEFT, TOP - 26, title, "start", 'font-size="15"'),
        _text(LEFT, TOP - 8, unit, "start"),
    ]
    for tick in ticks:
        parts.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 8, y(tick) + 4, f"{tick:g}", "end"))
    parts += [_text(x(size), HEIGHT - BOTTOM + 20, f"{size:,} posts", "middle") for size in sizes]
    names = sorted(lines, key=lambda name: -lines[name][-1])
    label = -math.inf
    for name, colour in zip(names, COLOURS, strict=False):
        points = [(x(size), y(value)) for size, value in zip(sizes, lines[name], strict=True)]
        way = "L".join(f"{across:.1f} {down:.1f}" for across, down in points)
        parts.append(f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
        label = max(label + 15, points[-1][1] + 4)  # so that no two lie on each other
        parts.append(_text(WIDTH - RIGHT + 8, label, name, "start", f'fill="{colour}"'))
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(text)}</text>'
