"""What a model says of itself or by habit: refusals, identity, cutoff dates, set phrases.

Source: the filters that Tulu 3 (arXiv 2411.15124; open-instruct, scripts/data/filtering_and_updates) and the cleaned
Alpaca and ShareGPT sets apply by keyword. Differs: a refusal must open the answer, and be said, not quoted or told in a
story; identity must be claimed in the first person, so that a text about language models is none. What is looked for
stands in the files of `phrases`.
"""

from __future__ import annotations

import polars as pl

from curate.cleaning.rules.phrases import Phrases, phrases
from curate.cleaning.rules.texts import Texts

START = r"^[\s*_#>]{0,20}"  # markdown, but no quotation mark: what is quoted is not said
QUOTED = "|".join(  # within a paragraph; and code
    (
        r"(?s:```.*?(?:```|\z))|`[^`\n]+`",
        r"\"[^\"\n]+\"|“[^“”\n]+”|„[^„“”\n]+[“”]|«[^«»\n]+»|‹[^‹›\n]+›|「[^「」\n]+」|『[^『』\n]+』",
        r"‘[^‘’\n]+’(?:[\s,.;:!?]|$)|[=(\[{,:] ?'[^'\n]+'",
    )
)
WHOLE = r"^\s*[\"“«「]([^\"“”«»「」]*)[\"”»」]\s*$"  # an answer that is one quotation is said
REST = r"[^.!?\n]*(?:[.!?]+[^.!?\n]{0,40}){0,2}$"  # of the sentence, and a short one or two
WORD = r"(?:(?-u:\b)|^|[\s。！？，、])"  # where one begins: by ASCII letters, which is fast, and in other scripts
BEFORE_WORD = " \n。！？，、"
OPENING = 400  # characters in which a refusal has to come
OPENER = 100  # characters in which a set phrase opens an answer
CLOSING = 300  # characters at the end in which a set phrase closes an answer


def refusal(texts: Texts) -> pl.Series:
    """The refusal that an answer opens with, in 31 languages; thinking before it does not count."""
    return phrases("refusal").find(texts.answer.str.slice(0, OPENING), before=START)


def identity(texts: Texts) -> pl.Series:
    """Where a text says that it is a model, or which, or whose."""
    return _said(texts.text, phrases("identity"))


def cutoff(texts: Texts) -> pl.Series:
    """Where a text names the date to which its knowledge reaches, or says that it ends."""
    return _said(texts.text, phrases("cutoff"))


def boilerplate(texts: Texts) -> pl.Series:
    """A set phrase that opens or closes an answer: `Sure! Here is`, `I hope this helps`."""
    opening = phrases("opener").find(texts.answer.str.slice(0, OPENER), before=START)
    ending = texts.answer.str.strip_chars_end().str.slice(-CLOSING)
    closing = _said(ending, phrases("closer"), before=WORD, after=REST).str.strip_chars_start(BEFORE_WORD)
    return opening.fill_null(closing)


def _said(text: pl.Series, what: Phrases, **around: str) -> pl.Series:
    """What is found in each text outside of quotations and code."""
    found = what.find(text, **around)
    places = found.is_not_null().arg_true()
    if not len(places):
        return found
    bare = text.gather(places).str.replace(WHOLE, "$1").str.replace_all(QUOTED, "…")
    return found.scatter(places, what.find(bare, **around))
