"""A key is the canonical JSON of what changes an answer, hashed: journals of earlier versions stay valid."""

from __future__ import annotations

import json
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from curate.engines.base import Keys, Sampling, request_key

TEXT = st.text(st.characters(), max_size=20)  # lone surrogates too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)
SAMPLINGS = st.builds(
    Sampling,
    temperature=st.floats(0, 10),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(1, 100),
    stop=st.lists(TEXT, max_size=2).map(tuple),
)


@given(OBJECTS, st.lists(OBJECTS, max_size=3), SAMPLINGS, st.integers(0, 2**31), st.none() | OBJECTS)
def test_a_key_is_the_hash_of_the_whole_as_canonical_json(
    identity: dict, messages: list, sampling: Sampling, seed: int, extra: dict | None
) -> None:
    tools = None if extra is None else [extra]
    what = {
        "v": 1, "engine": identity, "messages": messages, "seed": seed, "sample": 3,
        "sampling": {
            "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k,
            "min_p": sampling.min_p, "stop": list(sampling.stop),
        },
        "response_format": extra, "tools": tools,
    }  # fmt: skip
    canonical = json.dumps(what, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    expected = sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:40]
    assert request_key(identity, messages, sampling, seed, 3, extra, tools) == expected


def test_a_key_of_earlier_versions() -> None:
    messages = [{"role": "user", "content": "What is 2 + 2?"}]
    assert request_key({"model": "m"}, messages, Sampling(), 7, 0) == "f381107d10682853342c6ba182056377fbba3323"


def test_several_answers_are_named_as_each_alone() -> None:
    messages = ({"role": "user", "content": "What is 2 + 2?"},)
    draws = [(11, 0), (12, 1), (13, 2)]
    each = [request_key({"model": "m"}, messages, Sampling(), *draw) for draw in draws]
    assert Keys({"model": "m"}, Sampling()).of(messages, draws) == each
