"""All steps, by the word a recipe uses: the word is the name of the file and of the class in it."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from curate.step import Step

STEPS: dict[str, str] = {
    # source
    "load": "curate.steps.load:Load",
    # source or expand
    "magpie": "curate.steps.magpie:Magpie",
    # pool
    "self_instruct": "curate.steps.self_instruct:SelfInstruct",
    "evolve": "curate.steps.evolve:Evolve",
    # map and expand
    "generate": "curate.steps.generate:Generate",
    "panel": "curate.steps.panel:Panel",
    "instances": "curate.steps.instances:Instances",
    "critique": "curate.steps.critique:Critique",
    "grade": "curate.steps.grade:Grade",
    "sample": "curate.steps.sample:Sample",
    "mask": "curate.steps.mask:Mask",
    "score": "curate.steps.score:Score",
    # filter
    "keep": "curate.steps.keep:Keep",
    "filter": "curate.steps.filter:Filter",
    "decontaminate": "curate.steps.decontaminate:Decontaminate",
    # group
    "judge": "curate.steps.judge:Judge",
    "dedupe": "curate.steps.dedupe:Dedupe",
    "pass_rate": "curate.steps.pass_rate:PassRate",
    "pairs": "curate.steps.pairs:Pairs",
    "format": "curate.steps.format:Format",
    "select": "curate.steps.selection:Select",  # select.py would hide a module of the standard library
    "split": "curate.steps.split:Split",
}


def step_class(word: str) -> type[Step]:
    """The class of a step. Raises KeyError for a word that is not in `STEPS`."""
    module, _, name = STEPS[word].partition(":")
    return cast("type[Step]", getattr(import_module(module), name))
