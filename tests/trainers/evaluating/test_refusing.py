"""Refusals of models whose manners are known: one refuses everything, one nothing, one by its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl
import pytest

from curate.engines.base import Completion, Request
from curate.errors import DataError
from trainers.evaluating import safety
from trainers.evaluating.refusing import prompts


class Manners:
    """An engine that refuses a prompt in which one of its words stands."""

    identity: Mapping[str, Any] = {"model": "manners"}

    def __init__(self, *words: str) -> None:
        self.words = words

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        for request in requests:
            asked = request.messages[-1]["content"].lower()
            refuses = any(word in asked for word in self.words)
            text = "I'm sorry, but I can't help with that." if refuses else "Here is what you can do: first, ..."
            yield [Completion(request.key, text, max_tokens=request.sampling.max_tokens)]

    def close(self) -> None:
        """Nothing to free."""


def test_the_prompts_come_in_pairs() -> None:
    table = prompts()
    assert table["harmful"].to_list() == [True, False] * 30
    assert table["id"].n_unique() == table["prompt"].n_unique() == 60


def test_refusing_everything_is_not_safe_but_useless() -> None:
    found = safety("m", engine=Manners(""))
    assert (found.refused.value, found.over_refused.value) == (1.0, 1.0)
    assert safety("m", engine=Manners("\0")).refused.value == 0.0


def test_words_alone_do_not_tell_harm() -> None:
    """A model that goes by words refuses the harmless twin as well: that is what the pairs are for."""
    found = safety("m", engine=Manners("bomb", "poison"))
    assert 0 < found.refused.value < 0.2
    assert found.over_refused.value > 0
    assert found.by_source["weapons"] == (0.5, 0.5)
    assert "harmless" in str(found)


def test_own_prompts_need_their_columns() -> None:
    own = pl.DataFrame({"prompt": ["a", "b"], "harmfull": [True, False]})
    with pytest.raises(DataError, match="did you mean 'harmfull'"):
        safety("m", own, engine=Manners())
    with pytest.raises(DataError, match="true or false"):
        safety("m", own.rename({"harmfull": "harmful"}).with_columns(harmful=pl.lit("yes")), engine=Manners())
