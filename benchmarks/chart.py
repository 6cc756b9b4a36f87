"""Draws figures against time as an SVG picture: both axes logarithmic, no library needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 250, 40, 40
FONT = 'font-family="sans-serif" font-size="12"'
COLOURS = ("#0b6bcb", "#c2410c", "#a16207", "#be185d", "#15803d", "#6d28d9")


@dataclass(frozen=True)
class Line:
    """One series; steps hold their last figure, other points are only joined."""

    name: str
    points: list[tuple[float, float]]
    steps: bool = True


def steps_chart(title: str, lines: list[Line]) -> str:
    """Return the picture of some series."""
    drawn = [(x, max(y, 0.01)) for line in lines for x, y in line.points] or [(1.0, 1.0)]
    x_low, x_high = _decades([x for x, _ in drawn])
    y_low, y_high = _decades([y for _, y in drawn])

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - x_low) / (x_high - x_low)
        up = (math.log10(max(y, 0.01)) - y_low) / (y_high - y_low)
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
    ]
    for power in range(x_low, x_high + 1):
        x, _ = at(10.0**power, 10.0**y_low)
        parts.append(_rule(x, TOP, x, HEIGHT - BOTTOM))
        parts.append(
            f'<text x="{x:.0f}" y="{HEIGHT - 20}" text-anchor="middle">{10.0**power:g} s</text>'
        )
    for power in range(y_low, y_high + 1):
        _, y = at(10.0**x_low, 10.0**power)
        parts.append(_rule(LEFT, y, WIDTH - RIGHT, y))
        parts.append(
            f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g} %</text>'
        )
    for k, line in enumerate(lines):
        colour = COLOURS[k % len(COLOURS)]
        parts += _series(line, colour, [at(x, y) for x, y in line.points])
        mark = TOP + 12 + 22 * k
        parts.append(
            f'<rect x="{WIDTH - RIGHT + 16}" y="{mark - 9}" width="14" height="10" fill="{colour}"/>'
        )
        none = "" if line.points else " (no plan)"
        parts.append(f'<text x="{WIDTH - RIGHT + 36}" y="{mark}">{escape(line.name + none)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _decades(values: list[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _rule(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<line x1="{x:.0f}" y1="{y:.0f}" x2="{to_x:.0f}" y2="{to_y:.0f}" stroke="#d6d6d6"/>'


def _series(line: Line, colour: str, points: list[tuple[float, float]]) -> list[str]:
    path: list[tuple[float, float]] = []
    for x, y in points:
        if path and line.steps:
            path.append((x, path[-1][1]))
        path.append((x, y))
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
    dots = (
        []
        if line.steps
        else [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
    )
    return [f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots]
