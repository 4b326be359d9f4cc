"""Sudoku and Latin squares of any size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isqrt

from rewards.base import Score
from rewards.extract import strip_thinking
from rewards.puzzles.answers import answer_block

Grid = list[list[int]]

MAX_SIZE = 25
MAX_LINE = 500
_CELL = re.compile(r"[0-9]+|[._?x](?![A-Za-z])")
_NOT_A_ROW = re.compile(r"[A-Za-z]{2}|[^\s\d|,.;:\[\](){}'\"_?x*`+=─-╿-]")


def sudoku(
    completion: str,
    puzzle: str | Sequence[Sequence[int | str | None]],
    box: tuple[int, int] | None = None,
    *,
    boxes: bool = True,
    partial: bool = False,
) -> Score:
    r"""The last grid in the completion solves the puzzle: its givens are kept, and no row, column or box repeats.

    Any solution counts, no gold is compared. The grid is looked for in the last `<answer>`, else in the whole text
    after the thinking: n lines of n cells one below the other (frames, commas and brackets are passed over), or n * n
    digits in a row. reasoning-gym's `sudoku` and `mini_sudoku` compare with one solution and pay for the share of equal
    cells; here a grid that breaks a rule earns nothing unless `partial`.

    puzzle: rows of numbers with 0, None, "." or "_" for an empty cell; or text of this kind; 4 x 4 to 25 x 25.
    box: (rows, columns) of a box; the default is square, or for 6 x 6 two rows by three columns. boxes=False: a Latin
    square. partial: the share of rows, columns and boxes that are right, if the givens are kept.
    Range: 0 or 1, with `partial` [0, 1]; None when the puzzle cannot be read.

    >>> sudoku("1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1", "1... ..1. .1.. ...1".replace(" ", "\n")).value
    1.0
    >>> sudoku("1234 3412 2143 4312".replace(" ", "\n"), "1...\n....\n....\n....").why
    'column 3 repeats a number'
    """
    try:
        given = _puzzle(puzzle)
        height, width = _box(len(given), box) if boxes else (1, len(given))
    except ValueError as error:
        return Score(None, f"the puzzle cannot be read: {error}")
    clash = next((name for name, cells in _groups(given, height, width if boxes else 0) if _repeats(cells)), "")
    if clash:
        return Score(None, f"nothing solves the puzzle: {clash} repeats a given number")
    text = answer_block(completion)
    grid = _last_grid(strip_thinking(completion) if text is None else text, len(given))
    if grid is None:
        return Score(0.0, f"no grid of {len(given)} x {len(given)} numbers found")
    evidence = {"grid": grid}
    for at, (row, givens) in enumerate(zip(grid, given, strict=True), 1):
        if any(clue not in (0, cell) for cell, clue in zip(row, givens, strict=True)):
            return Score(0.0, f"row {at} changes a given number", evidence)
    groups = _groups(grid, height, width if boxes else 0)
    wrong = [name for name, cells in groups if sorted(cells) != list(range(1, len(grid) + 1))]
    if not wrong:
        return Score(1.0, "the grid is solved", evidence)
    return Score((len(groups) - len(wrong)) / len(groups) if partial else 0.0, f"{wrong[0]} repeats a number", evidence)


def _repeats(cells: list[int]) -> bool:
    filled = [cell for cell in cells if cell]
    return len(set(filled)) < len(filled)


def _groups(grid: Grid, height: int, width: int) -> list[tuple[str, list[int]]]:
    size = len(grid)
    groups = [(f"row {at}", row) for at, row in enumerate(grid, 1)]
    groups += [(f"column {at}", list(column)) for at, column in enumerate(zip(*grid, strict=True), 1)]
    if width:
        corners = [(top, left) for top in range(0, size, height) for left in range(0, size, width)]
        groups += [
            (f"box {at}", [cell for row in grid[top : top + height] for cell in row[left : left + width]])
            for at, (top, left) in enumerate(corners, 1)
        ]
    return groups


def _box(size: int, box: tuple[int, int] | None) -> tuple[int, int]:
    root = isqrt(size)
    height, width = box or ((root, root) if root * root == size else (2, size // 2))
    if height * width != size or height < 1:
        raise ValueError(
            f"boxes of {height} x {width} do not fill {size} x {size} cells; boxes=False for a Latin square"
        )
    return height, width


def _puzzle(puzzle: str | Sequence[Sequence[int | str | None]]) -> Grid:
    if not isinstance(puzzle, str):
        readings = [[[int(str(cell)) if str(cell).isdecimal() else 0 for cell in row] for row in puzzle]]
    else:
        readings = [_rows(puzzle, joined=False), _rows(puzzle, joined=True)]  # "12.." is three cells, or four
    for rows in readings:
        size = len(rows)
        if 2 <= size <= MAX_SIZE and all(len(row) == size and max(row) <= size for row in rows):
            return rows
    raise ValueError(f"not a square of 2 to {MAX_SIZE} cells a side with numbers up to the side")


def _rows(puzzle: str, *, joined: bool) -> Grid:
    rows = [cells for line in puzzle.split("\n") if (cells := _cells(line, joined=joined))]
    if len(rows) == 1:
        size = isqrt(len(rows[0]))
        rows = [rows[0][at : at + size] for at in range(0, len(rows[0]), size)]
    return rows


def _cells(line: str, *, joined: bool) -> list[int]:
    """The numbers of one line, 0 for an empty cell; joined: each digit is a cell."""
    if _NOT_A_ROW.search(line):
        return []
    cells = _CELL.findall(line)
    return [int(cell) if cell.isdecimal() else 0 for cell in ("".join(cells) if joined else cells)]


def _last_grid(text: str, size: int) -> Grid | None:
    """The last `size` lines of `size` numbers that follow each other, or the last run of all digits."""
    rows: Grid = []
    found: Grid | None = None
    for line in text.split("\n"):
        cells = _cells(line, joined=size < 10) if len(line) < MAX_LINE else []
        if len(cells) == size and 0 not in cells:
            rows.append(cells)
        elif cells or any(map(str.isalpha, line)):
            rows = []
        if len(rows) >= size:
            found = rows[-size:]
        if size < 10 and len(cells) == size * size and 0 not in cells:
            found = [cells[at : at + size] for at in range(0, size * size, size)]
    return found
