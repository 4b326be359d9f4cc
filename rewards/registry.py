"""The table of all rewards, and `get`.

To add one: write the function (see `rewards.base.Entry`), add its row here in its section, give it a doctest, a golden
file `tests/golden/rewards/<name>.jsonl` and a test that it rejects. Other packages add theirs by the entry-point
group `rewards`: `name = "package.module:function"`, or `name = "package.module:ENTRY"` for an `Entry`.

A row costs nothing until it is used: `use` is a string, so `import rewards` loads the standard library only.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from rewards.base import ANY_RANGE, Entry, Reward, UnknownRewardError, did_you_mean, load, signature_of

ROWS = (
    # mathematics
    Entry(
        "math",
        "rewards.maths:math",
        ("answer",),
        about="the final answer equals the gold, as mathematics",
        source="own grammar and exact comparison; Math-Verify 0.9 as last resort",
        batch="rewards.maths:math_batch",
    ),
    # shape: format, length, repetition
    Entry("think_format", "rewards.shape:think_format", about="one thinking block, then an answer"),
    Entry("boxed_format", "rewards.shape:boxed_format", about="exactly one final answer in \\boxed{}"),
    # instructions a program can check
    Entry(
        "ifeval",
        "rewards.instructions.following:ifeval",
        ("instruction_id_list", "kwargs"),
        about="the response follows IFEval's instructions, strict or loose",
        source="IFEval (arXiv 2311.07911), google-research/instruction_following_eval",
    ),
    # programs and queries
    Entry(
        "code",
        "rewards.programs:code",
        ("tests",),
        about="the program passes its tests, run in the sandbox",
        source="HumanEval, MBPP, APPS, TACO, LiveCodeBench; results stay with the caller",
        batch="rewards.programs:code_batch",
    ),
    Entry(
        "sql",
        "rewards.databases:sql",
        ("schema",),
        about="the query returns the rows of the gold query, on the database and on perturbed copies",
        source="execution accuracy of Spider and BIRD; test suites (arXiv 2010.02840)",
        batch="rewards.databases:sql_batch",
    ),
    # verse
    Entry(
        "metre",
        "rewards.prosody.meters:metre",
        about="the share of lines in a metre, by the stresses of a pronouncing dictionary",
        source="Attridge, The Rhythms of English Poetry (1982); CMUdict",
    ),
    Entry(
        "poem_form",
        "rewards.prosody.forms:poem_form",
        ("form",),
        about="sonnet, haiku, limerick ...: lines, rhyme, metre and syllables",
        source="the forms' usual definitions; CMUdict",
    ),
    Entry(
        "rhyme",
        "rewards.prosody.rhymes:rhyme",
        ("scheme",),
        about="the share of rhymes of a scheme such as ABAB, by pronunciation",
        source="CMUdict",
    ),
    Entry(
        "syllables",
        "rewards.prosody.forms:syllables",
        ("counts",),
        about="the share of lines with the right number of syllables",
        source="CMUdict",
    ),
    # puzzles
    Entry(
        "countdown",
        "rewards.puzzles.number_games:countdown",
        ("numbers", "target"),
        about="an expression of the given numbers, each once, that equals the target",
        source="TinyZero, verl/utils/reward_score/countdown.py",
    ),
    Entry(
        "game24",
        "rewards.puzzles.number_games:game24",
        ("numbers",),
        about="an expression of the given numbers, each once, that equals 24",
        source="Tree of Thoughts (arXiv 2305.10601), src/tot/tasks/game24.py",
    ),
    Entry(
        "knights",
        "rewards.puzzles.islands:knights",
        ("solution",),
        about="everyone on the island of knights and knaves is given the right role",
        source="Logic-RL (arXiv 2502.14768), verl/utils/reward_score/kk.py",
    ),
    Entry(
        "reasoning_gym",
        "rewards.puzzles.procedural:reasoning_gym",
        ("task", "entry"),
        about="the answer solves an entry of a reasoning-gym task, scored without evaluating it",
        source="reasoning-gym 0.1.25 (arXiv 2505.24760)",
    ),
    Entry(
        "sudoku",
        "rewards.puzzles.grids:sudoku",
        ("puzzle",),
        about="the grid keeps the givens and repeats no number in a row, column or box",
        source="the rules; reasoning-gym compares with one solution",
    ),
    # text against text
    Entry("exact", "rewards.strings:exact", ("answer",), about="the same string, normalised"),
    Entry("f1", "rewards.strings:f1", ("answer",), about="words shared with the gold", source="SQuAD evaluate-v1.1.py"),
    Entry("rouge_l", "rewards.strings:rouge_l", ("answer",), about="longest common subsequence", source="Lin 2004"),
    # length and repetition
    Entry(
        "cosine_length",
        "rewards.lengths:cosine_length",
        range=(-1.0, 1.0),
        about="correct and short",
        source="arXiv 2502.03373",
        check="rewards.lengths:check_cosine_length",
    ),
    Entry(
        "kimi_length",
        "rewards.lengths:kimi_length",
        range=(-0.5, 0.5),
        about="shorter than its group",
        source="arXiv 2501.12599",
        conversation=True,
        check="rewards.lengths:check_by",
    ),
    Entry(
        "repetition",
        "rewards.lengths:repetition",
        range=(-1.0, 0.0),
        about="n-grams said before",
        source="arXiv 2502.03373",
        check="rewards.lengths:check_repetition",
    ),
    Entry(
        "soft_overlong",
        "rewards.lengths:soft_overlong",
        range=(-1.0, 0.0),
        about="near the limit",
        source="arXiv 2503.14476",
        check="rewards.lengths:check_soft_overlong",
    ),
    # science: numbers and quantities
    Entry("numeric", "rewards.numerics:numeric", ("answer",), about="the final number, to the gold's figures"),
    Entry("units", "rewards.measures:units", ("answer",), about="number and unit, converted", source="units of pint"),
    # multiple choice
    Entry("choice", "rewards.options:choice", ("answer",), about="the option settled on: letter, number or text"),
    # structure
    Entry("citations", "rewards.references:citations", ("sources",), about="markers hold", source="arXiv 2305.14627"),
    Entry("json", "rewards.structure:json_document", about="one strict JSON document", source="RFC 8259"),
    Entry("json_schema", "rewards.structure:json_schema", ("schema",), about="one JSON document that fits a schema"),
    Entry("regex", "rewards.structure:regex", ("pattern",), about="the answer matches a regular expression"),
    Entry("tool_call", "rewards.tools:tool_call", ("tools",), about="valid calls of given tools; the wanted ones"),
    Entry("xml", "rewards.structure:xml", about="well-formed XML with the wanted elements", source="expat"),
    # language and reasoning
    Entry(
        "chain_monitor",
        "rewards.chains:chain_monitor",
        range=(-1.0, 0.0),
        about="findings in a chain",
        source="arXiv 2503.11926",
        check="rewards.chains:check_ignored",
    ),
    Entry("language", "rewards.tongues:language", ("lang",), about="share in a language", source="arXiv 2501.12948"),
    # models that judge
    Entry(
        "judge",
        "rewards.judging:judge",
        ("prompt",),
        about="a language model's grade",
        source="arXiv 2507.08794",
        conversation=True,
        check="rewards.judging:check_judge",
    ),
    Entry(
        "reward_model",
        "rewards.classifiers:reward_model",
        range=ANY_RANGE,
        about="a trained classifier's score",
        conversation=True,
    ),
)

REWARDS: dict[str, Entry] = {entry.name: entry for entry in ROWS}


def get(name: str, /, **options: Any) -> Reward:
    """The reward of this name. Options are the keyword arguments of its function.

    Raises UnknownRewardError or UnknownOptionError, both naming the nearest word.

    >>> get("math", style="gsm8k")
    rewards.get('math', style='gsm8k')
    >>> get("maths")
    Traceback (most recent call last):
    ...
    rewards.score.UnknownRewardError: no reward is called 'maths'; did you mean 'math'?
    """
    entry = REWARDS.get(name) or third_party().get(name)
    if entry is None:
        raise UnknownRewardError(f"no reward is called '{name}'{did_you_mean(name, names())}")
    return Reward(entry, options)


def names() -> list[str]:
    """The names of all rewards, ours and third parties', sorted."""
    return sorted({*REWARDS, *third_party()})


@cache
def third_party() -> dict[str, Entry]:
    """Rewards of other installed packages. One that cannot be imported is there, and says so when it is used."""
    from importlib.metadata import entry_points

    return {point.name: _entry(point.name, point.value) for point in entry_points(group="rewards")}


def _entry(name: str, use: str) -> Entry:
    use = use.partition("[")[0].strip()
    try:
        loaded: object = load(use)
        if isinstance(loaded, Entry):
            return loaded
        about = (loaded.__doc__ or "").strip().partition("\n")[0]
        return Entry(name, use, signature_of(use).required, ANY_RANGE, about=about, source=use)
    except Exception as error:  # noqa: BLE001  a stranger's broken package must not take ours down
        return Entry(name, use, (), ANY_RANGE, about=f"cannot be loaded: {error}")
