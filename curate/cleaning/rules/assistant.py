"""What a model says of itself or by habit: refusals, identity, cutoff dates, set phrases.

Source: the filters that Tulu 3 (arXiv 2411.15124; open-instruct, scripts/data/filtering_and_updates) and the cleaned
Alpaca and ShareGPT sets apply by keyword. Differs: a refusal must open the answer, and be said, not quoted or told in a
story; identity must be claimed in the first person, so that a text about language models is none. What is looked for
stands in the files of `phrases`.
"""

from __future__ import annotations

import polars as pl

from curate.cleaning.rules.phrases import phrases
from curate.cleaning.rules.texts import Texts

START = r"^[\s*_#>]{0,20}"  # markdown, but no quotation mark: what is quoted is not said
OPENING = 400  # characters in which a refusal has to come
CLOSING = 300  # characters at the end in which a set phrase closes an answer


def refusal(texts: Texts) -> pl.Series:
    """The refusal that an answer opens with, in 31 languages; thinking before it does not count."""
    return phrases("refusal").find(texts.answer.str.slice(0, OPENING), before=START)


def identity(texts: Texts) -> pl.Series:
    """Where a text says that it is a model, or which, or whose."""
    return phrases("identity").find(texts.text)


def cutoff(texts: Texts) -> pl.Series:
    """Where a text names the date to which its knowledge reaches, or says that it ends."""
    return phrases("cutoff").find(texts.text)


def boilerplate(texts: Texts) -> pl.Series:
    """A set phrase that opens or closes an answer: `Sure! Here is`, `I hope this helps`."""
    opening = phrases("opener").find(texts.answer.str.slice(0, OPENING), before=START)
    ending = texts.answer.str.strip_chars_end().str.slice(-CLOSING)
    return opening.fill_null(phrases("closer").find(ending, before=r"\b", after=r"[^\n]{0,160}$"))
