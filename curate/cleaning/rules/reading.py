"""Rules as people write them: names of rules and sets, and limits of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from curate.cleaning.rules.rule import Rule
from curate.cleaning.rules.table import RULES, SETS
from curate.cleaning.rules.texts import Texts
from curate.errors import did_you_mean
from curate.rules import RuleError

SCORE = "score."
Written = str | Mapping[str, Any] | Rule
"""`"gopher"` (a set), `"refusal"` (a rule), `{"words": {"min": 20}}`, `{"language": ["en"]}`, or a Rule."""


def read_rules(written: Written | Iterable[Written]) -> tuple[Rule, ...]:
    """The rules that are meant, in order; of two of one name the later one counts, in the place of the first.

    A name alone takes the limits of its source. `min` and `max` replace them one by one (null takes one away), other
    keys are options of the rule. `score.<name>` is a number that the rows already carry. Raises RuleError.

    >>> [rule.limits for rule in read_rules(["gopher_quality", {"gopher_words": {"min": 20}}])][:2]
    ['20 to 100000', '3 to 10']
    >>> read_rules(["gofer"])
    Traceback (most recent call last):
    curate.rules.RuleError: unknown rule 'gofer'; did you mean 'gopher'?
    """
    items = [written] if isinstance(written, str | Mapping | Rule) else list(written)
    found: dict[str, Rule] = {}
    for item in items:
        found |= {rule.name: rule for rule in _read(item)}
    if not found:
        raise RuleError("no rules are given; name a set or a rule" + did_you_mean("", SETS))
    return tuple(found.values())


def _read(item: Any) -> list[Rule]:
    if isinstance(item, Rule):
        return [item]
    if isinstance(item, str):
        if item in SETS:
            return [RULES[name] for name in SETS[item]]
        rule = _named(item)
        _complete(rule)
        return [rule]
    if isinstance(item, Mapping) and item:
        return [_tuned(str(name), given) for name, given in item.items()]
    raise RuleError(f"a rule is a name, or a name with its limits: {{words: {{min: 20}}}} (got {item!r:.60})")


def _named(name: str) -> Rule:
    if name.startswith(SCORE):
        return carried(name)
    if name not in RULES:
        raise RuleError(f"unknown rule '{name[:60]}'{did_you_mean(name, [*RULES, *SETS])}")
    return RULES[name]


def _tuned(name: str, given: Any) -> Rule:
    if name in SETS:
        raise RuleError(f"'{name}' is a set of rules: name it alone, and the rule to change beside it")
    rule = _named(name)
    if rule.kind == "word":
        given = {"allowed": given} if isinstance(given, str | list | tuple) else given
    if not isinstance(given, Mapping):
        raise RuleError(f"{name}: give limits or options as {{min: 1, max: 2}} (got {given!r:.60})")
    known = _settable(rule)
    for key in given:
        if key not in known:
            raise RuleError(f"{name}: unknown option '{key}'{did_you_mean(str(key), known)}")
    rule = replace(rule, options={**rule.options, **{key: given[key] for key in given if key in rule.tuned}})
    if rule.kind == "word" and "among" in given:
        _check_languages(name, given["among"])
    if "allowed" in given:
        rule = replace(rule, allowed=_check_languages(name, given["allowed"]))
    if "min" in given:
        rule = replace(rule, low=_number(name, "min", given["min"]))
    if "max" in given:
        rule = replace(rule, high=_number(name, "max", given["max"]))
    _complete(rule)
    return rule


def _settable(rule: Rule) -> tuple[str, ...]:
    limits = {"number": ("min", "max"), "word": ("allowed",)}.get(rule.kind, ())
    return (*limits, *rule.tuned)


def _complete(rule: Rule) -> None:
    """Limits must be in order. A number without limits only measures, and so does a word without a list."""
    if rule.low is not None and rule.high is not None and rule.low > rule.high:
        raise RuleError(f"{rule.name}: min {rule.low:.10g} is above max {rule.high:.10g}: every row would be flagged")


def _number(name: str, key: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise RuleError(f"{name}: {key} is a number (got {value!r:.60})")
    return float(value)


def _check_languages(name: str, value: Any) -> tuple[str, ...]:
    """Language codes, or names that `rewards.tongues` knows, as codes."""
    from rewards.base import RewardError
    from rewards.tongues import read_language

    words = (value,) if isinstance(value, str) else tuple(value)
    if not words or not all(isinstance(word, str) for word in words):
        raise RuleError(f"{name}: give a language or a list of them: {{{name}: [en, de]}} (got {value!r:.60})")
    try:
        return tuple(dict.fromkeys(read_language(word) for word in words))
    except RewardError as unknown:
        raise RuleError(f"{name}: {unknown}") from None


def carried(column: str) -> Rule:
    """A rule on a number that the rows carry, such as `score.perplexity`."""

    def value(texts: Texts) -> pl.Series:
        return texts.need(column).cast(pl.Float64)

    return Rule(column.removeprefix(SCORE), value, "", "a column of the rows", needs=(column,))
