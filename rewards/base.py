"""What a reward is: a named, picklable callable around one plain function.

    Score       what one completion earned, and why
    Entry       one row of the table: where the function lives, which columns it reads, its range
    Reward      Entry + options; called by trainers, `.score()` for one completion

An error inside a reward is data: the row's score is None with the reason, never a silent 0 or 1. Only a mistake in the
call itself (unknown option, columns of the wrong length) raises, and then before anything is scored.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from math import inf, isfinite
from typing import Any


class RewardError(ValueError):
    """A mistake in how a reward is asked for or called."""


class UnknownRewardError(RewardError, KeyError):
    """No reward has this name."""

    __str__ = Exception.__str__  # KeyError would print the repr of the message


class UnknownOptionError(RewardError, TypeError):
    """The reward has no such option."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one completion earned.

    value: a finite number in the reward's range, or None when it cannot be judged (gold unreadable, column missing,
    verifier failed or out of time). why: one sentence for a person. evidence: what was read and how it was decided.
    """

    value: float | None
    why: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table of rewards.

    use: `module:function`. A function whose first parameter is called `completions` judges a whole batch at once.
    columns: the required ones, as in the function's signature. range: lowest and highest value.
    about: one line. source: paper or reference code. batch: `module:function` of a faster form for many completions.
    conversation: the column `prompt` comes as it is, all turns of it; else it is what the user said last.
    """

    name: str
    use: str
    columns: tuple[str, ...] = ()
    range: tuple[float, float] = (0.0, 1.0)
    about: str = ""
    source: str = ""
    batch: str = ""
    conversation: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """How a reward's function wants to be called.

    columns: required, then optional ones. options: every parameter with a default, and every column (an option named
    like a column fixes it for all rows).
    """

    batched: bool
    required: tuple[str, ...]
    optional: tuple[str, ...]
    options: tuple[str, ...]


class Reward:
    """A named, picklable callable: TRL's reward function, and `.score()` for one completion.

    Made by `rewards.get(name, **options)`, or `rewards.<name>` without options. Thread-safe; holds no state.
    """

    def __init__(self, entry: Entry, options: Mapping[str, Any] | None = None, name: str = "") -> None:
        self.entry = entry
        self.options = dict(options or {})
        self.__name__ = self.__qualname__ = name or entry.name
        self.__doc__ = f"{entry.about}\n\nColumns: {', '.join(entry.columns) or 'none'}. Range: {entry.range}."
        if self.options:
            known = signature_of(entry.use).options
            for option in self.options:
                if option not in known:
                    raise UnknownOptionError(
                        f"rewards.{entry.name} has no option '{option}'{did_you_mean(option, known)}"
                    )

    @property
    def name(self) -> str:
        """The column its scores stand in."""
        return self.__name__

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest value it can give."""
        return self.entry.range

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns a row must have, without those fixed by an option."""
        return tuple(column for column in self.entry.columns if column not in self.options)

    def named(self, name: str) -> Reward:
        """The same reward under another name, so that two of a kind can stand side by side."""
        return Reward(self.entry, self.options, name)

    def score(self, completion: Any, **columns: Any) -> Score:
        """Judge one completion: a string or a list of messages; columns by name."""
        return self.score_batch([completion], **{name: [value] for name, value in columns.items()})[0]

    async def ascore(self, completion: Any, **columns: Any) -> Score:
        """`score` in a thread, so that an event loop stays free."""
        import asyncio

        return await asyncio.to_thread(self.score, completion, **columns)

    def score_batch(self, completions: Sequence[Any], **columns: Sequence[Any]) -> list[Score]:
        """Judge many completions, in order; each column is a list with one value per completion.

        Columns the reward does not read are ignored. Raises RewardError when a column it reads has another length.
        """
        return _score_batch(self, completions, columns)

    async def ascore_batch(self, completions: Sequence[Any], **columns: Sequence[Any]) -> list[Score]:
        """`score_batch` in a thread."""
        import asyncio

        return await asyncio.to_thread(self.score_batch, completions, **columns)

    def __call__(
        self,
        completions: Sequence[Any],
        *,
        prompts: Sequence[Any] | None = None,
        trainer_state: Any = None,  # noqa: ARG002  TRL passes it to every reward
        log_extra: Callable[[str, list[Any]], None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        environments: Any = None,  # noqa: ARG002
        **columns: Any,
    ) -> list[float | None]:
        """The call of TRL's trainers: one value per completion; None leaves the row out of this reward.

        Source: trl 1.16, trainer/grpo_trainer.py, `_calculate_rewards`. Reasons go to the completions table as
        `<name>.why`, the number of rows that could not be judged to the metric `<name>.undecided`.
        """
        if prompts is not None:
            columns.setdefault("prompt", prompts)
        scores = self.score_batch(completions, **columns)
        if log_extra is not None:
            log_extra(f"{self.name}.why", [score.why for score in scores])
        if log_metric is not None:
            log_metric(f"{self.name}.undecided", float(sum(score.value is None for score in scores)))
            log_metric(f"{self.name}.errors", float(sum("error" in score.evidence for score in scores)))
        return [score.value for score in scores]

    def __reduce__(self) -> tuple[type[Reward], tuple[Entry, dict[str, Any], str]]:
        return Reward, (self.entry, self.options, self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reward) and self.__reduce__()[1] == other.__reduce__()[1]

    def __hash__(self) -> int:
        return hash((self.entry, self.name))

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"rewards.get({self.entry.name!r}{options})"


def text_of(completion: Any) -> str:
    """The text of a completion: itself, or its last message; thinking kept apart by a server is put back in tags.

    >>> text_of([{"role": "assistant", "reasoning_content": "1+1", "content": "2"}])
    '<think>1+1</think>2'
    """
    if type(completion) is str:
        return completion
    if isinstance(completion, Mapping):
        message: Mapping[str, Any] = completion
    elif isinstance(completion, Sequence) and completion and isinstance(completion[-1], Mapping):
        message = completion[-1]
    elif isinstance(completion, Sequence) and not completion:
        return ""
    else:
        raise RewardError(f"a completion is a string or a list of messages, not {type(completion).__name__}")
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    thinking = message.get("reasoning_content")
    return (f"<think>{thinking}</think>" if thinking else "") + str(content if content is not None else "")


def messages_of(completion: Any) -> list[dict[str, Any]]:
    """A completion as messages, for rewards that read tool calls or turns.

    >>> messages_of("hi")
    [{'role': 'assistant', 'content': 'hi'}]
    """
    if isinstance(completion, str):
        return [{"role": "assistant", "content": completion}]
    if isinstance(completion, Mapping):
        return [dict(completion)]
    return [dict(message) for message in completion]


def prompt_text(prompt: Any) -> str:
    """The text of a prompt: itself, or what the user said last."""
    if isinstance(prompt, str):
        return prompt
    said = [message for message in prompt if message.get("role") == "user"] or list(prompt)
    return text_of(said[-1:])


def conversation_text(prompt: Any) -> str:
    r"""The text of a prompt with all that was said before, each turn under its role; one question stands as it is.

    >>> conversation_text([{"role": "user", "content": "2+2?"}])
    '2+2?'
    >>> conversation_text([{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "5"}])
    'user: 2+2?\n\nassistant: 5'
    """
    if isinstance(prompt, str):
        return prompt
    turns = [(message.get("role", "user"), text_of([message])) for message in prompt]
    return turns[0][1] if len(turns) == 1 else "\n\n".join(f"{role}: {text}" for role, text in turns)


@cache
def load(use: str) -> Callable[..., Any]:
    """The function behind `module:function`."""
    module, _, function = use.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(module), function)
    return loaded


@cache
def signature_of(use: str) -> Signature:
    """Read columns and options off the function: positional parameters are columns, keyword-only ones options."""
    parameters = list(inspect.signature(load(use)).parameters.values())
    if not parameters or parameters[0].name not in ("completion", "completions"):
        raise RewardError(f"{use}: the first parameter of a reward is 'completion' or 'completions'")
    columns = [p for p in parameters[1:] if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "messages"]
    options = [p.name for p in parameters[1:] if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return Signature(
        batched=parameters[0].name == "completions",
        required=tuple(p.name for p in columns if p.default is p.empty),
        optional=tuple(p.name for p in columns if p.default is not p.empty),
        options=tuple(name for name in options if name != "messages"),
    )


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """The end of an error message: the nearest known word, or all of them."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f" (known: {', '.join(sorted(known))})" if known else ""


def _score_batch(reward: Reward, completions: Sequence[Any], columns: Mapping[str, Any]) -> list[Score]:
    try:
        signature = signature_of(reward.entry.use)
    except ImportError as error:  # an extra that is not installed: the same answer for every row, not a crash
        return [_error(error)] * len(completions)
    given = _columns_read(reward, signature, completions, columns)
    needed = [column for column in signature.required if column not in reward.options]
    scores: dict[int, Score] = {}
    texts: dict[int, str] = {}
    for row, completion in enumerate(completions):
        problem = _problem(row, completion, needed, given, columns)
        if problem is None:
            try:
                texts[row] = text_of(completion)
                continue
            except RewardError as error:
                problem = str(error)
        scores[row] = Score(None, problem)
    scores.update(zip(texts, _judge(reward, signature, completions, texts, given), strict=True))
    return [scores[row] for row in range(len(completions))]


def _problem(
    row: int, completion: Any, needed: list[str], given: Mapping[str, Any], columns: Mapping[str, Any]
) -> str | None:
    """Why this row cannot be judged at all, or None."""
    if completion is None:
        return "the completion is null"
    for column in needed:
        if column not in given:
            return f"column '{column}' is missing (got: {', '.join(sorted(map(str, columns))) or 'no columns'})"
        if given[column][row] is None:
            return f"column '{column}' is null in this row"
    return None


def _columns_read(
    reward: Reward, signature: Signature, completions: Sequence[Any], columns: Mapping[str, Any]
) -> dict[str, Sequence[Any]]:
    given = {}
    for column in signature.required + signature.optional:
        if column not in columns or column in reward.options:
            continue
        values = columns[column]
        if isinstance(values, str) or not hasattr(values, "__len__") or len(values) != len(completions):
            size = len(values) if hasattr(values, "__len__") and not isinstance(values, str) else repr(values)[:40]
            raise RewardError(
                f"rewards.{reward.name}: column '{column}' needs one value per completion "
                f"({len(completions)}), got {size}. For a single completion use .score()"
            )
        given[column] = (
            [None if value is None else prompt_text(value) for value in values]
            if column == "prompt" and not reward.entry.conversation
            else values
        )
    return given


def _judge(
    reward: Reward,
    signature: Signature,
    completions: Sequence[Any],
    texts: Mapping[int, str],
    given: Mapping[str, Sequence[Any]],
) -> list[Score]:
    entry = reward.entry
    batch = entry.use if signature.batched else entry.batch
    if texts and batch and (signature.batched or len(texts) > 1):
        lists = {column: [values[row] for row in texts] for column, values in given.items()}
        fixed = set(signature.required + signature.optional) & reward.options.keys()
        lists |= {column: [reward.options[column]] * len(texts) for column in fixed}  # an option for every row
        rest = {option: value for option, value in reward.options.items() if option not in fixed}
        try:
            results = load(batch)(list(texts.values()), **lists, **rest)
            if len(results) != len(texts):
                raise RewardError(f"{batch} gave {len(results)} scores for {len(texts)} completions")  # noqa: TRY301
            return [_checked(result, entry) for result in results]
        except Exception as error:  # noqa: BLE001  the boundary: a failed judge is data
            if signature.batched:
                return [_error(error)] * len(texts)
    return [
        _judge_one(reward, completions[row], text, {column: values[row] for column, values in given.items()})
        for row, text in texts.items()
    ]


def _judge_one(reward: Reward, completion: Any, text: str, columns: dict[str, Any]) -> Score:
    use = reward.entry.use
    present = {column: value for column, value in columns.items() if value is not None}  # null: the default holds
    try:
        if _wants_messages(use):
            present["messages"] = messages_of(completion)
        return _checked(load(use)(text, **present, **reward.options), reward.entry)
    except Exception as error:  # noqa: BLE001  the boundary: a failed judge is data
        return _error(error)


@cache
def _wants_messages(use: str) -> bool:
    return "messages" in inspect.signature(load(use)).parameters


def _checked(result: Any, entry: Entry) -> Score:
    score = result if isinstance(result, Score) else Score(None if result is None else float(result), "")
    low, high = entry.range
    if score.value is not None and not (isfinite(score.value) and low <= score.value <= high):
        why = f"error: {entry.name} gave {score.value}, outside its range {low} to {high}"
        return Score(None, why, {**score.evidence, "error": "range"})
    return score


def _error(error: Exception) -> Score:
    return Score(None, f"error: {error}"[:500], {"error": type(error).__name__})


ANY_RANGE = (-inf, inf)
"""The range of a reward that declares none."""
