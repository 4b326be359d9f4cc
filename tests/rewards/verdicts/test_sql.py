"""Queries: equal by their rows on the database and on copies of it with other data."""

from __future__ import annotations

from collections.abc import Callable

SHOP = """
CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INTEGER, total REAL, day TEXT);
INSERT INTO customers VALUES (1,'Ada','Paris'),(2,'Bob','Rome'),(3,'Cyd','Paris'),(4,'Dan',NULL);
INSERT INTO orders VALUES (1,1,10.5,'2024-01-02'),(2,1,20.0,'2024-02-03'),(3,2,7.25,'2024-02-03'),
 (4,3,99.0,'2024-03-01');
"""
PER_CITY = "SELECT city, COUNT(*) FROM customers GROUP BY city"
BUYERS = "SELECT DISTINCT name FROM customers JOIN orders ON customers.id = orders.customer"
TOP = "SELECT name FROM customers JOIN orders ON customers.id = orders.customer GROUP BY name ORDER BY SUM(total) DESC"
BIG = "SELECT id, total FROM orders WHERE total > 10"
SUM = "SELECT SUM(total) FROM orders"
NONE = "SELECT name FROM customers WHERE city = 'Oslo'"

QUERIES = [
    (1, PER_CITY, SHOP, PER_CITY),
    (1, "select city, count(id) from customers group by 1", SHOP, PER_CITY),
    (1, f"```sql\n{PER_CITY};\n```", SHOP, PER_CITY),
    (
        1,
        "Here is the query:\n```sql\nSELECT c.city AS town, COUNT(*) AS n FROM customers c GROUP BY c.city\n```",
        SHOP,
        PER_CITY,
    ),
    (1, "SELECT name FROM customers WHERE id IN (SELECT customer FROM orders)", SHOP, BUYERS),
    (1, "SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.id)", SHOP, BUYERS),
    (1, "SELECT id, total FROM orders WHERE NOT total <= 10", SHOP, BIG),
    (1, "SELECT id, total FROM orders WHERE total > 10 ORDER BY id DESC", SHOP, BIG),
    (1, "SELECT TOTAL(total) FROM orders", SHOP, SUM),
    (1, "WITH t AS (SELECT * FROM orders) SELECT SUM(total) FROM t", SHOP, SUM),
    (1, TOP + ", name", SHOP, TOP),
    (1, "<think>maybe group by</think>" + SUM, SHOP, SUM),
    (1, "-- sum of all\nSELECT SUM(total) FROM orders;", SHOP, SUM),
    (1, "SELECT AVG(total) * COUNT(*) FROM orders", SHOP, SUM),
    (1, "SELECT name FROM customers WHERE id = 1 OR id <> 1", SHOP, "SELECT name FROM customers"),
    (1, "SELECT MAX(total) FROM orders", SHOP, "SELECT total FROM orders ORDER BY total DESC LIMIT 1"),
    (1, "SELECT COUNT(city) FROM customers", SHOP, "SELECT COUNT(*) FROM customers WHERE city IS NOT NULL"),
    (0, "SELECT city, COUNT(*) FROM customers WHERE city IS NOT NULL GROUP BY city", SHOP, PER_CITY),
    (0, "SELECT COUNT(*), city FROM customers GROUP BY city", SHOP, PER_CITY),
    (0, "SELECT city FROM customers GROUP BY city", SHOP, PER_CITY),
    (0, "SELECT name FROM customers", SHOP, BUYERS),
    (0, "SELECT name FROM customers JOIN orders ON customers.id = orders.customer", SHOP, BUYERS),
    (
        0,
        "SELECT id, total FROM orders WHERE total >= 10.5 AND id <> 5",
        SHOP,
        "SELECT id, total FROM orders WHERE total > 15",
    ),
    (0, "SELECT id, total FROM orders WHERE id IN (1, 2, 4)", SHOP, BIG),
    (0, "SELECT 136.75", SHOP, SUM),
    (0, "VALUES (136.75)", SHOP, SUM),
    (0, "SELECT 136.75 FROM orders LIMIT 1", SHOP, SUM),
    (0, "SELECT 'Ada' UNION SELECT 'Bob' UNION SELECT 'Cyd'", SHOP, BUYERS),
    (0, TOP.replace("DESC", "ASC"), SHOP, TOP),
    (0, "SELECT name FROM customers WHERE id <= 3", SHOP, BUYERS),
    (0, "SELECT MAX(total) FROM orders", SHOP, SUM),
    (0, "", SHOP, SUM),
    (0, "I do not know SQL.", SHOP, SUM),
    (0, "SELECT FROM orders", SHOP, SUM),
    (0, "SELECT SUM(total) FROM missing", SHOP, SUM),
    (0, "DROP TABLE orders", SHOP, SUM),
    (0, "DELETE FROM orders; SELECT SUM(total) FROM orders", SHOP, SUM),
    (0, "ATTACH DATABASE '/tmp/x.db' AS x; SELECT 136.75", SHOP, SUM),
    (0, "SELECT load_extension('x')", SHOP, SUM),
    (0, "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT SUM(n) FROM t", SHOP, SUM),
    (0, "SELECT readfile('/etc/passwd')", SHOP, SUM),
    (0, "PRAGMA table_info(orders)", SHOP, SUM),
    (0, f"{SUM}; {PER_CITY}", SHOP, SUM),
    (0, "SELECT sql FROM sqlite_master", SHOP, SUM),
    (0, "SELECT name FROM customers WHERE city = 'Rome'", SHOP, "SELECT name FROM customers WHERE id = 2"),
    (None, SUM, SHOP, "SELECT FROM nothing"),
    (None, SUM, "CREATE TABLE (", SUM),
    (None, "SELECT name FROM customers WHERE 0", SHOP, NONE.replace("= 'Oslo'", "= 'Oslo' AND 0")),
    (None, SUM, SHOP),
]

ROWS = [
    (1, SUM, SHOP, [[136.75]]),
    (1, "SELECT name FROM customers WHERE city = 'Paris'", SHOP, [["Ada"], ["Cyd"]]),
    (1, "SELECT name FROM customers WHERE city = 'Paris' ORDER BY name DESC", SHOP, [["Ada"], ["Cyd"]]),
    (0, "SELECT 136.75", SHOP, [[136.75]]),
    (None, "SELECT 136.75 FROM orders LIMIT 1", SHOP, [[136.75]]),
    (0, "SELECT name FROM customers WHERE city = 'Rome'", SHOP, [["Ada"], ["Cyd"]]),
]

STAFF = """
CREATE TABLE emp(id INTEGER PRIMARY KEY, name TEXT, dept TEXT, pay INTEGER, boss INTEGER REFERENCES emp(id));
INSERT INTO emp VALUES (1,'Ann','hr',50,NULL),(2,'Bob','it',70,1),(3,'Cid','it',65,2),(4,'Dee','hr',50,1),
 (5,'Eve','ops',40,2);
"""
AVG = "SELECT dept, AVG(pay) FROM emp GROUP BY dept"
BOSS = "SELECT e.name, b.name FROM emp e JOIN emp b ON e.boss = b.id"
RICH = "SELECT name FROM emp WHERE pay = (SELECT MAX(pay) FROM emp)"
SECOND = "SELECT DISTINCT pay FROM emp ORDER BY pay DESC LIMIT 1 OFFSET 1"

SECOND = [
    (1, "SELECT dept, SUM(pay)*1.0/COUNT(*) FROM emp GROUP BY dept", STAFF, AVG),
    (1, "SELECT e.name, (SELECT name FROM emp b WHERE b.id = e.boss) FROM emp e WHERE e.boss IS NOT NULL", STAFF, BOSS),
    (
        1,
        "SELECT name FROM emp ORDER BY pay DESC LIMIT 1",
        STAFF,
        "SELECT name FROM emp ORDER BY pay DESC, name LIMIT 1",
    ),
    (1, "WITH m AS (SELECT MAX(pay) p FROM emp) SELECT name FROM emp, m WHERE pay = p", STAFF, RICH),
    (1, "SELECT MAX(pay) FROM emp WHERE pay < (SELECT MAX(pay) FROM emp)", STAFF, SECOND),
    (1, "SELECT name FROM emp WHERE dept LIKE 'it'", STAFF, "SELECT name FROM emp WHERE dept = 'it'"),
    (1, "```sql\nSELECT COUNT(*) FROM emp WHERE boss IS NULL\n```", STAFF, "SELECT SUM(boss IS NULL) FROM emp"),
    (0, "SELECT dept, SUM(pay)/COUNT(*) FROM emp GROUP BY dept", STAFF, AVG),
    (0, "SELECT b.name, e.name FROM emp e JOIN emp b ON e.boss = b.id", STAFF, BOSS),
    (0, "SELECT e.name, b.name FROM emp e LEFT JOIN emp b ON e.boss = b.id", STAFF, BOSS),
    (0, "SELECT name FROM emp WHERE pay = 70", STAFF, RICH),
    (0, "SELECT name FROM emp WHERE id = 2", STAFF, RICH),
    (0, "SELECT 'Bob'", STAFF, RICH),
    (0, "SELECT name FROM emp WHERE name = 'Bob'", STAFF, RICH),
    (
        0,
        "SELECT pay FROM emp ORDER BY pay DESC LIMIT 1 OFFSET 1",
        STAFF,
        "SELECT DISTINCT pay FROM emp ORDER BY pay LIMIT 1 OFFSET 1",
    ),
    (0, "SELECT 65", STAFF, SECOND),
    (0, "SELECT name FROM emp WHERE dept <> 'hr'", STAFF, "SELECT name FROM emp WHERE dept = 'it'"),
    (0, "SELECT name FROM emp", STAFF, RICH),
    (0, "SELECT name, pay FROM emp WHERE pay = (SELECT MAX(pay) FROM emp)", STAFF, RICH),
    (0, "UPDATE emp SET pay = 0; " + RICH, STAFF, RICH),
    (0, "CREATE TABLE x AS " + RICH, STAFF, RICH),
    (0, "EXPLAIN " + RICH, STAFF, RICH),
    (0, "SELECT name FROM emp WHERE pay = (SELECT MAX(pay) FROM emp", STAFF, RICH),
    (0, "SELECT * FROM (VALUES ('Bob'))", STAFF, RICH),
    (0, "SELECT randomblob(1000000000)", STAFF, RICH),
]

LOANS = """
CREATE TABLE members(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE loans(id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES members(id), book TEXT, back TEXT);
INSERT INTO members VALUES (1,'Ada'),(2,'Bob'),(3,'Cyd'),(4,'Dee');
INSERT INTO loans VALUES (1,1,'Emma','2024-01-01'),(2,2,'Ulysses',NULL),(3,2,'Dune',NULL),(4,3,'Emma','2024-02-02');
"""
READERS = "SELECT l.book, m.name FROM loans l JOIN members m ON m.id = l.member"
IDLE = "SELECT name FROM members WHERE id NOT IN (SELECT member FROM loans)"
DECLARED = [  # a declared foreign key holds on every copy
    (1, "SELECT l.book, m.name FROM loans l LEFT JOIN members m ON m.id = l.member", LOANS, READERS),
    (1, "SELECT book, (SELECT name FROM members WHERE id = member) FROM loans", LOANS, READERS),
    (1, "SELECT name FROM members m WHERE NOT EXISTS (SELECT 1 FROM loans WHERE member = m.id)", LOANS, IDLE),
    (
        1,
        "SELECT name FROM members m WHERE NOT EXISTS (SELECT 1 FROM loans WHERE member = m.id)",
        LOANS.replace("NOT NULL REFERENCES", "REFERENCES"),  # a copy holds no NULL where the data have none
        IDLE,
    ),
    (1, "SELECT name FROM members m LEFT JOIN loans l ON l.member = m.id WHERE l.id IS NULL", LOANS, IDLE),
    (0, "SELECT l.book, m.name FROM members m LEFT JOIN loans l ON m.id = l.member", LOANS, READERS),
    (0, "SELECT name FROM members WHERE id = 4", LOANS, IDLE),
    (0, "SELECT name FROM members m JOIN loans l ON l.member = m.id WHERE back IS NULL", LOANS, IDLE),
]

PEOPLE = """
CREATE TABLE emp(id INTEGER PRIMARY KEY, name TEXT, dept TEXT, salary INTEGER);
CREATE TABLE dept(name TEXT, city TEXT);
INSERT INTO emp VALUES (1,'Ann','IT',100),(2,'Bob','HR',80),(3,'Cy','IT',120),(4,'Di','Ops',80);
INSERT INTO dept VALUES ('IT','Rome'),('HR','Oslo'),('Ops','Rome');
"""
ROMANS = "SELECT e.name FROM emp e JOIN dept d ON e.dept = d.name WHERE d.city = 'Rome'"
CHANCE = [  # what two columns have in common on these data only: columns used to move together
    (0, "SELECT name FROM emp WHERE salary >= 100", PEOPLE, "SELECT name FROM emp WHERE dept = 'IT'"),
    (
        0,
        "SELECT dept, COUNT(DISTINCT salary) FROM emp GROUP BY dept",
        PEOPLE,
        "SELECT dept, COUNT(*) FROM emp GROUP BY 1",
    ),
    (0, "SELECT name FROM emp WHERE dept IN ('IT', 'Ops')", PEOPLE, ROMANS),
    (0, "SELECT name FROM emp WHERE id IN (1, 3)", PEOPLE, "SELECT name FROM emp WHERE dept = 'IT'"),
    (None, "SELECT MIN(salary) FROM emp WHERE id > 9", PEOPLE, "SELECT MAX(salary) FROM emp WHERE dept = 'Law'"),
    (1, "SELECT name FROM emp WHERE dept IN (SELECT name FROM dept WHERE city = 'Rome')", PEOPLE, ROMANS),
]


UNFENCED = [
    (1, f"The query is:\n\n{SUM};\n\nIt adds all totals.", SHOP, SUM),
    (1, f"{SUM};\n\nWith this query we select the sum.", SHOP, SUM),
    (1, f"<think>{BIG}</think><answer>{SUM}</answer>", SHOP, SUM),
    (1, f"I add them up.\n<sql>\n{SUM}\n</sql>", SHOP, SUM),
    (1, "First the totals:\nWITH t AS (\nSELECT * FROM orders)\nSELECT SUM(total) FROM t;\nDone.", SHOP, SUM),
    (0, f"{SUM};\nDROP TABLE orders;", SHOP, SUM),
    (0, f"{BIG};\n{SUM};\nEither may be meant.", SHOP, SUM),
    (0, f"<sql>{BIG}</sql> or {SUM}", SHOP, SUM),
    (0, "I would SELECT SUM(total) FROM orders", SHOP, SUM),
]


def test_queries_without_a_fence(agree: Callable[..., None]) -> None:
    agree("sql", ["schema", "gold"], UNFENCED)


def test_queries_by_a_gold_query(agree: Callable[..., None]) -> None:
    agree("sql", ["schema", "gold"], QUERIES + SECOND + DECLARED + CHANCE, timeout_s=1.0)


def test_queries_by_expected_rows(agree: Callable[..., None]) -> None:
    agree("sql", ["schema", "rows"], ROWS)
