"""Read the tests of a row, in the shapes data sets have them.

    {"stdin": [...], "stdout": [...]}                        programs (also inputs/outputs and input/output)
    {"entry_point": f, "cases": [[arguments, result], ...]}  calls; arguments a list, or a dict of names
    {"fn_name": f, "inputs": [...], "outputs": [...]}        APPS, TACO: arguments as lists, results maybe in a list;
                                                             LiveCodeBench: arguments as lines of JSON, results as JSON
    {"asserts": [...], "setup"?: code}                       MBPP (also test_list, test_setup_code, test_imports)
    {"test": code, "prompt"?: code, "entry_point"?: f}       HumanEval's check(candidate), LeetCode's asserts; functions
                                                             and classes of pytest and unittest (KodCode, BigCodeBench)
    [{"input", "output"}, ...]                               LiveCodeBench's tests; fn_name there, or in metadata
    {"public_test_cases", "private_test_cases"?, "metadata"?}  LiveCodeBench's rows, packed private tests too
    {"test_cases": [...]}                                    the same list, in open-r1's column
    {"public_tests": {"input", "output"}, "private_tests"?, "generated_tests"?}  CodeContests
    ["assert ...", ...], "assert ..."                        asserts alone

Each may be JSON text. Keys whose value is null are not there (a table fills them in). Anything else is Unreadable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from rewards.programs.kinds import Asserts, Calls, Programs, Tests, Unreadable
from rewards.programs.packed import unpacked_text
from rewards.programs.parsing import is_program

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def read(tests: Any) -> Tests:
    """The tests of a row. Raises Unreadable.

    >>> read({"stdin": ["1"], "stdout": ["2"]})
    Programs(runs=(('1', '2'),))
    """
    tests = _unpacked(tests)
    if isinstance(tests, list):
        tests = {"asserts": tests} if tests and all(isinstance(test, str) for test in tests) else _rows(tests)
    if not isinstance(tests, Mapping):
        raise Unreadable(f"tests are a dict, a list or JSON of these, not {type(tests).__name__}")
    tests = {key: value for key, value in tests.items() if value is not None}
    if "input_output" in tests:
        inner = _mapping(_unpacked(tests.pop("input_output")), "input_output")
        return read({**tests, **{key: value for key, value in inner.items() if key != "input_output"}})
    if "test_cases" in tests:
        return read(tests["test_cases"])
    for keys, reader in _READERS.items():
        if all(any(name in tests for name in names.split("|")) for names in keys):
            return reader(tests)
    raise Unreadable(f"tests have no known shape (keys: {', '.join(sorted(map(str, tests))) or 'none'})")


def _cases(tests: dict[str, Any]) -> Calls:
    cases: list[tuple[list[Any], dict[str, Any], Any]] = []
    for case in _list(tests, "cases"):
        if not isinstance(case, (list, tuple)) or len(case) != 2:
            raise Unreadable("a case is [arguments, result]")
        arguments, result = case
        named = dict(arguments) if isinstance(arguments, Mapping) else {}
        positional = [] if named or isinstance(arguments, Mapping) else _as_list(arguments)
        cases.append((positional, named, result))
    return Calls(_name(tests, "entry_point|fn_name"), tuple(_some(cases)))


def _dialect(tests: dict[str, Any]) -> Calls | Programs:
    inputs, outputs = _list(tests, "inputs|stdin|input"), _list(tests, "outputs|stdout|output")
    if len(inputs) != len(outputs):
        raise Unreadable(f"{len(inputs)} inputs, but {len(outputs)} outputs")
    pairs = _some(list(zip(inputs, outputs, strict=True)))
    name = tests.get("fn_name") or tests.get("func_name") or tests.get("entry_point")
    if not name:
        return Programs(tuple((_text(given), _text(wanted)) for given, wanted in pairs))
    if all(isinstance(part, str) for pair in pairs for part in pair):
        lines = [[_json(line) for line in given.splitlines() if line.strip()] for given, _ in pairs]
        results = [_json(wanted) for _, wanted in pairs]
        return Calls(str(name), tuple((given, {}, wanted) for given, wanted in zip(lines, results, strict=True)))
    calls = [(_as_list(given), _int_keys(wanted)) for given, wanted in pairs]
    cases = tuple(([*map(_int_keys, given[:1]), *given[1:]], dict[str, Any](), wanted) for given, wanted in calls)
    return Calls(str(name), cases, boxed=True)


def _int_keys(value: Any) -> Any:
    """A dict of JSON, whose keys are texts, with the whole numbers that its keys were: as APPS reads them.

    >>> _int_keys({"1": 2}), _int_keys({"a": 1}), _int_keys([{"3": 4}])
    ({1: 2}, {'a': 1}, [{3: 4}])
    """
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        return [_int_keys(value[0])]
    if not isinstance(value, Mapping) or not value or not all(_WHOLE.fullmatch(str(key)) for key in value):
        return value
    return {int(key): item for key, item in value.items()}


def _asserts(tests: dict[str, Any]) -> Asserts:
    sources = [str(source) for source in _list(tests, "asserts|test_list")]
    setup = tests.get("setup") or tests.get("test_setup_code") or tests.get("test_imports") or ""
    text = "\n".join(map(str, setup)) if isinstance(setup, list) else str(setup)
    return _checked(
        Asserts(tuple(_some(sources)), text, str(tests.get("prompt", "")), str(tests.get("entry_point", "")))
    )


def _program(tests: dict[str, Any]) -> Asserts:
    entry_point, source = str(tests.get("entry_point", "")), str(tests["test"])
    return _checked(Asserts((source,), prompt=str(tests.get("prompt", "")), entry_point=entry_point))


def _checked(tests: Asserts) -> Asserts:
    for source in (*tests.sources, tests.setup):
        if not is_program(source):
            raise Unreadable(f"the tests are no Python: {source[:80]!r}")
    return tests


def _livecodebench(tests: dict[str, Any]) -> Calls | Programs:
    rows = [*_tests_in(tests["public_test_cases"]), *_tests_in(tests.get("private_test_cases") or [])]
    metadata = _unpacked(tests.get("metadata") or {})
    name = metadata.get("func_name") if isinstance(metadata, Mapping) else None
    return _dialect({"fn_name": name, **{key: value for key, value in _rows(rows).items() if value is not None}})


def _code_contests(tests: dict[str, Any]) -> Calls | Programs:
    """All tests of all kinds, each kind as columns or as rows."""
    kinds = [_unpacked(tests.get(kind)) for kind in ("public_tests", "private_tests", "generated_tests")]
    columns = [_rows(kind) if isinstance(kind, list) else _mapping(kind, "tests") for kind in kinds if kind]
    return _dialect(
        {
            "inputs": [one for part in columns for one in _list(part, "inputs|input")],
            "outputs": [one for part in columns for one in _list(part, "outputs|output")],
        }
    )


def _tests_in(packed: Any) -> list[Any]:
    """A list of tests, as JSON text, or as LiveCodeBench packs its private ones."""
    if isinstance(packed, str) and not packed.lstrip().startswith("["):
        packed = unpacked_text(packed)
    found = _json(packed) if isinstance(packed, str) else packed
    if not isinstance(found, list):
        raise Unreadable("LiveCodeBench's tests are a list")
    return found


_READERS: dict[tuple[str, ...], Callable[[dict[str, Any]], Tests]] = {
    ("asserts|test_list",): _asserts,
    ("test",): _program,
    ("public_test_cases",): _livecodebench,
    ("public_tests|private_tests|generated_tests",): _code_contests,
    ("cases", "entry_point|fn_name"): _cases,
    ("inputs|stdin|input", "outputs|stdout|output"): _dialect,
}


def _rows(rows: list[Any]) -> dict[str, Any]:
    """LiveCodeBench's list of {"input", "output", "testtype"} as columns."""
    if not rows or not all(isinstance(row, Mapping) and {"input", "output"} <= row.keys() for row in rows):
        raise Unreadable("a list of tests holds asserts, or dicts with input and output")
    first = rows[0]
    metadata = _unpacked(first.get("metadata") or {})
    name = first.get("fn_name") or (metadata.get("func_name") if isinstance(metadata, Mapping) else None)
    return {"inputs": [row["input"] for row in rows], "outputs": [row["output"] for row in rows], "fn_name": name}


def _unpacked(tests: Any) -> Any:
    """Tests that are JSON text, read; a program of asserts as a list of one."""
    if not isinstance(tests, str):
        return list(tests) if isinstance(tests, tuple) else tests
    try:
        return json.loads(tests)
    except (ValueError, RecursionError):
        if "assert" in tests:
            return [tests]
        raise Unreadable("the tests are a text, but neither JSON nor asserts") from None


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unreadable(f"'{name}' holds no dict")
    return value


def _list(tests: Mapping[str, Any], names: str) -> list[Any]:
    name = next((name for name in names.split("|") if name in tests), names)
    value: Any = tests.get(name)
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _json(value)
    if isinstance(value, str):
        value = [value]
    if not hasattr(value, "__iter__") or isinstance(value, Mapping):
        raise Unreadable(f"'{name}' is a list, not {type(value).__name__}")
    return list(value)


def _some(tests: list[Any]) -> list[Any]:
    if not tests:
        raise Unreadable("there are no tests")
    return tests


def _name(tests: Mapping[str, Any], names: str) -> str:
    return next(str(tests[name]) for name in names.split("|") if name in tests)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _text(value: Any) -> str:
    """Standard input or output; some data sets keep its lines as a list."""
    if isinstance(value, (list, tuple)):
        return "\n".join(str(line) for line in value)
    return str(value)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"no JSON: {error}") from None
