"""The language a text is written in; see `curate.text.language` for how it is told."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from curate.cleaning.rules.texts import Texts
from curate.text.language import DEFAULT, languages


def language(texts: Texts, *, among: Sequence[str] = DEFAULT) -> pl.Series:
    """The ISO 639-1 code of the language of a text; null for short texts, code, and what cannot be told."""
    return languages(texts.text, tuple(among))
