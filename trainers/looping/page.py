"""The report of a loop: each round's figures with their intervals, the verdicts, the curves of its trainings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

WIDTH, ROW, LEFT = 640, 26, 210
FIGURES: Final[tuple[str, ...]] = ("reward", "loss", "entropy", "frac_reward_zero_std", "completions/mean_length")
COLOURS: Final = {"champion": "var(--ink)", "candidate": "var(--kept)", "control": "var(--dropped)"}
PAGE: Final = """\
{% extends "base.html.jinja" %}
{% block body %}
<header class="top"><h1>{{ name }}</h1>
<p>{{ told }}</p></header>
<main>
{% for k, drawn in charts %}
<section><h2>pass@{{ k }} on held-out problems</h2>
<p class="soft">Means over problems with 95% intervals; what promotes is the paired difference below.</p>
{{ drawn }}</section>
{% endfor %}
<section><h2>Verdicts</h2>
<div class="scroll"><table><thead><tr><th>round</th><th>verdict</th><th class="n">to the champion</th>
<th class="n">to the control</th><th class="n">CPU s, round</th><th class="n">CPU s, control</th></tr></thead><tbody>
{% for one in verdicts %}
<tr><th>{{ one.name }}</th><td>{{ one.why }}</td>
<td class="n">{{ one.champion }}</td><td class="n">{{ one.control }}</td>
<td class="n">{{ one.cpu }}</td><td class="n">{{ one.control_cpu }}</td></tr>
{% endfor %}
</tbody></table></div></section>
{% for title, alarms, curves in trainings %}
<section><h2>Training {{ title }}</h2>
{% for one in alarms %}<p>step {{ one.step }}: {{ one.name }}: {{ one.what }}. {{ one.advice }}</p>{% endfor %}
<div class="figures">
{% for name, last, drawn in curves %}
<figure><figcaption><b>{{ name }}</b> {{ "%.4g"|format(last) }}</figcaption>
{{ drawn }}</figure>
{% endfor %}
</div>
</section>
{% endfor %}
</main>
{% endblock %}
"""


def render(folder: Path) -> str:
    """The page of a loop's folder: the same bytes for the same folder."""
    from curate.report.template import html_templates

    lock = json.loads((folder / "loop.lock.json").read_text(encoding="utf-8"))["config"]
    rounds = list(_rounds(folder))
    champion = json.loads((folder / "champion.json").read_text(encoding="utf-8"))
    ledger = [json.loads(line) for line in (folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines()]
    points = {k: list(_points(folder, rounds, k)) for k in lock["evaluate"]["k"]}
    first = points[lock["evaluate"]["k"][0]][0][2]["problems"]
    told = f"{first:,} held-out problems, {lock['evaluate']['n']} answers each. The champion: {champion['from']}."
    context: dict[str, Any] = {
        "title": lock["name"],
        "name": lock["name"],
        "told": told,
        "charts": [(k, _chart(rows)) for k, rows in points.items()],
        "verdicts": [_verdict(one, lock["promote"]["k"], ledger) for one in rounds],
        "trainings": [found for one in rounds for found in _trainings(one)],
    }
    return html_templates().from_string(PAGE).render(context)


def _rounds(folder: Path) -> Iterator[Path]:
    yield from sorted(path.parent for path in folder.glob("[0-9][0-9]-*/verdict.json"))


Point = tuple[str, str, dict[str, Any]]


def _points(folder: Path, rounds: Sequence[Path], k: int) -> Iterator[Point]:
    """(label, colour, interval) of every evaluation, in order."""
    yield "start", COLOURS["champion"], _interval(folder / "evaluate-start", k)
    for one in rounds:
        name = one.name[3:]
        yield name, COLOURS["candidate"], _interval(one / "evaluate", k)
        if (one / "evaluate-control").is_dir():
            yield f"{name}, control", COLOURS["control"], _interval(one / "evaluate-control", k)


def _interval(folder: Path, k: int) -> dict[str, Any]:
    found = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["table"][0]["pass_at"][str(k)]
    return dict(found)


def _chart(rows: Sequence[Point]) -> Markup:
    """A dot and its interval a line, on an axis from 0 to 1."""
    height = ROW * len(rows) + 24
    lines = Markup().join(_line(point, ROW * place + ROW / 2) for place, point in enumerate(rows))
    ticks = Markup().join(_tick(share / 4, height) for share in range(5))
    return Markup(
        '<svg viewBox="0 0 {} {}" style="max-width:{}px" role="img" aria-label="pass rates">{}{}</svg>'
    ).format(WIDTH, height, WIDTH, ticks, lines)


def _x(share: float) -> str:
    return f"{LEFT + (WIDTH - LEFT - 60) * share:.1f}"


def _line(point: Point, y: float) -> Markup:
    label, colour, found = point
    return Markup(
        '<text x="0" y="{low}" font-size="13" fill="currentColor">{label}</text>'
        '<line x1="{start}" x2="{end}" y1="{y}" y2="{y}" style="stroke:{colour}" stroke-width="2"/>'
        '<circle cx="{at}" cy="{y}" r="4" style="fill:{colour}"/>'
        '<text x="{end}" dx="8" y="{low}" font-size="12" fill="currentColor">{value}</text>'
    ).format(
        y=f"{y:.1f}",
        low=f"{y + 4:.1f}",
        label=label,
        colour=colour,
        start=_x(found["low"]),
        end=_x(found["high"]),
        at=_x(found["value"]),
        value=f"{100 * found['value']:.1f}",
    )


def _tick(share: float, height: int) -> Markup:
    return Markup(
        '<line x1="{x}" x2="{x}" y1="0" y2="{end}" style="stroke:var(--line)"/>'
        '<text x="{x}" y="{low}" font-size="11" fill="currentColor" text-anchor="middle">{told}</text>'
    ).format(x=_x(share), end=height - 18, low=height - 4, told=f"{share:.0%}")


def _verdict(folder: Path, k: int, ledger: Sequence[dict[str, Any]]) -> dict[str, str]:
    found = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    name = folder.name[3:]
    spent = {line["stage"]: line["cpu_seconds"] for line in ledger if line["round"] == name}
    work = [spent[stage] for stage in ("generate", "train", "merge") if stage in spent]
    return {
        "name": name,
        "why": found["why"],
        "champion": _difference(found["against_champion"], k),
        "control": _difference(found["against_control"], k),
        "cpu": f"{sum(work):,.0f}",
        "control_cpu": f"{spent['control']:,.0f}" if "control" in spent else "",
    }


def _difference(comparison: dict[str, Any] | None, k: int) -> str:
    if comparison is None:
        return ""
    found = comparison["pass_at"][str(k)]
    return f"{100 * found['value']:+.1f} [{100 * found['low']:+.1f}, {100 * found['high']:+.1f}]"


def _trainings(folder: Path) -> Iterator[tuple[str, list[dict[str, Any]], list[tuple[str, float, Markup]]]]:
    from trainers.watching.curves import curve
    from trainers.watching.kept import read_alarms
    from trainers.watching.page import read_log, series

    for arm in ("train", "control"):
        if (folder / arm / "log.jsonl").is_file():
            found = series(read_log(folder / arm))
            curves = [(name, found[name][-1][1], curve(found[name])) for name in FIGURES if name in found]
            yield f"{folder.name[3:]}, {arm}", read_alarms(folder / arm), curves
