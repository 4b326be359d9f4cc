"""One batch through one reward: columns are lined up, rows that cannot be judged are told apart, errors become data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from rewards.completions import messages_of, prompt_text, text_of
from rewards.score import Entry, RewardError, Score
from rewards.signatures import Signature, load, signature_of


@dataclass(frozen=True, slots=True)
class Call:
    """A reward as it is called: its row of the table, its options, and the name its scores stand under."""

    entry: Entry
    options: Mapping[str, Any]
    name: str


def score_batch(reward: Call, completions: Sequence[Any], columns: Mapping[str, Any]) -> list[Score]:
    """The scores of all completions, in order. Raises RewardError for a column of another length."""
    try:
        signature = signature_of(reward.entry.use)
    except ImportError as error:  # an extra that is not installed: the same answer for every row, not a crash
        return [_error(error)] * len(completions)
    completions = [_plain(completion) for completion in completions]
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
    reward: Call, signature: Signature, completions: Sequence[Any], columns: Mapping[str, Any]
) -> dict[str, list[Any]]:
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
        given[column] = [_plain(value) for value in values]
        if column == "prompt" and not reward.entry.conversation:
            given[column] = [None if value is None else _question(reward, value) for value in given[column]]
    return given


def _plain(value: Any) -> Any:
    """A value as Python has it: numpy, pandas and torch have numbers and lists of their own, and a NaN for null."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return None if isinstance(value, float) and value != value else value


def _question(reward: Call, prompt: Any) -> str:
    try:
        return prompt_text(prompt)
    except (TypeError, AttributeError, RewardError):
        raise RewardError(
            f"rewards.{reward.name}: a prompt is a text or a list of messages, got {prompt!r:.60}"
        ) from None


def _judge(
    reward: Call,
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
        _judge_one(reward, signature, completions[row], text, {column: values[row] for column, values in given.items()})
        for row, text in texts.items()
    ]


def _judge_one(reward: Call, signature: Signature, completion: Any, text: str, columns: dict[str, Any]) -> Score:
    present = {column: value for column, value in columns.items() if value is not None}  # null: the default holds
    try:
        if signature.messages:
            present["messages"] = messages_of(completion)
        return _checked(load(reward.entry.use)(text, **present, **reward.options), reward.entry)
    except Exception as error:  # noqa: BLE001  the boundary: a failed judge is data
        return _error(error)


def _checked(result: Any, entry: Entry) -> Score:
    score = result if isinstance(result, Score) else Score(None if result is None else float(result), "")
    low, high = entry.range
    if score.value is not None and not (isfinite(score.value) and low <= score.value <= high):
        why = f"error: {entry.name} gave {score.value}, outside its range {low} to {high}"
        return Score(None, why, {**score.evidence, "error": "range"})
    return score


def _error(error: Exception) -> Score:
    return Score(None, f"error: {error}"[:500], {"error": type(error).__name__})
