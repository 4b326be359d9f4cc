"""What the order of a query's rows means: rows that ORDER BY calls equal may come in any order.

Comparing lists row by row, as Spider's evaluation does, fails a right query that breaks ties otherwise than the gold
query happens to. Here the gold query is run once more with its ORDER BY terms as further columns, and rows that agree
in all of them may change places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\]        # strings and quoted names
      | --[^\n]* | /\*.*?\*/                                          # comments
      | [A-Za-z_][A-Za-z_0-9$]* | [0-9.]+ | \s+ | .""",
    re.VERBOSE | re.DOTALL,
)
_COMPOUND = frozenset({"UNION", "INTERSECT", "EXCEPT"})


class _Word(NamedTuple):
    text: str  # upper case
    start: int
    end: int


def order_terms(query: str) -> tuple[str, ...]:
    """The terms of the outermost ORDER BY, without ASC, DESC, NULLS; none when the outermost query has no order.

    >>> order_terms("SELECT a FROM (SELECT a FROM t ORDER BY b) ORDER BY count(*) DESC, a LIMIT 3")
    ('count(*)', 'a')
    """
    words = list(_outer_words(query))
    for place in range(len(words) - 1, 0, -1):
        if (words[place - 1].text, words[place].text) == ("ORDER", "BY"):
            after = words[place + 1 :]
            end = next((word.start for word in after if word.text in ("LIMIT", "OFFSET", ";")), len(query))
            cuts = [words[place].end, *(word.end for word in after if word.text == "," and word.end < end), end + 1]
            terms = [query[start : stop - 1] for start, stop in pairwise(cuts)]
            return tuple(_DIRECTION.sub("", term).strip() for term in terms)
    return ()


_DIRECTION = re.compile(r"(\s+(ASC|DESC))?(\s+NULLS\s+(FIRST|LAST))?\s*$", re.IGNORECASE)


def with_terms(query: str) -> str:
    """The query with its ORDER BY terms as further columns; nothing where it needs none, or would change its rows.

    A term that is a number, or the name the query gives to a column of its result, needs none.

    >>> with_terms("SELECT name FROM t GROUP BY name ORDER BY count(*) DESC")
    'SELECT name , count(*) FROM t GROUP BY name ORDER BY count(*) DESC'
    """
    words = list(_outer_words(query))
    texts = [word.text for word in words]
    if "SELECT" not in texts or _COMPOUND.intersection(texts):
        return ""
    select = texts.index("SELECT")
    if "FROM" not in texts[select:] or texts[select + 1] == "DISTINCT":
        return ""
    extra = [term for term in order_terms(query) if not term.isdigit() and not _is_alias(term, texts)]
    start = words[texts.index("FROM", select)].start
    return f"{query[:start]}, {', '.join(extra)} {query[start:]}" if extra else ""


def tied(gold: Any, extended: Any, query: str) -> list[range]:
    """Runs of rows that the order calls equal, as places in the gold query's result; single rows where unknown.

    gold: {"rows", "names"}, with rows as lists of lists. extended: the same of `with_terms`, or None.
    """
    rows, width = gold["rows"], len(gold["names"])
    if not rows:
        return []
    names = [str(name).upper() for name in gold["names"]]
    keys: list[list[Any]] = [[] for _ in rows]
    further = width
    for term in order_terms(query):
        if term.isdigit() and 0 < int(term) <= width:
            source, place = rows, int(term) - 1
        elif term.upper() in names:
            source, place = rows, names.index(term.upper())
            further += not _is_alias(term, [word.text for word in _outer_words(query)])
        elif extended and [row[:width] for row in extended["rows"]] == rows and further < len(extended["names"]):
            source, place = extended["rows"], further
            further += 1
        else:
            return [range(place, place + 1) for place in range(len(rows))]
        for key, row in zip(keys, source, strict=True):
            key.append(row[place])
    starts = [place for place in range(len(rows)) if place == 0 or keys[place] != keys[place - 1]]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], len(rows)], strict=True)]


def _is_alias(term: str, texts: list[str]) -> bool:
    return ("AS", term.upper()) in pairwise(texts)


def _outer_words(query: str) -> Iterator[_Word]:
    """Words and signs outside of parentheses, strings and comments; a parenthesis counts as a word of its own."""
    depth = 0
    for match in _TOKEN.finditer(query):
        text = match[0]
        depth -= text == ")"
        if depth == 0 and not text.isspace() and not text.startswith(("--", "/*")):
            yield _Word(text.upper(), match.start(), match.end())
        depth += text == "("
