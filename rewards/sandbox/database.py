"""Inside the sandbox: run queries on small SQLite databases built from a script.

A query may read tables, call SQLite's functions and nothing else: the authorizer is a list of what is allowed, so
ATTACH, PRAGMA, writing, and extensions are refused by SQLite itself; time and rows are bounded here, memory and all the
rest by the process. The script that builds the database comes from the data set.

Perturbed copies hold other data in the same schema, so that a result that does not depend on the data shows itself.
"""

# Names of tables and columns come from the database itself, and are quoted.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
import time
from typing import Any

from rewards.sandbox import frames, plain

_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_REFUSED_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_STEPS_BETWEEN_LOOKS = 1_000
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 10 << 20,  # bytes of one value; what builds a longer one cannot be interrupted
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


def main(fd: int) -> None:
    """Answer {"script", "queries": [...], "variants": [...], "judged", "seconds", "rows"} by one frame.

    judged: the query whose error ends it all. Answer: {"results": [[result per query] per variant], "reads": [does it
    read a table, per query]}, a result being {"rows": tree, "names": of the columns} or {"error": text}; or
    {"error": text} when the script fails.
    """
    job = frames.receive(fd)
    try:
        given = _build(job["script"])
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        frames.send(fd, {"error": str(error)[:300]})
        return
    reads = [False] * len(job["queries"])
    results = []
    for variant in job["variants"]:
        database = _variant(given, variant)
        results.append([_run(database, query, number, reads, job) for number, query in enumerate(job["queries"])])
        database.close()
        if "error" in results[-1][job["judged"]]:
            break
    frames.send(fd, {"results": results, "reads": reads})


def _build(script: str) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action in _NEVER else sqlite3.SQLITE_OK)
    database.executescript(script)
    database.commit()
    database.set_authorizer(None)
    return database


_NEVER = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH})
_MAX_GENERATIONS = 8  # of rows that point at rows that point at rows that are gone


def _run(
    database: sqlite3.Connection, query: str, number: int, reads: list[bool], job: dict[str, Any]
) -> dict[str, Any]:
    def allow(action: int, first: str | None, second: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ and not (first or "").startswith("sqlite_"):
            reads[number] = True
        if action == sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_DENY if (second or "").lower() in _REFUSED_FUNCTIONS else sqlite3.SQLITE_OK
        return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY

    for name, value in _LIMITS.items():
        database.setlimit(name, value)
    deadline = time.monotonic() + job["seconds"]
    database.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
    database.set_authorizer(allow)
    try:
        cursor = database.execute(query)
        rows = []
        for row in cursor:
            rows.append(row)
            if len(rows) > job["rows"]:
                return {"error": f"more than {job['rows']} rows"}
            if time.monotonic() > deadline:
                raise sqlite3.OperationalError
        if cursor.description is None:
            return {"error": "the query returns no rows at all"}
        return {"rows": plain.encode(rows), "names": [column[0] for column in cursor.description]}
    except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError, plain.NotPlain) as error:
        late = time.monotonic() > deadline
        return {"error": f"timed out after {job['seconds']:g} s" if late else str(error)[:300] or type(error).__name__}
    finally:
        database.set_authorizer(None)
        database.set_progress_handler(None, 0)


def _variant(given: sqlite3.Connection, variant: str) -> sqlite3.Connection:
    """A copy of a database whose data are changed.

    halved: every second row gone; declared foreign keys still hold, so that a LEFT JOIN over one that may not be NULL
    is an inner one. permuted, rotated: the values of each column in other rows, and beside others. altered: every
    number and text another one; foreign keys may then point nowhere. A row whose change would break a constraint stays
    as it was.
    """
    copy = sqlite3.connect(":memory:")
    given.backup(copy)
    copy.execute("PRAGMA foreign_keys=OFF")
    copy.execute("PRAGMA ignore_check_constraints=ON")
    tables = [
        name
        for (name,) in copy.execute(
            "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
    ]
    for trigger in [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type='trigger'")]:
        copy.execute(f"DROP TRIGGER {_quoted(trigger)}")
    for table in tables:
        try:
            _change(copy, _quoted(table), variant)
        except sqlite3.Error:
            continue  # a table without row ids, a generated column: it stays as it was
    if variant != "altered":
        _mend(copy, given)
    copy.commit()
    return copy


def _change(database: sqlite3.Connection, table: str, variant: str) -> None:
    if variant == "halved":  # every second row, whatever its key: the number of rows must change
        order = f"(SELECT rowid AS id, row_number() OVER (ORDER BY rowid) AS place FROM {table})"
        database.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT id FROM {order} WHERE place % 2 = 0)")
    elif variant != "given":
        columns = [row for row in database.execute(f"PRAGMA table_info({table})") if not row[5]]
        for place, (_, name, *_) in enumerate(columns):
            if variant == "altered":
                _alter(database, table, _quoted(name))
            else:
                _permute(database, table, _quoted(name), place + (variant == "rotated"))


def _mend(database: sqlite3.Connection, given: sqlite3.Connection) -> None:
    """Foreign keys that point nowhere become NULL where there are NULLs; else their rows go, then what points there.

    A NULL where there was none would tell NOT IN and NOT EXISTS apart.
    """
    for _ in range(_MAX_GENERATIONS):
        try:
            found = [row[:4] for row in database.execute("PRAGMA foreign_key_check") if row[1] is not None]
            for table, row, _, key in found:
                keys = database.execute(f"PRAGMA foreign_key_list({_quoted(table)})").fetchall()
                names = [_quoted(name) for number, _, _, name, *_ in keys if number == key]
                empty = " AND ".join(f"{name} IS NULL" for name in names)
                if given.execute(f"SELECT 1 FROM {_quoted(table)} WHERE {empty} LIMIT 1").fetchone():
                    nulls = ", ".join(f"{name} = NULL" for name in names)
                    database.execute(f"UPDATE OR IGNORE {_quoted(table)} SET {nulls} WHERE rowid = ?", (row,))
                else:
                    database.execute(f"DELETE FROM {_quoted(table)} WHERE rowid = ?", (row,))
        except sqlite3.Error:
            return  # a foreign key that names no key
        if not found:
            return


def _permute(database: sqlite3.Connection, table: str, column: str, number: int) -> None:
    """Move the values of a column on, each column by another number of rows: no value keeps its neighbours."""
    rows = database.execute(f"SELECT rowid, {column} FROM {table} ORDER BY rowid").fetchall()
    step = 1 + number % max(1, len(rows) - 1)
    moved = [(rows[place - step][1], rowid) for place, (rowid, _) in enumerate(rows)]
    database.executemany(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE rowid = ?", moved)


def _alter(database: sqlite3.Connection, table: str, column: str) -> None:
    database.execute(
        f"UPDATE OR IGNORE {table} SET {column} = CASE typeof({column})"
        f" WHEN 'integer' THEN {column} + 7 WHEN 'real' THEN {column} * 1.5 + 1 WHEN 'text' THEN {column} || '~'"
        f" ELSE {column} END"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
