"""Small charts as SVG text: bars on one scale, histograms with an axis. Colours come from the page's style sheet.

Every value that could be text of a stranger goes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import floor, log10

from markupsafe import Markup

from curate.report.distribution import Distribution
from curate.report.figures import count, percent, rows, short
from curate.text.shown import one_line

WIDTH, HEIGHT, AXIS = 560, 110, 20
LEAST = 2.0
"""Thousandths of the width that a bar takes which is not nothing."""


def bar(parts: Iterable[tuple[float, str]], scale: float, *, start: float = 0.0, tick: float | None = None) -> Markup:
    """Bars end to end, `(length, class)` each, on a scale from 0 to `scale`. tick: a line across, at this length.

    It carries no words: the numbers stand beside it in the table.
    """
    unit = 1000 / scale if scale > 0 else 0.0
    x, drawn = start * unit, []
    for length, name in parts:
        width = max(length * unit, LEAST) if length > 0 else 0.0
        if width:
            x = min(x, 1000 - width)
            drawn.append(
                Markup('<rect class="{}" x="{}" y="2" width="{}" height="12"/>').format(name, _n(x), _n(width))
            )
            x += width
    if tick is not None and 0 < tick < scale:
        drawn.append(Markup('<rect class="tick" x="{}" y="0" width="2" height="16"/>').format(_n(tick * unit)))
    body = Markup().join(drawn)
    return Markup(
        '<svg class="bar" viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(body)


def histogram(
    counts: Sequence[int], end: float, what: str, unit: str, marks: Mapping[str, float], *, open_end: bool = False
) -> Markup:
    """Columns over an axis from 0 to `end`, with dashed lines at `marks`. what: of what; unit: of the axis."""
    highest = max(counts, default=0) or 1
    step = WIDTH / max(1, len(counts))
    columns = Markup().join(
        Markup('<rect class="column" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
            _n(index * step + 0.5),
            _n(HEIGHT - max(HEIGHT * number / highest, 1.5)),
            _n(step - 1),
            _n(max(HEIGHT * number / highest, 1.5)),
            _bin(index, number, end, len(counts), open_end=open_end),
        )
        for index, number in enumerate(counts)
        if number
    )
    places = {name: value for name, value in marks.items() if 0 <= value <= end}
    tight = len(places) > 1 and (max(places.values()) - min(places.values())) * WIDTH < 48 * end
    sides = (("end", -3), ("start", 3)) if tight else (("middle", 0), ("middle", 0))
    lines = Markup().join(
        _mark(name, value, end, *sides[min(index, 1)]) for index, (name, value) in enumerate(places.items())
    )
    axis = Markup().join(_axis_label(value, end) for value in ticks(end))
    if open_end:
        axis += Markup('<text class="axis" x="{}" y="{}">…</text>').format(WIDTH, HEIGHT + 15)
    axis += Markup('<text class="axis" x="{}" y="{}">{}</text>').format(
        WIDTH // 2, HEIGHT + 2 * AXIS, f"{unit} \u00b7 highest column: {rows(max(counts, default=0))}"
    )
    label = f"{what}, {unit}: " + ", ".join(f"{name} {count(value)}" for name, value in marks.items())
    return Markup(
        '<svg class="histogram" viewBox="-28 -14 {} {}" role="img" aria-label="{}">'
        '{}<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/>{}{}</svg>'
    ).format(WIDTH + 56, HEIGHT + 2 * AXIS + 18, one_line(label), columns, WIDTH, HEIGHT, HEIGHT, lines, axis)


def lengths(found: Distribution, what: str, unit: str) -> Markup:
    """The histogram of lengths, with lines at their median and their 95th percentile."""
    drawn = found.histogram
    marks = {"p50": found.p50, "p95": found.p95}
    return histogram(drawn.counts, drawn.edges[-1], what, unit, marks, open_end=drawn.open_end)


def _bin(index: int, number: int, end: float, bins: int, *, open_end: bool) -> str:
    low, high = end * index / bins, end * (index + 1) / bins
    edge = (
        f"{count(round(low))} and more"
        if open_end and index == bins - 1
        else f"{count(round(low))} to {count(round(high))}"
    )
    return f"{edge}: {rows(number)}"


def _mark(name: str, value: float, end: float, anchor: str, aside: int) -> Markup:
    x = WIDTH * value / end if end else 0.0
    return Markup(
        '<line class="mark" x1="{x}" x2="{x}" y1="-2" y2="{bottom}"/>'
        '<text style="text-anchor:{anchor}" x="{beside}" y="-5">{name}</text>'
    ).format(x=_n(x), beside=_n(x + aside), bottom=HEIGHT, name=name, anchor=anchor)


def ticks(end: float) -> range:
    """Round whole numbers from 0 to `end`, three to seven of them where there are so many.

    >>> [*ticks(46)], [*ticks(17_107)], [*ticks(2.5)]
    ([0, 10, 20, 30, 40], [0, 5000, 10000, 15000], [0, 1, 2])
    """
    most = max(1, int(end / 3))
    power = 10 ** floor(log10(most))
    step = next(power * times for times in (5, 2, 1) if power * times <= most)
    return range(0, int(end) + 1, step)


def _axis_label(value: float, end: float) -> Markup:
    place = value / end if end else 0.0
    return Markup('<text class="axis" x="{}" y="{}">{}</text>').format(_n(WIDTH * place), HEIGHT + 15, short(value))


def classes(counts: Sequence[int], labels: Sequence[str], what: str) -> Markup:
    """A column for each class, its count above and its label below."""
    highest, total = max(counts, default=0) or 1, sum(counts) or 1
    step = WIDTH / max(1, len(counts))
    drawn = Markup()
    for index, (number, label) in enumerate(zip(counts, labels, strict=True)):
        height = max(HEIGHT * number / highest, 1.5)
        drawn += Markup(
            '<rect class="column" x="{left}" y="{top}" width="{width}" height="{height}"><title>{tip}</title></rect>'
            '<text class="value" x="{middle}" y="{above}">{number}</text>'
            '<text class="axis" x="{middle}" y="{below}">{label}</text>'
        ).format(
            left=_n((index + 0.1) * step),
            middle=_n((index + 0.5) * step),
            width=_n(step * 0.8),
            top=_n(HEIGHT - height),
            above=_n(HEIGHT - height - 4),
            below=HEIGHT + 15,
            height=_n(height),
            number=short(number),
            label=label,
            tip=f"{label}: {count(number)} ({percent(number / total)})",
        )
    spoken = f"{what}: " + ", ".join(f"{label} {count(number)}" for label, number in zip(labels, counts, strict=True))
    return Markup('<svg class="histogram" viewBox="-28 -14 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH + 56, HEIGHT + AXIS + 16, one_line(spoken, 600), drawn
    )


def spark(counts: Sequence[int]) -> Markup:
    """A histogram the size of a word."""
    highest = max(counts, default=0) or 1
    columns = Markup().join(
        Markup('<rect class="column" x="{}" y="{}" width="8" height="{}"/>').format(
            index * 10 + 1, _n(20 - max(20 * number / highest, 1)), _n(max(20 * number / highest, 1))
        )
        for index, number in enumerate(counts)
        if number
    )
    return Markup('<svg class="spark" viewBox="0 0 {} 20" aria-hidden="true">{}</svg>').format(
        len(counts) * 10, columns
    )


def _n(value: float) -> str:
    """A coordinate, the same text on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
