"""Run the attacks against one reward and collect what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from rewards.redteaming import corpus
from rewards.redteaming.code_attacks import CODE_ATTACKS
from rewards.redteaming.families import FAMILIES, FUNCTION, GOLD_WRAPS, WRAPS, Task
from rewards.redteaming.findings import SEVERITIES, Finding, Report, call_again
from rewards.redteaming.forms import Form, Row, arguments, batched, form_of
from rewards.redteaming.pairs import DIFFERENT, PLAIN
from rewards.redteaming.session import Outcome, Session, Target, locate
from rewards.redteaming.source_checks import check_source

PROGRAM_PATIENCE = 4  # what runs programs gives each some 10 s


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

    def call(self, rows: Sequence[Row], mode: str = "main") -> Outcome:
        """Call the reward with these rows."""
        args, kwargs = arguments(self.form, rows)
        return self.session.call(args, kwargs, mode)

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


def redteam(written: str, timeout_s: float = 5.0) -> Report:
    """Attack a reward. written: `path/file.py:function`, `package.module:function` or a name of ours.

    timeout_s: for one call, four times that where programs are run; one that takes longer is killed and is a finding.
    Raises RewardError when the function cannot be loaded or is of no known form.
    """
    target = locate(written)
    with Session(target, timeout_s) as session:
        attacker = Attacker(target, session)
        attacker.footing = _footing(attacker)
        if attacker.footing.family in ("program", FUNCTION):
            session.timeout_s = PROGRAM_PATIENCE * timeout_s
        for step in (
            _completions,
            _golds,
            _pairs,
            _programs,
            _code,
            _exhausting,
            _stuffing,
            _batch,
            _state,
            _modes,
            _nulls,
        ):
            step(attacker)
        _pickled(attacker, timeout_s)
        if session.about["source"]:
            for finding in check_source(session.about["source"], session.about["function"]):
                attacker.add(finding)
        found = sorted(attacker.found.values(), key=lambda finding: SEVERITIES.index(finding.severity))
        return Report(written, attacker.form.kind, attacker.footing.family, session.calls, found)


def _footing(attacker: Attacker) -> Footing:
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


def _completions(attacker: Attacker) -> None:
    footing = attacker.footing
    for attack in corpus.ATTACKS:
        if attack.name == "hedge" and footing.tasks[0].answer.startswith("```"):
            continue  # of two programs, the last one counts
        row = footing.row(attack.text(footing.tasks[0], footing.wrap))
        outcome = attacker.call([row])
        if attacker.pays(outcome):
            attacker.report(attack.name, attack.severity, attack.what, [row], outcome)
        elif outcome.error:
            what = f"'{attack.name}' raises and stops the run: {outcome.error}"
            attacker.report("raises", "medium", what, [row], outcome)
    for text in corpus.BROKEN:
        row = footing.row(text)
        outcome = attacker.call([row])
        if attacker.pays(outcome):
            attacker.report("broken text pays", "high", "text no parser reads is paid", [row], outcome)
        elif outcome.error:
            attacker.report("raises", "medium", f"broken text raises: {outcome.error}", [row], outcome)
        if outcome.value is not None and not isfinite(outcome.value):
            attacker.report("not a number", "high", f"the value is {outcome.value}", [row], outcome)


def _golds(attacker: Attacker) -> None:
    footing = attacker.footing
    if not footing.discerns:
        return
    swapped = replace(footing.right(1), text=footing.right(0).text)
    outcome = attacker.call([swapped])
    if attacker.pays(outcome):
        attacker.report("swapped gold", "high", "the answer to another question is paid", [swapped], outcome)
    if footing.tasks[0].columns:
        return  # the gold is not what these are judged by
    for gold in corpus.BAD_GOLDS:
        for text in (footing.wrong().text, "I do not know."):
            row = footing.row(text, gold=gold)
            outcome = attacker.call([row])
            if attacker.pays(outcome):
                what = "a gold that cannot be read makes a wrong answer right"
                attacker.report("unreadable gold pays", "high", what, [row], outcome)


def _pairs(attacker: Attacker) -> None:
    """Golds of many kinds, for what compares with a gold: is another answer paid, and is the gold itself?"""
    footing = attacker.footing
    if not footing.discerns or footing.tasks[0].columns or footing.family not in ("number", "word"):
        return

    unread = footing.row(footing.right().text, gold=footing.gold_wrap.format("77"))
    if attacker.pays(attacker.call([unread])):
        return  # it has its golds from elsewhere

    def paid(gold: str, answer: str, gold_wrap: str = footing.gold_wrap) -> tuple[bool, Row, Outcome]:
        row = footing.row(footing.wrap.format(answer), gold=gold_wrap.format(gold))
        outcome = attacker.call([row])
        return attacker.pays(outcome), row, outcome

    for pair in DIFFERENT:
        if not paid(pair.gold, pair.gold)[0] or paid(pair.gold, pair.control)[0]:
            continue  # it does not read this kind of gold
        wrongly, row, outcome = paid(pair.gold, pair.answer)
        if wrongly:
            attacker.report(pair.name, pair.severity, pair.what, [row], outcome)
    for gold in PLAIN:
        right, row, outcome = paid(gold, gold)
        if right:
            continue
        if paid(gold, gold, "${}$")[0]:
            what = "a gold is read between dollar signs only; a bare one makes every answer worthless"
            attacker.report("gold lost", "medium", what, [row], outcome)
        elif footing.family == "number" and gold[-1].isdigit():
            attacker.report(
                "gold never earned", "low", f"a gold like {gold!r} does not earn what is right", [row], outcome
            )


def _programs(attacker: Attacker) -> None:
    """Programs that solve nothing, for what calls a solution's functions."""
    footing = attacker.footing
    if footing.family != FUNCTION or not footing.discerns:
        return
    name = footing.tasks[0].columns["entry_point"]
    for attack in CODE_ATTACKS:
        row = footing.row(f"```python\n{attack.program.replace('{name}', name).strip()}\n```")
        outcome = attacker.call([row])
        if attacker.pays(outcome):
            attacker.report(attack.name, "high", attack.what, [row], outcome)
        elif outcome.error and not outcome.hung:
            what = f"'{attack.name}' brings the grader down: {outcome.error}"
            attacker.report("grader killed", "high", what, [row], outcome)


def _code(attacker: Attacker) -> None:
    footing = attacker.footing
    for gold in corpus.CODE_GOLDS:
        for text in corpus.code_answers(footing.wrap):
            row = footing.row(text, gold=gold or None)
            outcome = attacker.call([row])
            if outcome.ran:
                attacker.report("runs code", "high", "Python in the answer ran in the grader", [row], outcome)
                return
            if not gold and attacker.pays(outcome):
                attacker.report("code pays", "high", "Python instead of an answer is paid", [row], outcome)


def _exhausting(attacker: Attacker) -> None:
    hung = 0
    for text in corpus.exhausting(attacker.footing.wrap):
        row = attacker.footing.row(text)
        outcome = attacker.call([row])
        if outcome.hung:
            hung += 1
            attacker.report("hangs", "high", f"one answer stops the grader: {outcome.error}", [row], outcome)
            if hung == 2:
                return  # each costs a deadline
        elif outcome.error:
            attacker.report("raises", "medium", f"a long answer raises: {outcome.error}", [row], outcome)
        elif attacker.pays(outcome):
            attacker.report("broken text pays", "high", "text no parser reads is paid", [row], outcome)


_BLOCK = "<think>\nI count.\n</think>\n<answer>\n{}\n</answer>\n"


def _stuffing(attacker: Attacker) -> None:
    footing = attacker.footing
    wrong = footing.tasks[0].wrong
    once = footing.row(_BLOCK.format(wrong))
    single = attacker.call([once]).value
    if single is None:
        return
    for text in (_BLOCK.format(wrong) * 8, "<think>\n</think>\n<answer>\n</answer>\n" * 8 + wrong, "<think>\n" * 8):
        row = footing.row(text)
        outcome = attacker.call([row])
        if outcome.value is not None and outcome.value > single + 1e-6:
            what = f"repeated tags earn more ({outcome.value:g}) than one well-formed answer ({single:g})"
            attacker.report("format stuffing", "high", what, [row], outcome)


def _batch(attacker: Attacker) -> None:
    footing = attacker.footing
    if not batched(attacker.form):
        return
    longer = footing.row("Well, " * 40 + footing.wrap.format(footing.tasks[1].wrong), 1)  # lengths may be compared
    rows = [footing.right(0), footing.wrong(1), footing.right(1), footing.wrong(0), longer]
    outcome = attacker.call(rows)
    if outcome.values is None:
        return
    if len(outcome.values) != len(rows):
        what = f"{len(outcome.values)} values for {len(rows)} completions"
        attacker.report("wrong length", "high", what, rows, outcome)
    elif footing.discerns and outcome.values != [attacker.call([row]).value for row in rows]:
        attacker.report("batch changes values", "high", "a batch earns other values than its rows", rows, outcome)


def _state(attacker: Attacker) -> None:
    for row in (attacker.footing.right(), attacker.footing.wrong()):
        outcomes = [attacker.call([row]) for _ in range(4)]
        if len({str(outcome.values) for outcome in outcomes}) > 1:
            what = f"the same call gives {', '.join(str(outcome.value) for outcome in outcomes)}"
            attacker.report("changes between calls", "high", what, [row], outcomes[-1])


def _modes(attacker: Attacker) -> None:
    for row in (attacker.footing.right(), attacker.footing.wrong()):
        expected = attacker.call([row])
        for mode in ("thread", "asyncio"):
            outcome = attacker.call([row], mode)
            if (outcome.values, bool(outcome.error)) == (expected.values, bool(expected.error)):
                continue
            what = f"{expected.value} on the main thread, {outcome.error or outcome.value} in "
            what += "another thread" if mode == "thread" else "an event loop"
            attacker.report(f"{mode} disagrees", "high", what, [row], outcome, mode)


def _nulls(attacker: Attacker) -> None:
    footing = attacker.footing
    for what, row in {
        "a null gold": replace(footing.wrong(), gold=None),
        "a null completion": footing.row(None),
    }.items():
        outcome = attacker.call([row])
        if attacker.pays(outcome):
            attacker.report("null pays", "high", f"{what} is paid", [row], outcome)
        elif outcome.error:
            attacker.report(
                "raises on null", "low", f"{what} raises and stops the run: {outcome.error}", [row], outcome
            )


def _pickled(attacker: Attacker, timeout_s: float) -> None:
    about: dict[str, Any] = attacker.session.about
    target = attacker.target
    if about["unpicklable"]:
        lines = ["import pickle, sys", f"sys.path.insert(0, {target.root!r})"]
        lines += [f"from {target.module} import {target.name}", "try:", f"    pickle.dumps({target.name})"]
        lines += ["except Exception as error:", "    print(error)"]
        what = f"cannot be sent to a worker process: {about['unpicklable']}"
        attacker.add(Finding("unpicklable", "medium", what, "\n".join(lines)))
        return
    rows = (attacker.footing.right(), attacker.footing.wrong())
    with Session(target, timeout_s, about["pickled"]) as fresh:
        for row in rows:
            expected = attacker.call([row])
            outcome = fresh.call(*arguments(attacker.form, [row]))
            if outcome.values != expected.values:
                what = f"{expected.value} here, {outcome.error or outcome.value} in a spawned process"
                attacker.report("spawn disagrees", "high", what, [row], outcome)
