"""Rewards that shape length: cosine, DAPO's soft overlong, Kimi's group-relative length, repetition.

They shape, they do not judge: put them behind a gate or give them a small weight. The length of a completion is
`len(completion_ids)`, which TRL passes; without that column it is estimated from the text, and the evidence says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import ceil, cos, pi
from typing import Any

from rewards.base import OptionError, Score
from rewards.strings import PIECES

BYTES_A_TOKEN = 4  # English prose under a vocabulary of 100k and more; UTF-8 bytes also hold for other scripts


def cosine_length(
    completion: str,
    correct: float | None = None,
    answer: Any = None,
    completion_ids: Sequence[int] | None = None,
    *,
    max_len: int = 14_336,
    min_value_wrong: float = -1.0,
    max_value_wrong: float = -0.5,
    min_value_correct: float = 0.5,
    max_value_correct: float = 1.0,
    by: str = "math",
) -> Score:
    """Short correct answers earn most; short wrong ones lose most, so that thinking longer is worth a try.

    Appendix C.1 of arXiv 2502.03373; equal to trl 1.16 `get_cosine_scaled_reward` (clamped beyond max_len, where the
    cosine of open-r1 turns and pays for very long completions).

    correct: 1 or True, 0 or False (0.5 and more counts as correct). Without it the reward named by `by` judges the
    completion against `answer`, as TRL does. max_len: tokens; the default is the paper's. Range: -1 to 1.

    >>> cosine_length("x", correct=True, completion_ids=[1] * 50, max_len=100).value
    0.75
    >>> cosine_length("x", correct=False, completion_ids=[1] * 50, max_len=100).value
    -0.75
    """
    check_cosine_length(max_len, by)
    verdict = _is_correct([completion], [correct], [answer], by)[0]
    if isinstance(verdict, str):
        return Score(None, verdict)
    tokens, how = length_of(completion, completion_ids)
    low, high = (min_value_correct, max_value_correct) if verdict else (max_value_wrong, min_value_wrong)
    value = low + 0.5 * (high - low) * (1.0 + cos(min(tokens / max_len, 1.0) * pi))
    return Score(
        value, f"{'correct' if verdict else 'wrong'}, {tokens} of {max_len} tokens", {"tokens": tokens, "length": how}
    )


def soft_overlong(
    completion: str,
    completion_ids: Sequence[int] | None = None,
    *,
    max_completion_len: int = 20_480,
    soft_punish_cache: int = 4_096,
) -> Score:
    """Nothing up to a soft limit, then linearly down to -1 at the hard limit and beyond.

    Equation 13 of DAPO, arXiv 2503.14476 (whose limits are the defaults); equal to trl 1.16
    `get_soft_overlong_punishment`. max_completion_len: tokens, the hard limit. soft_punish_cache: tokens before it in
    which the penalty grows; 0 makes it a step. Range: -1 to 0.

    >>> soft_overlong("x", completion_ids=[1] * 90, max_completion_len=100, soft_punish_cache=20).value
    -0.5
    """
    check_soft_overlong(max_completion_len, soft_punish_cache)
    tokens, how = length_of(completion, completion_ids)
    over = tokens - (max_completion_len - soft_punish_cache)
    value = -1.0 if tokens > max_completion_len else min(0.0, -over / soft_punish_cache) if over > 0 else 0.0
    return Score(value, f"{tokens} of {max_completion_len} tokens", {"tokens": tokens, "length": how})


def kimi_length(
    completions: list[str],
    correct: list[float | None] | None = None,
    answer: list[Any] | None = None,
    prompt: list[Any] | None = None,
    completion_ids: list[Sequence[int] | None] | None = None,
    *,
    by: str = "math",
) -> list[Score]:
    """Shorter than the others of its group earns, longer loses; a wrong answer never earns.

    Kimi k1.5, arXiv 2501.12599, section 2.3.3: 0.5 - (length - shortest) / (longest - shortest), and at most 0 for a
    wrong answer. open-r1's `len_reward` takes the extremes over the whole batch and counts an unreadable gold as
    correct; here a group is the completions of one prompt, and an unreadable gold gives None (its length still counts
    for the others).

    Columns are lists, as for every batch reward. correct, answer, by: as in `cosine_length`. Without `prompt` the
    whole batch is one group. A group of equal lengths earns 0. In a trainer that spreads a group over several
    processes, each sees its own part of it. Range: -0.5 to 0.5.

    >>> [s.value for s in kimi_length(["a", "b", "c"], correct=[1, 1, 0], completion_ids=[[1], [1] * 3, [1] * 5])]
    [0.5, 0.0, -0.5]
    """
    none = [None] * len(completions)
    verdicts = _is_correct(completions, correct or none, answer or none, by)
    lengths = [length_of(text, ids) for text, ids in zip(completions, completion_ids or none, strict=True)]
    keys = [str(one) for one in prompt or none]
    groups: dict[str, list[int]] = defaultdict(list)
    for (tokens, _), key in zip(lengths, keys, strict=True):
        groups[key].append(tokens)
    scores = []
    for verdict, (tokens, how), key in zip(verdicts, lengths, keys, strict=True):
        if isinstance(verdict, str):
            scores.append(Score(None, verdict))
            continue
        shortest, longest = min(groups[key]), max(groups[key])
        value = 0.5 - (tokens - shortest) / (longest - shortest) if longest > shortest else 0.0
        why = f"{'correct' if verdict else 'wrong'}, {tokens} tokens in a group of {shortest} to {longest}"
        scores.append(Score(value if verdict else min(0.0, value), why, {"tokens": tokens, "length": how}))
    return scores


def repetition(
    completion: str,
    completion_ids: Sequence[int] | None = None,
    *,
    ngram_size: int = 3,
    max_penalty: float = -1.0,
) -> Score:
    """The share of n-grams said before, as a penalty.

    Appendix C.2 of arXiv 2502.03373. With `completion_ids` equal to trl 1.16 `get_repetition_penalty_reward`; without
    them it counts words, equal to open-r1's `get_repetition_penalty_reward` (scripts without spaces: characters).
    Fewer than ngram_size tokens earn 0. max_penalty: from -1 to 0. Range: -1 to 0.

    >>> repetition("no no no no no", ngram_size=2).value
    -0.75
    """
    check_repetition(max_penalty, ngram_size)
    tokens: Sequence[Any] = PIECES.findall(completion.lower()) if completion_ids is None else list(completion_ids)
    total = len(tokens) - ngram_size + 1
    if total < 1:
        return Score(0.0, f"fewer than {ngram_size} tokens")
    unique = len(set(zip(*(tokens[start:] for start in range(ngram_size)), strict=False)))
    repeated = 1 - unique / total
    why = f"{total - unique} of {total} {ngram_size}-grams were said before"
    return Score(repeated * max_penalty if repeated else 0.0, why, {"unique": unique, "total": total})


def check_cosine_length(max_len: int, by: str) -> None:
    """Raises OptionError for options of `cosine_length` that cannot be."""
    if max_len < 1:
        raise OptionError(f"cosine_length: max_len must be at least 1, got {max_len}")
    check_by(by)


def check_by(by: str) -> None:
    """Raises UnknownRewardError where no reward has the name that tells right from wrong."""
    from rewards.registry import get

    get(by)


def check_soft_overlong(max_completion_len: int, soft_punish_cache: int) -> None:
    """Raises OptionError for options of `soft_overlong` that cannot be together."""
    if not 0 <= soft_punish_cache <= max_completion_len:
        raise OptionError(
            f"soft_overlong: soft_punish_cache must lie in 0 to max_completion_len ({max_completion_len}), "
            f"got {soft_punish_cache}; DAPO's is a fifth of it"
        )


def check_repetition(max_penalty: float, ngram_size: int) -> None:
    """Raises OptionError for options of `repetition` that cannot be."""
    if not -1 <= max_penalty <= 0 or ngram_size < 1:
        raise OptionError(
            f"repetition: max_penalty must lie in -1 to 0 and ngram_size be at least 1: {max_penalty}, {ngram_size}"
        )


def length_of(completion: str, completion_ids: Sequence[int] | None) -> tuple[int, str]:
    """Tokens of a completion, and how they were counted.

    >>> length_of("three short words", None)
    (5, 'estimated: 4 bytes a token')
    """
    if completion_ids is not None:
        return len(completion_ids), "completion_ids"
    return ceil(len(completion.encode("utf-8", "replace")) / BYTES_A_TOKEN), f"estimated: {BYTES_A_TOKEN} bytes a token"


def _is_correct(
    completions: Sequence[str], correct: Sequence[Any], answers: Sequence[Any], by: str
) -> Sequence[bool | str]:
    """Right or wrong for each row; a string says why it is not known."""
    verdicts: list[bool | str] = [
        bool(given >= 0.5) if given is not None else "neither 'correct' nor 'answer' is given" for given in correct
    ]
    asked = [row for row, given in enumerate(correct) if given is None and answers[row] is not None]
    if asked:
        from rewards.registry import get

        judged = get(by).score_batch([completions[row] for row in asked], answer=[answers[row] for row in asked])
        for row, score in zip(asked, judged, strict=True):
            verdicts[row] = score.value >= 0.5 if score.value is not None else f"{by}: {score.why}"
    return verdicts
