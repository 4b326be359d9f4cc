"""Find the SQL query in a completion."""

from __future__ import annotations

import re

from rewards.extract import strip_thinking
from rewards.programs.extracting import blocks

_TAGS = ("sql", "query", "answer")
_FLAGS = re.IGNORECASE | re.MULTILINE
_QUERY = r"SELECT|VALUES|WITH\s+(?:RECURSIVE\s+)?\w+\s*(?:\([^)]*\)\s*)?AS"
_CHANGE = r"INSERT\s+INTO|REPLACE\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|(?:DROP|CREATE|ALTER)\s+TABLE|PRAGMA|ATTACH"
_START = re.compile(rf"^[ \t]*(?:{_QUERY})\b", _FLAGS)
_PARAGRAPH = re.compile(r"\n[ \t]*\n(?=[A-Z][a-z]+ [a-z])")  # of prose; no clause of a query is written so
_ANOTHER = re.compile(rf"^[ \t]*(?:{_QUERY}|{_CHANGE})\b", _FLAGS)


def said_query(completion: str) -> str:
    r"""The last fenced block (of SQL, if one says so), or the text in the last tag, or all of it, without its prose.

    >>> said_query("So:\n```sql\nSELECT 1;\n```")
    'SELECT 1'
    >>> said_query("It is:\n\nSELECT a FROM t;\n\nThat lists them.")
    'SELECT a FROM t'
    >>> said_query("SELECT a FROM t\n\nThis lists them.")
    'SELECT a FROM t'
    """
    text = strip_thinking(completion)
    found = list(blocks(text))
    named = [code for language, code in found if language in ("sql", "sqlite", "sqlite3")]
    code = (named or [code for _, code in found] or [_unfenced(text)])[-1]
    return code.strip().rstrip(";").strip()


def _unfenced(text: str) -> str:
    for tag in _TAGS:
        _, mark, inner = text.rpartition(f"<{tag}>")
        if mark:
            text = inner.partition(f"</{tag}>")[0]
    start = _START.search(text)
    if not start:
        return text
    query = text[start.start() :]
    first, mark, behind = query.partition(";\n")
    if not mark:
        first, *paragraphs = _PARAGRAPH.split(query, maxsplit=1)
        behind = "".join(paragraphs)
    return query if _ANOTHER.search(behind) else first  # two statements are for SQLite to refuse
