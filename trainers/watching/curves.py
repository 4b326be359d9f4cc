"""A figure over the steps of a training, as an SVG line."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, HEIGHT, PAD, EDGE = 560, 120, 8, 56
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
        Markup('<line class="mark" x1="0" x2="{}" y1="{}" y2="{}"/>').format(WIDTH, f"{y(mark):.1f}", f"{y(mark):.1f}")
        for mark in marks
        if low <= mark <= high
    )
    told = f"from {values[0]:.3g} to {values[-1]:.3g}, lowest {low:.3g}, highest {high:.3g}"
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        '<text x="{}" y="12" font-size="11" fill="currentColor">{}</text>'
        '<text x="{}" y="{}" font-size="11" fill="currentColor">{}</text></svg>'
    ).format(
        WIDTH, HEIGHT, told, told, crossed, line, WIDTH - EDGE + 4, f"{high:.3g}", WIDTH - EDGE + 4, HEIGHT - 4,
        f"{low:.3g}",
    )  # fmt: skip


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    size = -(-len(points) // POINTS)
    parts = [points[start : start + size] for start in range(0, len(points), size)]
    return [(sum(step for step, _ in part) / len(part), sum(value for _, value in part) / len(part)) for part in parts]


def _scale(low: float, high: float, start: float, end: float):  # type: ignore[no-untyped-def]
    width = (high - low) or 1.0
    return lambda value: start + (value - low) / width * (end - start)
