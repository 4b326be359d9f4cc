"""verl: `custom_reward_function.path=.../rewards/adapters/for_verl.py`, `.name=compute_score`.

    custom_reward_function:
      path: pkg://rewards.adapters.for_verl       # or the file's path
      name: compute_score                         # compute_score_batch with the batch manager
      reward_kwargs: {reward: "math"}             # or 'math(style="gsm8k")', or "my_rewards:REWARD"

`reward` may also be a mapping from `data_source` to rewards. `ground_truth` fills the reward's first column (or is a
mapping of columns), `extra_info` the others. Source: verl, workers/reward_manager/{naive,batch}.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from rewards.adapters.rows import columns_of, reward_of, value_or
from rewards.base import Reward, RewardError, did_you_mean, signature_of
from rewards.composing import Composed


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    reward: Reward | str | Mapping[str, Reward | str] = "math",
    undecided: float = 0.0,
    **others: Any,
) -> dict[str, Any]:
    r"""What one solution earned: `score`, and beside it `decided` (1.0 or 0.0) and `why`.

    verl wants a number for every row, so one that cannot be judged gets `undecided`. Other keywords are verl's own
    and are left out, but for an option of the reward, which has its place in `reward`, and a misspelt word of ours.
    Raises RewardError for those, and when no reward is named for the data source.

    >>> compute_score("gsm8k", "It is \\boxed{72}.", "72")["score"]
    1.0
    """
    chosen = _chosen(reward, data_source)
    _refuse_ours(chosen, others)
    score = chosen.score(solution_str, **columns_of(chosen, ground_truth, extra_info))
    return {
        "score": value_or(score, undecided),
        "decided": float(score.value is not None),
        "why": score.why,
    }


def compute_score_batch(
    data_sources: Sequence[str],
    solution_strs: Sequence[str],
    ground_truths: Sequence[Any],
    extra_infos: Sequence[Mapping[str, Any] | None],
    *,
    reward: Reward | str | Mapping[str, Reward | str] = "math",
    undecided: float = 0.0,
    **others: Any,
) -> list[dict[str, Any]]:
    r"""The same for verl's batch manager: rows of one reward are judged together. Raises as well for uneven lists.

    >>> rows = compute_score_batch(["a", "a"], ["\\boxed{1}", "\\boxed{2}"], ["1", "1"], [None, None])
    >>> [row["score"] for row in rows]
    [1.0, 0.0]
    """
    sizes = {len(rows) for rows in (data_sources, solution_strs, ground_truths, extra_infos)}
    if len(sizes) > 1:
        raise RewardError(f"each list needs one entry a solution, got lists of {sorted(sizes)}")
    groups: dict[Reward, list[int]] = {}
    for row, source in enumerate(data_sources):
        groups.setdefault(_chosen(reward, source), []).append(row)
    results: dict[int, dict[str, Any]] = {}
    for chosen, rows in groups.items():
        _refuse_ours(chosen, others)
        tables = [columns_of(chosen, ground_truths[row], extra_infos[row]) for row in rows]
        names = dict.fromkeys(name for table in tables for name in table)
        columns = {name: [table.get(name) for table in tables] for name in names}
        scores = chosen.score_batch([solution_strs[row] for row in rows], **columns)
        for row, score in zip(rows, scores, strict=True):
            decided = float(score.value is not None)
            results[row] = {"score": value_or(score, undecided), "decided": decided, "why": score.why}
    return [results[row] for row in range(len(data_sources))]


def _refuse_ours(chosen: Reward, others: Mapping[str, Any]) -> None:
    """Raise for keywords that were meant for us: ignored, they would let a week's training go on without them."""
    options = () if isinstance(chosen, Composed) else signature_of(chosen.entry.use).options
    for word in others:
        if word in options:
            raise RewardError(
                f"{word} is an option of {chosen.name}: write it there, reward: '{chosen.name}({word}=...)'"
            )
        if near := get_close_matches(word, ("reward", "undecided"), n=1, cutoff=0.75):
            raise RewardError(f"unknown keyword '{word}'; did you mean '{near[0]}'?")


def _chosen(reward: Reward | str | Mapping[str, Reward | str], data_source: str) -> Reward:
    if not isinstance(reward, Mapping):
        return reward_of(reward)
    if data_source not in reward:
        known = did_you_mean(str(data_source), [str(source) for source in reward])
        raise RewardError(f"no reward is named for the data source '{data_source}'{known}")
    return reward_of(reward[data_source])
