"""When it is decided whether a prompt stays: exactly when no outcome of the missing answers can overturn it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.cleaning.selection.deciding import Decisions
from curate.rules import read_rule

RULES = [
    "0 < pass_rate < 1",
    "0.2 < pass_rate < 0.8",
    "passed >= 1",
    "passed >= 1 and judged - passed >= 1",
    "pass_low > 0.3",
    "passed % 2 == 0",  # not monotone: every outcome counts
    "judged >= 3 and pass_rate != 0.5",
    "pass_rate > 2",
]
N = 6


def outcomes(passed: int, failed: int, lost: int) -> Iterator[tuple[int, int]]:
    """All ends of a prompt: every way in which the missing answers can pass, fail or be lost."""
    left = N - passed - failed - lost
    for more in range(left + 1):
        yield from ((passed + more, failed + worse) for worse in range(left - more + 1))


def keeps(rule: str, passed: int, failed: int) -> bool:
    judged = passed + failed
    rate = passed / judged if judged else None
    words = {"passed": passed, "judged": judged, "pass_rate": rate}
    if "pass_low" in rule:
        z, share = 1.959964, rate or 0
        middle = share + z * z / (2 * max(1, judged))
        half = z * (share * (1 - share) / max(1, judged) + z * z / (4 * max(1, judged) ** 2)) ** 0.5
        words["pass_low"] = (middle - half) / (1 + z * z / max(1, judged)) if judged else None
    try:
        return bool(eval(rule, {}, words))
    except TypeError:  # a null decides nothing
        return False


@pytest.mark.parametrize("rule", RULES)
def test_decided_means_that_all_outcomes_agree(rule: str) -> None:
    decisions = Decisions(read_rule(rule), N)
    for passed in range(N + 1):
        for failed in range(N + 1 - passed):
            for lost in range(N + 1 - passed - failed):
                ends = {keeps(rule, *end) for end in outcomes(passed, failed, lost)}
                outlook = decisions.outlook(passed, failed, lost)
                assert outlook.keep == (ends.pop() if len(ends) == 1 else None), (passed, failed, lost)
                assert (outlook.ahead == 0) == (outlook.keep is not None)


@pytest.mark.parametrize("rule", RULES)
@given(answers=st.lists(st.booleans(), min_size=N, max_size=N))
def test_no_decision_can_come_sooner_than_announced(rule: str, answers: list[bool]) -> None:
    decisions = Decisions(read_rule(rule), N)
    earliest = 0
    for asked in range(N + 1):
        passed = sum(answers[:asked])
        outlook = decisions.outlook(passed, asked - passed)
        if outlook.keep is not None:
            assert asked >= earliest
            return
        earliest = max(earliest, asked + outlook.ahead)
    raise AssertionError("with all answers in, it must be decided")


def test_a_thousand_answers_are_decided_in_no_time() -> None:
    decisions = Decisions(read_rule("0.2 < pass_rate < 0.8"), 1024)
    assert decisions.outlook(0, 0).ahead == 410  # 205 passed and 205 failed are inside, however the rest turns out
    assert decisions.outlook(0, 819).keep is None
    assert decisions.outlook(0, 820).keep is False
