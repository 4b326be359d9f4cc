"""A server that fails in every way loses no row, tells no key, and keeps nobody waiting beyond the deadline."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from curate.engines.base import Completion, Request, Sampling
from curate.engines.server import ServerEngine
from curate.errors import EngineDown, InvalidInput

if TYPE_CHECKING:
    from tests.engines.conftest import Misbehaving

SECRET = "sk-test-0123456789abcdef"
Open = Callable[..., ServerEngine]


@pytest.fixture
def open_engine(server: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens engines for the misbehaving server, quick to lose patience, and closes them."""
    monkeypatch.setenv("TEST_API_KEY", SECRET)
    engines = []

    def open_it(**options: Any) -> ServerEngine:
        settings = {"base_url": server.url, "model": "m", "api_key_env": "TEST_API_KEY"}
        settings |= {"timeout_s": 5.0, "backoff_s": 0.01, "retries": 3, "start_within_s": 0.5, "down_after_s": 0.5}
        engine = ServerEngine(**(settings | options))
        engines.append(engine)
        return engine

    yield open_it
    for engine in engines:
        engine.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "curate-server"]


def ask(number: int, *do: str, **changes: Any) -> Request:
    order = {"do": do or ("ok",), "id": number} | changes
    messages = ({"role": "user", "content": json.dumps(order)},)
    return Request(f"key{number}", f"r{number}", messages, Sampling(max_tokens=50), seed=number)


def complete(engine: ServerEngine, *requests: Request) -> list[Completion]:
    """The completions in the order of the requests; every one is answered once."""
    found = [completion for bundle in engine.complete(requests) for completion in bundle]
    by_key = {completion.key: completion for completion in found}
    assert len(found) == len(by_key) == len(requests)
    return [by_key[request.key] for request in requests]


def collect(
    engine: ServerEngine, requests: Iterable[Request], found: list[Completion], after: Callable[[], None] | None = None
) -> None:
    """Put what comes into `found`; `after` each bundle do that."""
    for bundle in engine.complete(requests):
        found += bundle
        if after is not None:
            after()


def test_an_answer_is_read_in_full(open_engine: Open) -> None:
    engine = open_engine()
    request = ask(1)
    [found] = complete(engine, request)
    assert found.text == f"answer to {request.messages[0]['content']}"
    assert (found.finish_reason, found.reasoning, found.max_tokens) == ("stop", None, 50)
    assert (found.prompt_tokens, found.completion_tokens) == (5, 7)
    assert found.extra["model"] == "served"
    assert found.extra["system_fingerprint"] == "fp"
    assert found.extra["attempts"] == 1
    assert (engine.usage.requests, engine.usage.retries, engine.usage.completion_tokens) == (1, 0, 7)


FAULTS = [
    "429",
    "500",
    "502",
    "503",
    "408",
    "html",
    "cut",
    "closed",
    "no-choices",
    "no-object",
    "empty",
    "deep",
    "utf8",
]


def test_faults_that_pass_lose_no_row(open_engine: Open, server: Misbehaving) -> None:
    requests = [ask(number, FAULTS[number % len(FAULTS)], "ok") for number in range(3 * len(FAULTS))]
    engine = open_engine()
    found = complete(engine, *requests)
    assert [completion.error for completion in found] == [None] * len(requests)
    assert all(completion.extra["attempts"] == 2 for completion in found)
    assert engine.usage.retries == len(requests)
    assert set(server.seen()["seen"].values()) == {2}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("500", "HTTP 500: no: 500"),
        ("429-now", "HTTP 429: slow down"),
        ("500-empty", "HTTP 500 (tried"),
        ("html", "no JSON: <html><body>502 Bad Gateway"),
        ("cut", "the answer was cut off"),
        ("closed", "the connection was closed without an answer"),
        ("no-choices", "upstream is gone"),
        ("no-object", "no JSON object but a list"),
        ("empty", "an empty response"),
        ("utf8", "no JSON"),
        ("surrogate", "not valid Unicode"),
    ],
)
def test_a_fault_that_stays_is_an_error_value_on_that_row(open_engine: Open, fault: str, words: str) -> None:
    engine = open_engine(retries=2)
    bad, good = complete(engine, ask(1, fault), ask(2))
    assert good.text is not None
    assert bad.text is None
    assert bad.retriable
    assert bad.finish_reason == ""
    assert words in str(bad.error)
    assert ":  " not in str(bad.error)
    assert "(tried 3 times)" in str(bad.error) or fault == "429-now"
    assert engine.usage.errors == 1


@pytest.mark.parametrize("status", ["400", "413", "422", "418"])
def test_a_request_that_is_refused_is_asked_once_and_never_again(
    open_engine: Open, server: Misbehaving, status: str
) -> None:
    bad, good = complete(open_engine(), ask(1, status), ask(2))
    assert good.error is None
    assert not bad.retriable
    assert str(bad.error).startswith(f"HTTP {status}: no: {status}")
    assert set(server.seen()["seen"].values()) == {1}


@pytest.mark.parametrize("status", ["401", "402", "403", "404", "405", "redirect", "429-quota", "429-hours"])
def test_a_server_that_refuses_everything_is_asked_once(open_engine: Open, server: Misbehaving, status: str) -> None:
    engine = open_engine()
    with pytest.raises(EngineDown, match=r"server http://127\.0\.0\.1:\d+/v1, model m: HTTP \d+") as caught:
        complete(engine, *(ask(number, status) for number in range(200)))
    assert sum(server.seen()["seen"].values()) == 1
    assert SECRET not in str(caught.value)


def test_a_key_that_is_revoked_on_the_way_keeps_what_was_answered(open_engine: Open) -> None:
    engine = open_engine(concurrency=4)
    found: list[Completion] = []
    requests = (
        [ask(number, "slow") for number in range(20)] + [ask(20, "401")] + [ask(n, "slow") for n in range(21, 99)]
    )
    with pytest.raises(EngineDown, match="api_key_env"):
        collect(engine, requests, found)
    assert {f"key{number}" for number in range(20)} <= {completion.key for completion in found}
    assert all(completion.error is None for completion in found)
    assert len(found) <= 30


def test_a_row_that_is_forbidden_is_no_end_when_others_are_answered(open_engine: Open) -> None:
    engine = open_engine(concurrency=2)
    found = complete(engine, ask(1), ask(2, "403"), ask(3), ask(4, "403"), ask(5))
    assert [completion.error is None for completion in found] == [True, False, True, False, True]
    with pytest.raises(EngineDown, match="may not use this model"):
        complete(engine, ask(6), *(ask(number, "403") for number in range(7, 100)))


def test_retry_after_is_obeyed_in_seconds_and_as_a_date(open_engine: Open) -> None:
    for fault, least_s in (("429", 0.1), ("429-date", 0.0)):
        start = time.monotonic()
        [found] = complete(open_engine(), ask(1, fault, "ok", again=fault))
        assert found.error is None
        assert least_s <= time.monotonic() - start < 20


def test_a_limit_that_everyone_meets_costs_no_row(open_engine: Open) -> None:
    """Each row is refused more often than it may be retried, while others get through."""
    requests = [ask(number, *["429-now"] * (number % 6), "ok") for number in range(60)]
    found = complete(open_engine(concurrency=8, retries=3), *requests)
    assert [completion.error for completion in found] == [None] * 60


@pytest.mark.parametrize("fault", ["drip", "never"])
def test_a_deadline_holds_to_the_last_byte(open_engine: Open, fault: str) -> None:
    engine = open_engine(timeout_s=0.4, retries=1)
    start = time.monotonic()
    bad, good = complete(engine, ask(1, fault), ask(2))
    assert time.monotonic() - start < 20  # a drip goes on for minutes
    assert good.error is None
    assert "no whole answer within 0.4 s (tried 2 times)" in str(bad.error)


def test_a_huge_answer_is_not_read_to_its_end(open_engine: Open, server: Misbehaving) -> None:
    bad, good = complete(open_engine(max_response_bytes=1_000_000), ask(1, "huge"), ask(2))
    assert good.error is None
    assert "larger than 1 MB" in str(bad.error)
    assert not bad.retriable
    assert set(server.seen()["seen"].values()) == {1}


def test_the_content_type_does_not_matter(open_engine: Open) -> None:
    [found] = complete(open_engine(), ask(1, "text-plain"))
    assert found.error is None


def test_nobody_there_is_told_soon(open_engine: Open) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        engine = open_engine(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        start = time.monotonic()
        with pytest.raises(EngineDown, match=r"did not answer for .*Start it, or mend the url"):
            complete(engine, *(ask(number) for number in range(100)))
        assert 0.5 <= time.monotonic() - start < 20


def test_a_host_that_does_not_exist_is_told_soon(open_engine: Open) -> None:
    with pytest.raises(EngineDown, match="did not answer"):
        complete(open_engine(base_url="http://no-such-host.invalid/v1"), ask(1))


def test_a_server_without_tls_is_told_at_once(open_engine: Open, server: Misbehaving) -> None:
    with pytest.raises(EngineDown, match="no secure connection"):
        complete(open_engine(base_url=server.url.replace("http:", "https:")), ask(1))


def test_a_server_that_dies_and_comes_back_loses_no_row(open_engine: Open, server: Misbehaving) -> None:
    engine = open_engine(down_after_s=20.0)
    requests = [ask(number, "slow") for number in range(400)]
    found: list[Completion] = []
    revival = None
    for bundle in engine.complete(iter(requests)):
        found += bundle
        if len(found) > 100 and revival is None:
            server.stop()
            revival = threading.Timer(0.5, server.start)
            revival.start()
    assert revival is not None
    revival.join()
    assert sorted(completion.key for completion in found) == sorted(request.key for request in requests)
    assert [completion.error for completion in found] == [None] * 400


def test_a_server_that_stays_away_ends_the_build_and_keeps_what_was_answered(
    open_engine: Open, server: Misbehaving
) -> None:
    engine = open_engine(concurrency=4)
    requests = [ask(number, "slow") for number in range(300)]
    found: list[Completion] = []
    with pytest.raises(EngineDown, match=r"went away .*Run the same command again"):
        collect(engine, requests, found, after=lambda: server.process.kill() if len(found) > 20 else None)
    assert len(found) > 20
    assert all(completion.error is None for completion in found)


def test_a_row_that_kills_the_server_is_the_only_one_lost(open_engine: Open, server: Misbehaving) -> None:
    engine = open_engine(concurrency=2, retries=1, down_after_s=20.0)
    done = threading.Event()

    def revive() -> None:
        while not done.is_set():
            if server.process.poll() is not None:
                server.stop()
                server.start()
            time.sleep(0.02)

    nurse = threading.Thread(target=revive)
    nurse.start()
    try:
        found = complete(engine, ask(1), ask(2, "die"), *(ask(number, "slow") for number in range(3, 20)))
    finally:
        done.set()
        nurse.join()
    assert [completion.key for completion in found if completion.error is not None] == ["key2"]


def test_a_server_that_answers_nobody_ends_the_build(open_engine: Open, server: Misbehaving) -> None:
    engine = open_engine(retries=0)
    with pytest.raises(EngineDown, match=r"the last 100 requests all failed.*HTTP 500"):
        list(engine.complete(ask(number, "500") for number in range(1000)))
    assert len(server.seen()["seen"]) < 200


def test_the_key_is_in_nothing_that_comes_out(
    open_engine: Open, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    engine = open_engine(retries=1)
    out = [repr(engine), repr(vars(engine)), json.dumps(engine.identity)]
    out += map(repr, complete(engine, *(ask(n, fault) for n, fault in enumerate([*FAULTS, "400", "tell-key"]))))
    for refusal in ("401", "redirect"):
        with pytest.raises(EngineDown) as caught:
            complete(engine, ask(99, refusal))
        out += [repr(caught.value), repr(caught.value.__cause__), repr(caught.value.__context__)]
    out += [caplog.text, *capfd.readouterr()]
    assert all(SECRET not in text for text in out)
    assert "your key is [key]" in "".join(out)


def test_requests_are_drawn_only_as_they_can_be_sent(open_engine: Open, server: Misbehaving) -> None:
    drawn = 0

    def stream() -> Iterator[Request]:
        nonlocal drawn
        for number in range(100):
            drawn += 1
            yield ask(number, "slow")

    engine = open_engine(concurrency=8)
    answered = 0
    for bundle in engine.complete(stream()):
        answered += len(bundle)
        assert drawn <= answered + 2 * 8
    assert (answered, drawn) == (100, 100)
    assert server.seen()["most_inside"] == 8


def test_the_first_request_goes_alone(open_engine: Open, server: Misbehaving) -> None:
    complete(open_engine(), ask(1, "slow"), ask(2, "slow"))
    assert server.seen()["most_inside"] == 1


def test_an_abandoned_generator_leaves_nothing_behind(open_engine: Open) -> None:
    engine = open_engine(concurrency=4)
    stream = engine.complete(ask(number, "slow") for number in range(100))
    next(stream)
    stream.close()
    [found] = complete(engine, ask(1))
    assert found.error is None


def test_it_works_where_an_event_loop_is_running(open_engine: Open) -> None:
    async def notebook() -> list[Completion]:
        return complete(open_engine(), ask(1), ask(2))

    assert len(asyncio.run(notebook())) == 2


def test_a_proxy_is_not_asked_for_this_machine(open_engine: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    [found] = complete(open_engine(), ask(1))
    assert found.error is None


def test_no_requests_are_no_answers(open_engine: Open, server: Misbehaving) -> None:
    assert list(open_engine().complete([])) == []
    assert server.seen()["seen"] == {}


def test_a_request_that_is_no_json_is_an_error_value(open_engine: Open) -> None:
    nan = Request("key1", "r1", ({"role": "user", "content": float("nan")},), Sampling(), seed=1)
    thing = Request("key2", "r2", ({"role": "user", "content": object()},), Sampling(), seed=1)
    bad, worse, good = complete(open_engine(), nan, thing, ask(3))
    assert "cannot be sent" in str(bad.error)
    assert "a object cannot be sent as JSON" in str(worse.error)
    assert good.error is None


def test_the_identity_knows_no_address_and_all_that_changes_answers() -> None:
    identity = ServerEngine("http://a:1/v1", "m", concurrency=3, timeout_s=9).identity
    assert identity == ServerEngine("https://b/v1/chat/completions", "m").identity
    assert identity != ServerEngine("http://a:1/v1", "m", revision="1").identity
    assert identity != ServerEngine("http://a:1/v1", "m", extra_body={"top_a": 1}).identity


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://a/v1", "http://", "file:///etc/passwd", "http://a:b/v1", ""])
def test_an_address_that_is_none_is_told_at_once(url: str) -> None:
    with pytest.raises(InvalidInput, match="is no address of a server; give http"):
        ServerEngine(url, "m")


@pytest.mark.parametrize("url", ["http://me:hunter22@a/v1", "ftp://me:hunter22@a/v1", "http://me:hunter22@a:b/v1"])
def test_a_password_in_the_address_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ServerEngine(url, "m")
    assert "hunter22" not in str(caught.value)


def test_a_key_that_is_not_set_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(EngineDown, match=r"environment variable NO_SUCH_KEY .* export NO_SUCH_KEY="):
        next(ServerEngine("http://a/v1", "m", api_key_env="NO_SUCH_KEY").complete([]))


@pytest.mark.parametrize("pasted", ["sk-proj-abcdef123456", "hf_abcdefghijkl", "a b"])
def test_a_key_in_place_of_its_name_is_not_shown(pasted: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ServerEngine("http://a/v1", "m", api_key_env=pasted)
    assert pasted not in str(caught.value)
