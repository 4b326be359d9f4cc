"""The `sql` reward: what a query returns on a database, against what it should return."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial as bind
from typing import Any

from rewards import sandbox
from rewards.base import Score
from rewards.orderings import order_terms, tied, with_terms
from rewards.programs.comparing import same_value, short
from rewards.queries import said_query
from rewards.sandbox import Limits, plain
from rewards.sandbox.client import again_when_lost
from rewards.sandbox.running import Unanswered

MAX_ROWS = 100_000
ANSWER_BYTES = 32 << 20
_WITH_GOLD = ("given", "halved", "permuted", "rotated")
_WITH_ROWS = ("given", "halved", "altered")


def sql(
    completion: str,
    schema: str | list[str],
    rows: list[Any] | None = None,
    gold: str | None = None,
    *,
    ordered: bool | None = None,
    tolerance: float = 1e-6,
    timeout_s: float = 5.0,
    memory_mb: int = 512,
    min_level: str = "seccomp",
    unsafe_exec: bool = False,
) -> Score:
    """Whether a query returns the right rows on the SQLite database that `schema` builds.

    Execution accuracy as in Spider and BIRD, hardened after Zhong et al. 2020 (test suites): a gold query is run beside
    the completion's on the database and on three copies with other data (half the rows; the values of each column in
    another order, twice), and both must agree on all four, so constants that equal the expected rows fail. With `rows`
    instead of a gold query, one that reads no table, or whose result the copies do not change, is no answer.

    schema: a script of CREATE and INSERT statements, or a list of them. rows: the expected rows, as lists. gold: a
    query that returns them; one of the two is needed, `gold` is the better. ordered: compare the order of rows
    (default: when the gold query ends in ORDER BY). The query is the last fenced block, the last tag's (<sql>, <query>,
    <answer>), or the text without the prose around it; it may only read. Rows compare as a bag, column by column in
    order; names of columns do not count; numbers within `tolerance`.
    Range: 0 or 1. None when schema or gold fail, the sandbox refuses, or the expected rows cannot tell a right query
    from a wrong one (gold returns nothing, or NULL, on the database and its copies).

    >>> schema = "CREATE TABLE t(a); INSERT INTO t VALUES (1), (5);"
    >>> sql("SELECT max(a) FROM t", schema, gold="SELECT a FROM t ORDER BY a DESC LIMIT 1").value
    1.0
    >>> sql("SELECT 5", schema, rows=[[5]]).why
    'the query reads no table: constants are no answer'
    """
    if rows is None and not gold:
        return Score(None, "needs the column 'rows' or 'gold'")
    script = schema if isinstance(schema, str) else ";\n".join(schema)
    query = said_query(completion)
    if not query:
        return Score(0.0, "no query in the completion")
    try:
        place = sandbox.open_sandbox()
        level = sandbox.require(place, min_level, unsafe_exec=unsafe_exec)
        expected = None if gold else [list(row) if isinstance(row, (list, tuple)) else [row] for row in rows or []]
        extended = with_terms(gold) if gold and ordered is not False else ""
        queries = [gold, query, *([extended] if extended else [])] if gold else [query]
        variants = _WITH_GOLD if gold else _WITH_ROWS
        limits = Limits(timeout_s, timeout_s * len(variants) * len(queries) + 1, memory_mb)
        job = {"script": script, "queries": queries, "variants": variants, "seconds": timeout_s, "rows": MAX_ROWS}
        job["judged"] = 1 if gold else 0
        answer = _ask(place, job, limits)
    except (sandbox.Refused, sandbox.Lost) as error:
        return Score(None, str(error))
    except (Unanswered, plain.NotPlain) as error:
        return _blame(place, script, gold, limits, error, level)
    evidence = {"isolation": level, "query": query[:500]}
    if "error" in answer:
        return Score(None, f"the schema fails: {answer['error']}", evidence)
    reads = answer["reads"]
    results = [[_decoded(result) for result in variant] for variant in answer["results"]]
    if gold:
        by_order = bool(order_terms(gold)) if ordered is None else ordered
        return _against_gold(dict(zip(variants, results, strict=False)), gold, by_order, reads, tolerance, evidence)
    return _against_rows(results, expected or [], bool(ordered), reads, tolerance, evidence)


def sql_batch(
    completions: Sequence[str],
    schema: Sequence[Any],
    rows: Sequence[Any] | None = None,
    gold: Sequence[Any] | None = None,
    **options: Any,
) -> list[Score]:
    """`sql` for many completions, each with its columns, as many at a time as there are cores."""
    if not all(column is None or len(column) == len(completions) for column in (schema, rows, gold)):
        raise TypeError("sql_batch needs a list with one value per completion for each column")
    none = [None] * len(completions)
    with ThreadPoolExecutor(sandbox.open_sandbox().size) as threads:
        return list(threads.map(bind(sql, **options), completions, schema, rows or none, gold or none))


def _against_gold(
    results: Mapping[str, Any],
    query: str,
    ordered: bool,
    reads: Sequence[bool],
    tolerance: float,
    evidence: dict[str, Any],
) -> Score:
    """The verdict by a gold query. results: by copy of the database, those of gold, completion, gold with its terms."""
    golds = []
    for variant, (gold, ours, *extended) in results.items():
        if "error" in gold:
            if variant == "given":
                return Score(None, f"the gold query fails: {gold['error']}", evidence)
            continue  # a copy that breaks the gold query judges nothing
        place = "" if variant == "given" else f" on the {variant} copy of the database"
        if "error" in ours:
            return Score(0.0, f"the query fails{place}: {ours['error']}", evidence)
        terms = extended[0] if extended and "error" not in extended[0] else None
        runs = tied(gold, terms, query) if ordered else [range(len(gold["rows"]))]
        problem = _difference(ours, gold["rows"], len(gold["names"]), runs, tolerance)
        if problem:
            return Score(0.0, problem + place, evidence)
        golds.append(gold["rows"])
    if all(value is None for rows in golds for row in rows for value in row):
        return Score(None, "the gold query returns no rows on the database and its copies", evidence)
    if reads[0] and not reads[1]:
        return Score(0.0, _CONSTANTS, evidence)
    return Score(1.0, f"{len(golds[0])} rows equal on the database and {len(golds) - 1} copies", evidence)


def _against_rows(
    results: Sequence[Any],
    expected: list[Any],
    ordered: bool,
    reads: Sequence[bool],
    tolerance: float,
    evidence: dict[str, Any],
) -> Score:
    """The verdict by expected rows. results: those of the completion, on the database and its copies."""
    ours = results[0][0]
    if "error" in ours:
        return Score(0.0, f"the query fails: {ours['error']}", evidence)
    runs = [range(row, row + 1) for row in range(len(expected))] if ordered else [range(len(expected))]
    problem = _difference(ours, expected, len(expected[0]) if expected else len(ours["names"]), runs, tolerance)
    if problem:
        return Score(0.0, problem, evidence)
    if not reads[0]:
        return Score(0.0, _CONSTANTS, evidence)
    if not expected:
        return Score(None, "no rows are expected: any query that finds nothing would do. Give the gold query", evidence)
    if all(other.get("rows") == ours["rows"] for (other,) in results[1:]):
        return Score(None, "constants would do: the result does not depend on the data. Give the gold query", evidence)
    return Score(1.0, f"{len(expected)} rows equal", evidence)


_CONSTANTS = "the query reads no table: constants are no answer"


def _difference(
    ours: Mapping[str, Any], expected: Sequence[Any], columns: int, runs: Sequence[range], tolerance: float
) -> str:
    """How a result differs from the expected rows, or nothing. runs: places of rows that may come in any order."""
    got = ours["rows"]
    if len(ours["names"]) != columns:
        return f"expected {columns} columns, got {len(ours['names'])}"
    if len(got) != len(expected):
        return f"expected {len(expected)} rows, got {len(got)}"
    for run in runs:
        pairs = zip(
            sorted((got[row] for row in run), key=_key), sorted((expected[row] for row in run), key=_key), strict=True
        )
        for one, other in pairs:
            if not same_value(list(one), _numbers(other), tolerance):
                return f"expected row {short(tuple(other))}, got {short(tuple(one))}"
    return ""


def _numbers(row: Sequence[Any]) -> list[Any]:
    """A row as SQLite gives it, which has no booleans."""
    return [int(value) if isinstance(value, bool) else value for value in row]


def _key(row: Sequence[Any]) -> list[tuple[int, Any]]:
    """A total order of rows: NULL, numbers, text, bytes; rounded, so that floats that compare equal sort alike."""
    return [_rank(value) for value in _numbers(row)]


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, (int, float)):
        return 1, float(f"{value:.5g}")
    if isinstance(value, str):
        return 2, value
    return (3, bytes(value)) if isinstance(value, (bytes, bytearray)) else (0, 0)


def _decoded(result: dict[str, Any]) -> dict[str, Any]:
    if "error" in result:
        return result
    return {"rows": [list(row) for row in plain.decode(result["rows"])], "names": result["names"]}


@again_when_lost
def _ask(place: sandbox.Sandbox, job: dict[str, Any], limits: Limits) -> dict[str, Any]:
    end = time.monotonic() + limits.total_s
    with place.check("database", limits) as check:
        check.send(job, end)
        answer = check.receive(end, ANSWER_BYTES)
    if not isinstance(answer, dict):
        raise Unanswered("no answer")
    return answer


def _blame(
    place: sandbox.Sandbox, script: str, gold: str | None, limits: Limits, error: Exception, level: str
) -> Score:
    """Whose fault a dead worker is: the completion's, if schema and gold alone are fine."""
    job = {
        "script": script,
        "queries": [gold] if gold else [],
        "variants": ["given"],
        "seconds": 5.0,
        "rows": MAX_ROWS,
        "judged": 0,
    }
    evidence = {"isolation": level}
    try:
        _ask(place, job, limits)
    except (Unanswered, sandbox.Lost, plain.NotPlain) as again:
        return Score(None, f"schema or gold cannot be run: {again}", evidence)
    return Score(0.0, f"the query ended its process or took too long: {error}", evidence)
