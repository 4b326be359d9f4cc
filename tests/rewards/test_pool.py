"""The worker pool: a call ends at its deadline whatever it does, from every kind of caller, and quickly."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewards.pool import CallFailed, Pool, TimedOut, WorkerDied, call


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool(size=2)
    yield made
    made.close()


def test_a_worker_is_kept_between_calls(pool: Pool) -> None:
    assert pool.call("os:getpid") == pool.call("os:getpid") != os.getpid()


def test_a_big_power_is_killed_at_its_deadline_and_the_pool_works_on(pool: Pool) -> None:
    start = time.monotonic()
    with pytest.raises(TimedOut, match=r"timed out after 0\.3 s"):
        pool.call("builtins:pow", (9, 9**9**2), timeout_s=0.3)  # holds the interpreter's lock: no thread could stop it
    assert time.monotonic() - start < 30  # the power would take years
    assert pool.call("builtins:pow", (2, 10)) == 1024


def test_an_error_and_a_death_are_told_apart(pool: Pool) -> None:
    with pytest.raises(CallFailed, match="ValueError: invalid literal"):
        pool.call("builtins:int", ("x",))
    with pytest.raises(WorkerDied):
        pool.call("os:_exit", (3,))
    with pytest.raises(WorkerDied):
        pool.call("os:abort")
    assert pool.call("builtins:int", ("7",)) == 7


def test_many_calls_keep_their_order_and_fail_one_by_one(pool: Pool) -> None:
    results = pool.call_many("builtins:int", [("1",), ("x",), ("3",)])
    assert results[0] == 1
    assert isinstance(results[1], CallFailed)
    assert results[2] == 3


def test_a_hang_costs_one_row_one_deadline(pool: Pool) -> None:
    start = time.monotonic()
    results = pool.call_many("time:sleep", [(30,), (0,), (0,), (30,), (0,)], timeout_s=0.4)
    assert [isinstance(result, TimedOut) for result in results] == [True, False, False, True, False]
    assert time.monotonic() - start < 25  # less than one of the sleeps


def test_what_a_function_prints_does_not_reach_the_channel(pool: Pool) -> None:
    assert pool.call("builtins:print", ("x" * 100_000,)) is None
    assert pool.call("os:write", (1, b"x" * 1_000)) == 1_000
    assert pool.call("builtins:int", ("7",)) == 7


def test_large_arguments_and_results_pass(pool: Pool) -> None:
    assert len(pool.call("builtins:sorted", (list(range(200_000)),))) == 200_000


def test_threads_share_the_pool_without_mixing_results(pool: Pool) -> None:
    wrong: list[int] = []

    def work(first: int) -> None:
        numbers = range(first, first + 50)
        wrong.extend(number for number in numbers if pool.call("builtins:int", (str(number),)) != number)

    threads = [threading.Thread(target=work, args=(1_000 * index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_it_works_in_a_thread_of_an_event_loop(pool: Pool) -> None:
    async def both() -> list[int]:
        calls = [asyncio.to_thread(pool.call, "builtins:int", (str(number),)) for number in range(10)]
        return await asyncio.gather(*calls)

    assert asyncio.run(both()) == list(range(10))


def _child(connection: multiprocessing.connection.Connection) -> None:
    connection.send((call("os:getpid"), call("builtins:int", ("7",))))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # fork with threads is what is tested
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_forked_and_a_spawned_process_have_workers_of_their_own(method: str) -> None:
    context = multiprocessing.get_context(method)
    ours = call("os:getpid")
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(writer,), daemon=True)
    child.start()
    assert reader.poll(60)
    theirs, seven = reader.recv()
    child.join(30)
    assert seven == 7
    assert theirs != ours
    assert call("os:getpid") == ours


def test_workers_end_with_their_caller() -> None:
    import subprocess

    code = "from rewards.pool import call; print(call('os:getpid'), flush=True); import os; os._exit(0)"
    worker = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    for _ in range(100):
        if not Path(f"/proc/{worker}").exists():
            return
        time.sleep(0.05)
    pytest.fail("the worker outlived its caller")
