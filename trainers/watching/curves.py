"""A figure over the steps of a training, as an SVG line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

WIDTH, HEIGHT, PAD, EDGE, AXIS = 560, 120, 8, 76, 16
"""The picture; its margins; room for the values at the right, and for the steps below."""

POINTS = 400
"""Points drawn at most; a longer run is drawn by its means."""


def curve(points: Sequence[tuple[float, float]], marks: Sequence[float] = ()) -> Markup:
    """A line through (step, value), with a dashed line across at each of `marks` that lies in view."""
    drawn = _thinned(points)
    steps, values = [step for step, _ in drawn], [value for _, value in drawn]
    low, high = min(values), max(values)
    x, y = _scale(min(steps), max(steps), PAD, WIDTH - EDGE), _scale(low, high, HEIGHT - PAD, PAD)
    line = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in drawn)
    crossed = Markup().join(
        Markup(
            '<line x1="0" x2="{}" y1="{}" y2="{}" style="stroke:var(--ink);stroke-dasharray:3 3;opacity:.65"/>'
        ).format(WIDTH - EDGE, f"{y(mark):.1f}", f"{y(mark):.1f}")
        for mark in marks
        if low <= mark <= high
    )
    right = Markup().join(_text(WIDTH - EDGE + 6, y(value) + 4, f"{value:.3g}") for value in sorted({low, high}))
    first, last = points[0][0], points[-1][0]
    below = _text(PAD, HEIGHT + AXIS - 4, f"step {first:g}") + _text(
        WIDTH - EDGE, HEIGHT + AXIS - 4, f"{last:g}", "end"
    )
    told = f"from {values[0]:.3g} to {values[-1]:.3g}, lowest {low:.3g}, highest {high:.3g}"
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="1.5"/>{}{}</svg>'
    ).format(WIDTH, HEIGHT + AXIS, told, told, crossed, line, right, below)


def _text(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    return Markup('<text x="{}" y="{}" font-size="12" fill="currentColor" text-anchor="{}">{}</text>').format(
        f"{x:.1f}", f"{y:.1f}", anchor, text
    )


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    size = -(-len(points) // POINTS)
    parts = [points[start : start + size] for start in range(0, len(points), size)]
    return [(sum(step for step, _ in part) / len(part), sum(value for _, value in part) / len(part)) for part in parts]


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """What never changes runs through the middle."""
    if high == low:
        return lambda _: (start + end) / 2
    return lambda value: start + (value - low) / (high - low) * (end - start)
