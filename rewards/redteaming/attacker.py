"""One reward under attack, and the footing an attack stands on: a task, and the way to write its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rewards.redteaming.families import FAMILIES, FUNCTION, GOLD_WRAPS, WRAPS, Task
from rewards.redteaming.findings import Finding, call_again
from rewards.redteaming.forms import Form, Row, arguments, form_of
from rewards.redteaming.session import Outcome, Session, Target


@dataclass(frozen=True, slots=True)
class Footing:
    """How this reward is satisfied. tasks: two of one family. low, high: what wrong and right answers earn."""

    family: str
    tasks: tuple[Task, Task]
    gold_wrap: str = "{}"
    wrap: str = "{}"
    chat: bool = False
    low: float = 0.0
    high: float = 0.0

    @property
    def discerns(self) -> bool:
        """Whether right earned more than wrong."""
        return self.high > self.low

    def row(self, text: str | None, task: int = 0, gold: str | None = None) -> Row:
        """A completion for a task; gold: instead of the task's own."""
        one = self.tasks[task]
        own = self.gold_wrap.format(one.gold) if gold is None else gold
        return Row(text, one.prompt, own, one.columns, self.chat)

    def right(self, task: int = 0) -> Row:
        """The right answer to a task."""
        return self.row(self.wrap.format(self.tasks[task].answer), task)

    def wrong(self, task: int = 0) -> Row:
        """The wrong answer to a task."""
        return self.row(self.wrap.format(self.tasks[task].wrong), task)


class Attacker:
    """One reward under attack: calls it, remembers what was found (the first of each kind)."""

    def __init__(self, target: Target, session: Session) -> None:
        self.target, self.session = target, session
        self.form: Form = form_of([(name, kind, default) for name, kind, default in session.about["parameters"]])
        self.footing = Footing("", FAMILIES["number"])
        self.found: dict[tuple[str, str], Finding] = {}
        self.alone: set[str] = set()  # the values that single completions earned

    def call(self, rows: Sequence[Row], mode: str = "main") -> Outcome:
        """Call the reward with these rows."""
        args, kwargs = arguments(self.form, rows)
        outcome = self.session.call(args, kwargs, mode)
        if len(rows) == 1 and outcome.values:
            self.alone.add(str(outcome.value))
        return outcome

    def pays(self, outcome: Outcome) -> bool:
        """Whether a value is nearer to a right answer's than to a wrong one's."""
        value, footing = outcome.value, self.footing
        return footing.discerns and value is not None and value >= (footing.low + footing.high) / 2

    def report(
        self, name: str, severity: str, what: str, rows: Sequence[Row], outcome: Outcome, mode: str = ""
    ) -> None:
        """Keep a finding, with Python that makes the call again."""
        args, kwargs = arguments(self.form, rows)
        came = outcome.error.replace("\n", " ") or f"gives {outcome.values}"
        again = call_again(self.target.root, self.target.module, self.target.name, args, kwargs, mode, came)
        self.add(Finding(name, severity, what, again))

    def add(self, finding: Finding) -> None:
        """Keep a finding unless there is one of its kind."""
        self.found.setdefault((finding.name, finding.what.partition(":")[0]), finding)


def footing(attacker: Attacker) -> Footing:
    """The task, and the ways to write answer and gold, by which right earns most more than wrong."""
    best = attacker.footing
    for chat in (False, True) if attacker.form.kind == "trl" else (False,):
        for family, tasks in _families(attacker.form):
            if family in ("program", FUNCTION) and best.discerns:
                continue  # programs are only for what understands nothing else
            for gold_wrap in GOLD_WRAPS:
                for wrap in WRAPS:
                    one = replace(best, family=family, tasks=tasks, gold_wrap=gold_wrap, wrap=wrap, chat=chat)
                    high, low = attacker.call([one.right()]).value, attacker.call([one.wrong()]).value
                    if high is not None and low is not None and high - low > best.high - best.low + 1e-9:
                        best = replace(one, low=low, high=high)
                if best.discerns and best.family == family:
                    break  # this way to write the gold is understood
        if best.discerns:
            break
    if not best.discerns and attacker.form.kind == "trl":  # no gold is read: which form of a completion is?
        messages = replace(best, chat=True)
        if attacker.call([best.right()]).error and not attacker.call([messages.right()]).error:
            return messages
    return best


def _families(form: Form) -> list[tuple[str, tuple[Task, Task]]]:
    """The tasks this form can be asked: those whose columns it reads, or else those that need only a gold."""
    own = [(name, tasks) for name, tasks in FAMILIES.items() if set(tasks[0].columns) & set(form.required)]
    plain = [(name, tasks) for name, tasks in FAMILIES.items() if not tasks[0].columns or form.open or name == FUNCTION]
    return own or [*plain, *((("countdown", FAMILIES["countdown"]),) if form.kind == "entry" else ())]
