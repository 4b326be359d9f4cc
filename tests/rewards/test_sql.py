"""The `sql` reward: rows that answer the question, on this database and on others, and nothing that only looks so."""


# Queries stand on one line each, as a table.
# ruff: noqa: E501

from __future__ import annotations

import sqlite3
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewards
from rewards.databases import sql
from rewards.orderings import order_terms, with_terms
from rewards.queries import said_query

SCHEMA = """
CREATE TABLE artist (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INTEGER);
CREATE TABLE song (id INTEGER PRIMARY KEY, artist_id INTEGER REFERENCES artist(id), title TEXT, seconds REAL, plays INTEGER);
INSERT INTO artist VALUES (1, 'Ada', 1970), (2, 'Bo', 1981), (3, 'Cy', 1990), (4, 'Di', NULL);
INSERT INTO song VALUES (1, 1, 'One', 61.5, 10), (2, 1, 'Two', 122.0, 40), (3, 2, 'Three', 95.25, 30),
                        (4, 2, 'Four', 180.0, 20), (5, 3, 'Five', 201.5, 60), (6, 3, 'Six', 33.0, 50);
"""
TOP = "SELECT name, SUM(plays) FROM artist JOIN song ON song.artist_id = artist.id GROUP BY artist.id ORDER BY 2 DESC"


@pytest.mark.parametrize(
    ("query", "gold"),
    [
        (TOP, TOP),
        ("SELECT name, (SELECT SUM(plays) FROM song WHERE artist_id = a.id) AS p FROM artist a WHERE p > 0 ORDER BY p DESC", TOP),
        ("select NAME from ARTIST where BORN is null;", "SELECT name FROM artist WHERE born IS NULL"),
        ("SELECT title FROM song WHERE plays > 25 ORDER BY title", "SELECT title FROM song WHERE plays > 25"),
        ("SELECT AVG(seconds) FROM song", "SELECT SUM(seconds) / COUNT(*) FROM song"),
        ("SELECT COUNT(id) FROM song", "SELECT COUNT(*) FROM song"),
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3) SELECT x, name FROM n JOIN artist ON id = x", "SELECT id, name FROM artist WHERE id <= 3"),
        ("SELECT MAX(plays) * 1.0 FROM song", "SELECT MAX(plays) FROM song"),
        ("SELECT title, ROW_NUMBER() OVER (ORDER BY plays DESC) FROM song", "SELECT title, RANK() OVER (ORDER BY plays DESC) FROM song"),
        ("SELECT 1 + 1", "SELECT 2"),
    ],
)  # fmt: skip
def test_queries_that_mean_the_same_earn_the_same(query: str, gold: str) -> None:
    score = sql(f"```sql\n{query}\n```", SCHEMA, gold=gold)
    assert score.value == 1.0, score
    assert score.evidence["isolation"] in ("namespaces", "landlock", "seccomp")


@pytest.mark.parametrize(
    ("query", "gold", "why"),
    [
        ("SELECT name FROM artist", "SELECT name FROM artist WHERE born > 1975", "expected 2 rows, got 4"),
        ("SELECT name, born FROM artist WHERE id = 1", "SELECT name FROM artist WHERE id = 1", "expected 1 columns, got 2"),
        (TOP.replace("DESC", ""), TOP, "expected row"),
        ("SELECT DISTINCT artist_id FROM song", "SELECT artist_id FROM song", "expected 6 rows, got 3"),
        ("SELECT 'Cy', 110", TOP + " LIMIT 1", "copy of the database"),
        ("SELECT 'Cy', 110 FROM song LIMIT 1", TOP + " LIMIT 1", "copy of the database"),
        ("SELECT 6", "SELECT COUNT(*) FROM song", "on the halved copy"),
        ("SELECT name FROM artist WHERE id = 3", "SELECT name FROM artist WHERE born = (SELECT MAX(born) FROM artist)", "on the permuted copy"),
        ("SELECT title FROM song WHERE 0", "SELECT title FROM song WHERE plays > 1000 OR title = 'x'", ""),
        ("SELEC 1", TOP, "the query fails: near"),
        ("", TOP, "no query"),
        ("SELECT * FROM nobody", TOP, "no such table"),
        ("SELECT 1; SELECT 2", TOP, "one statement at a time"),
        ("I do not know.", TOP, "the query fails"),
        ("<think>SELECT 1", TOP, "no query"),
    ],
)  # fmt: skip
def test_queries_that_mean_something_else_earn_nothing(query: str, gold: str, why: str) -> None:
    score = sql(query, SCHEMA, gold=gold)
    assert score.value == (None if "1000" in gold else 0.0), score
    assert why in score.why


ATTACKS = {
    "attach": "ATTACH DATABASE '/tmp/x.db' AS x",
    "attach in memory": "ATTACH ':memory:' AS x",
    "vacuum into": "VACUUM INTO '/tmp/x.db'",
    "load_extension": "SELECT load_extension('/lib/x86_64-linux-gnu/libc.so.6')",
    "readfile": "SELECT readfile('/etc/passwd')",
    "writefile": "SELECT writefile('/tmp/x', 'y')",
    "pragma": "PRAGMA table_info(artist)",
    "pragma as a function": "SELECT * FROM pragma_database_list",
    "write": "DELETE FROM song RETURNING *",
    "insert": "INSERT INTO song(title) VALUES ('x')",
    "drop": "DROP TABLE song",
    "temporary table": "CREATE TEMP TABLE t AS SELECT 1",
    "transaction": "BEGIN",
    "virtual table": "CREATE VIRTUAL TABLE t USING fts5(x)",
    "explain": "EXPLAIN QUERY PLAN SELECT 1",
    "recursion without end": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n",
    "rows without end": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
    "a cross join": "SELECT COUNT(*) FROM song a, song b, song c, song d, song e, song f, song g, song h, song i, song j, song k, song l",
    "a large blob": "SELECT hex(zeroblob(900000000))",
    "blobs": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000) SELECT randomblob(10000000), x FROM n",
    "printf": "SELECT printf('%.*c', 900000000, 'x')",
    "glob": "SELECT '" + "a" * 3000 + "' GLOB '" + "*a" * 40 + "b'",
    "deep": "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "long": "SELECT " + " + ".join(["1"] * 50_000),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_earns_nothing_in_bounded_time(attack: str) -> None:
    started = time.monotonic()
    score = sql(ATTACKS[attack], SCHEMA, gold=TOP, timeout_s=0.3, memory_mb=256)
    assert time.monotonic() - started < 60
    assert score.value == 0.0, score
    assert score.why
    assert sql(TOP, SCHEMA, gold=TOP).value == 1.0


def test_the_schema_cannot_reach_other_files_either() -> None:
    assert sql("SELECT 1", "ATTACH '/etc/passwd' AS x", gold="SELECT 1").value is None


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"gold": "SELECT nothing FROM artist"}, "the gold query fails"),
        ({"gold": "DELETE FROM artist"}, "the gold query fails"),
        ({"schema": "CREATE TABLE (", "gold": "SELECT 1"}, "the schema fails"),
        ({}, "needs the column 'rows' or 'gold'"),
        ({"gold": "SELECT name FROM artist WHERE name = 'nobody'"}, "returns no rows"),
        ({"rows": []}, "no rows are expected"),
    ],
)
def test_what_cannot_tell_right_from_wrong_gives_none(columns: dict[str, Any], why: str) -> None:
    score = sql("SELECT name FROM artist WHERE name = 'nobody'", **{"schema": SCHEMA, **columns})
    assert score.value is None, score
    assert why in score.why


@pytest.mark.parametrize(
    ("query", "rows", "value"),
    [
        ("SELECT name FROM artist WHERE born > 1975", [["Bo"], ["Cy"]], 1.0),
        ("SELECT name FROM artist WHERE born > 1975", [["Cy"], ["Bo"]], 1.0),
        ("SELECT name FROM artist WHERE born > 1975", ["Bo", "Cy"], 1.0),
        ("SELECT name FROM artist WHERE born > 1985", [["Bo"], ["Cy"]], 0.0),
        ("SELECT COUNT(*) FROM song", [[6]], 1.0),
        ("SELECT MAX(plays) FROM song", [[60]], 1.0),
        ("SELECT AVG(seconds) FROM song", [[115.541666]], 1.0),
        ("SELECT name, born FROM artist WHERE born IS NULL", [["Di", None]], 1.0),
        ("SELECT 6", [[6]], 0.0),
        ("VALUES ('Bo'), ('Cy')", [["Bo"], ["Cy"]], 0.0),
        ("SELECT 6 FROM song LIMIT 1", [[6]], None),
        ("SELECT name FROM artist WHERE 0", [["Bo"]], 0.0),
    ],
)
def test_expected_rows_serve_where_there_is_no_gold_query(query: str, rows: list[Any], value: float | None) -> None:
    score = sql(query, SCHEMA, rows)
    assert score.value == value, score


def test_order_counts_when_asked_for() -> None:
    rows = [["Ada"], ["Bo"], ["Cy"], ["Di"]]
    assert sql("SELECT name FROM artist ORDER BY name DESC", SCHEMA, rows).value == 1.0
    assert sql("SELECT name FROM artist ORDER BY name DESC", SCHEMA, rows, ordered=True).value == 0.0
    inner = "SELECT name FROM (SELECT name FROM artist ORDER BY name) WHERE name <> 'order by'"
    assert sql("SELECT name FROM artist ORDER BY name DESC", SCHEMA, gold=inner).value == 1.0


TIES = "CREATE TABLE t(a, b, c); INSERT INTO t VALUES (1, 5, 'x'), (2, 5, 'y'), (3, 4, 'z'), (4, 6, 'w'), (5, 4, 'v'), (6, 9, 'u');"


@pytest.mark.parametrize(
    ("query", "gold", "value"),
    [
        ("SELECT c FROM t ORDER BY b, a DESC", "SELECT c FROM t ORDER BY b", 1.0),
        ("SELECT c FROM t ORDER BY b DESC", "SELECT c FROM t ORDER BY b", 0.0),
        ("SELECT c, b AS score FROM t ORDER BY 2, 1 DESC", "SELECT c, b AS score FROM t ORDER BY score", 1.0),
        ("SELECT c, b FROM t ORDER BY b, c", "SELECT c, b FROM t ORDER BY 2 ASC NULLS LAST", 1.0),
        ("SELECT c FROM t ORDER BY b % 2 DESC, a", "SELECT c FROM t ORDER BY b % 2 DESC, a LIMIT 10", 1.0),
        ("SELECT c FROM t ORDER BY b % 2 DESC, a DESC", "SELECT c FROM t ORDER BY b % 2 DESC", 1.0),
        ("SELECT c FROM t ORDER BY b % 2, a DESC", "SELECT c FROM t ORDER BY b % 2 DESC", 0.0),
        (
            "SELECT b FROM t GROUP BY b ORDER BY COUNT(*) DESC, b DESC",
            "SELECT b FROM t GROUP BY b ORDER BY COUNT(*) DESC",
            1.0,
        ),
        ("SELECT DISTINCT b FROM t ORDER BY b", "SELECT DISTINCT b FROM t ORDER BY b", 1.0),
        ("SELECT a FROM t UNION SELECT b FROM t ORDER BY 1", "SELECT a FROM t UNION SELECT b FROM t ORDER BY 1", 1.0),
        (
            "SELECT a FROM t UNION SELECT b FROM t ORDER BY 1 DESC",
            "SELECT a FROM t UNION SELECT b FROM t ORDER BY 1",
            0.0,
        ),
    ],
)
def test_rows_that_the_order_calls_equal_may_change_places(query: str, gold: str, value: float) -> None:
    score = sql(query, TIES, gold=gold)
    assert score.value == value, score


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("SELECT a FROM t", ()),
        ("SELECT a FROM t ORDER BY a", ("a",)),
        ("SELECT a FROM t order\nby a desc , b ASC;", ("a", "b")),
        ("SELECT a FROM t ORDER BY f(a, b) DESC NULLS LAST, 2 LIMIT 1 OFFSET 2", ("f(a, b)", "2")),
        ("SELECT a FROM (SELECT a FROM t ORDER BY b)", ()),
        ("SELECT 'ORDER BY x' FROM t -- ORDER BY y", ()),
        ("SELECT SUM(a) OVER (ORDER BY b) FROM t", ()),
        ("SELECT a /* ORDER BY z */ FROM t ORDER BY CASE WHEN a THEN 1 ELSE 2 END", ("CASE WHEN a THEN 1 ELSE 2 END",)),
    ],
)
def test_the_outermost_order_is_found(query: str, terms: tuple[str, ...]) -> None:
    assert order_terms(query) == terms


@pytest.mark.slow
def test_a_large_result_is_compared_and_a_larger_one_refused() -> None:
    schema = "CREATE TABLE t(x); WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000) INSERT INTO t SELECT x FROM n;"
    assert sql("SELECT x FROM t ORDER BY -x", schema, gold="SELECT x FROM t").value == 1.0
    assert "more than" in sql("SELECT a.x FROM t a, t b", schema, gold="SELECT x FROM t").why


def test_a_batch_is_judged_row_by_row_and_in_order() -> None:
    queries = [TOP, "SELECT 1", "SELECT name FROM artist"]
    golds = [TOP, TOP, None]
    rows = [None, None, [["Ada"], ["Bo"], ["Cy"], ["Di"]]]
    assert rewards.get("sql")(queries, schema=[SCHEMA] * 3, gold=golds, rows=rows) == [1.0, 0.0, 1.0]


def test_a_schema_may_be_a_list_of_statements() -> None:
    assert sql("SELECT x FROM t", ["CREATE TABLE t(x)", "INSERT INTO t VALUES (1), (2)"], [[1], [2]]).value == 1.0


@given(st.text(max_size=60))
def test_the_order_of_any_text_can_be_asked_for(text: str) -> None:
    order_terms(said_query(text))
    with_terms(f"SELECT {text} FROM t ORDER BY {text}")


def test_sqlite_here_knows_all_actions_the_reward_names() -> None:
    assert sqlite3.SQLITE_RECURSIVE == 33
