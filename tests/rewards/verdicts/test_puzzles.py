"""Puzzles: any right solution earns the point, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable

COUNTDOWN = [
    (1, "<answer>(75 - 50) * 4</answer>", [75, 50, 4], 100),
    (1, "<answer>4 * (75 - 50)</answer>", [75, 50, 4], 100),
    (1, "<answer>4 × (75 − 50) = 100</answer>", [75, 50, 4], 100),
    (1, r"\boxed{(75-50)\times 4}", [75, 50, 4], 100),
    (1, r"\boxed{\frac{6}{2} + 1}", [6, 2, 1], 4),
    (1, "The answer is (75 - 50) * 4.", [75, 50, 4], 100),
    (1, "<think>75*4?</think>\n<answer>\n(75-50)*4\n</answer>", [75, 50, 4], 100),
    (1, "<answer>3 * 8 / (1 + 1)</answer>", [1, 1, 3, 8], 12),
    (1, "<answer>8 / (3 - 8 / 3)</answer>", [3, 3, 8, 8], 24),
    (1, "<answer>[(75 - 50)] * 4</answer>", [75, 50, 4], 100),
    (1, "<answer>-3 + 10</answer>", [3, 10], 7),
    (1, "<answer>100 = (75 - 50) * 4</answer>", [75, 50, 4], 100),
    (1, "<answer>7 - 2 = 5</answer>", "7 2", 5),
    (0, "<answer>100</answer>", [75, 50, 4], 100),
    (0, "<answer>75 + 25</answer>", [75, 50, 4], 100),
    (0, "<answer>(75 - 50) * 4 * 1</answer>", [75, 50, 4], 100),
    (0, "<answer>(75 - 50) * 4 = 101</answer>", [75, 50, 4], 100),
    (0, "<answer>75 - 50 * 4</answer>", [75, 50, 4], 100),
    (0, "<answer>50 * 4 / 2</answer>", [75, 50, 4], 100),
    (0, "<answer>7550 - 4</answer>", [75, 50, 4], 7546),
    (0, "<answer>2 ** 3 + 2</answer>", [2, 3, 2], 10),
    (0, "<answer>5! - 20</answer>", [5, 20], 100),
    (0, "<answer>10 // 3</answer>", [10, 3], 3),
    (0, "<answer>10 / 3</answer>", [10, 3], 3),
    (0, "<answer>__import__('os').getpid() * 0 + 100</answer>", [75, 50, 4], 100),
    (0, "<answer>(lambda: 100)()</answer>", [75, 50, 4], 100),
    (0, "<answer>75 - 50 * 4 or (75 - 50) * 4</answer>", [75, 50, 4], 100),
    (0, "", [75, 50, 4], 100),
    (0, "(75 - 50) * 4 was my first idea, but it is impossible.", [75, 50, 4], 100),
    (0, "<think>(75 - 50) * 4</think>", [75, 50, 4], 100),
    (0, "<answer>4 / (50 - 50)</answer>", [4, 50, 50], 0),
    (0, "<answer>(75 - 50) * 4</answer>", [75, 50, 3], 100),
    (0, "<answer>(75 - 50) * 4</answer><answer>75</answer>", [75, 50, 4], 100),
    (0, "<answer>75 - 50, 4 * 25</answer>", [75, 50, 4], 100),
    (0, "<answer>0 * 75 + 100</answer>", [75, 50, 4], 100),
    (0, "<answer>100 - 75 + 75</answer>", [75, 50, 4], 100),
    (None, "<answer>1 + 1</answer>", [], 2),
    (None, "<answer>1 + 1</answer>", [1, 1], "two-ish"),
    (None, "<answer>1 + 1</answer>", "x y", 2),
]

GAME24 = [
    (1, "(10 - 4) * (5 - 1) = 24", [1, 4, 5, 10]),
    (1, "Steps:\n10 - 4 = 6\n5 - 1 = 4\n6 * 4 = 24\nAnswer: (10 - 4) * (5 - 1) = 24", [1, 4, 5, 10]),
    (1, r"\boxed{8 \div (3 - 8 \div 3)}", [3, 3, 8, 8]),
    (0, "6 * 4 = 24", [1, 4, 5, 10]),
    (0, "(10 - 4) * 4 = 24", [1, 4, 5, 10]),
    (0, "10 + 4 + 5 + 1 = 24", [1, 4, 5, 10]),
    (0, "24", [1, 4, 5, 10]),
    (0, "(10 - 4) * (5 - 1) + 0", [1, 4, 5, 10]),
    (None, "1", "none"),
]

FOLK = ["Ann", "Ben", "Cal"]
ROLES = {"Ann": True, "Ben": False, "Cal": True}
KNIGHTS = [
    (1, "Ann is a knight, Ben is a knave, and Cal is a knight.", ROLES),
    (1, "<answer>Ann: knight\nBen: knave\nCal: knight</answer>", ROLES),
    (1, "Ann and Cal are knights. Ben is a knave.", ROLES),
    (1, "- **Ann**: Knight\n- **Ben**: Knave\n- **Cal**: Knight", ROLES),
    (1, "<think>Ann is a knave?</think>(1) Ann is a knight (2) Ben is a knave (3) Cal is a knight", ROLES),
    (1, "Suppose Ann is a knave; that fails.\n\nConclusion: Ben is the knave, Ann and Cal are knights.", ROLES),
    (1, "| Ann | knight |\n| Ben | knave |\n| Cal | knight |", ROLES),
    (1, r"\boxed{\text{Ann is a knight, Ben is a knave, Cal is a knight}}", ROLES),
    (1, "Ann is not a knave. Ben is not a knight. Cal is a knight.", ROLES),
    (0, "Ann is a knight, Ben is a knight, and Cal is a knight.", ROLES),
    (0, "Ann is a knight and Ben is a knave.", ROLES),
    (0, "Ann is a knave, Ben is a knight, Cal is a knave.", ROLES),
    (0, "Ann is a knight or a knave. Ben is a knave. Cal is a knight.", ROLES),
    (0, "Ann is a knight and a knave. Ben is a knave. Cal is a knight.", ROLES),
    (0, "", ROLES),
    (0, "Everyone is a knight.", ROLES),
    (0, "<think>Ann is a knight, Ben is a knave, Cal is a knight.</think>", ROLES),
    (0, "If Ann is a knight, then Ben is a knave and Cal is a knight.", ROLES),
    (0, "Ben says that Ann is a knight, Ben is a knave and Cal is a knight.", ROLES),
    (0, "Ann is a knight. Ben is a knave. Cal is a knight. Or Ann is a knave, Ben is a knight, Cal is a knave.", ROLES),
    (0, "Ann, Ben and Cal: knight, knight, knave.", ROLES),
    (None, "Ann is a knight.", "who knows"),
]

FOUR = "1...\n..3.\n.4..\n...2"
SOLVED = "1 3 2 4\n4 2 3 1\n2 4 1 3\n3 1 4 2"
SUDOKU = [
    (1, SOLVED, FOUR),
    (1, f"<answer>\n{SOLVED}\n</answer>", FOUR),
    (1, f"```\n{SOLVED}\n```", FOUR),
    (1, SOLVED.replace(" ", ""), FOUR),
    (1, SOLVED.replace(" ", ", "), FOUR),
    (1, "[[1,3,2,4],[4,2,3,1],[2,4,1,3],[3,1,4,2]]", FOUR),
    (1, "1 3 | 2 4\n4 2 | 3 1\n----+----\n2 4 | 1 3\n3 1 | 4 2", FOUR),
    (0, FOUR, FOUR),
    (0, SOLVED.replace("1 3 2 4", "1 3 4 2"), FOUR),
    (0, "4 2 3 1\n1 3 2 4\n2 4 1 3\n3 1 4 2", FOUR),
    (0, "1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1", FOUR),
    (0, SOLVED[:-8], FOUR),
    (0, "", FOUR),
    (0, f"<think>{SOLVED}</think>", FOUR),
    (0, "5 3 2 4\n4 2 3 5\n2 4 5 3\n3 5 4 2", FOUR),
    (0, "1 1 1 1\n" * 4, FOUR),
    (None, SOLVED, "12"),
    (None, SOLVED, "1 1 . .\n. . . .\n. . . .\n. . . ."),
]

GYM = [
    (
        1,
        "<answer>7 - 3</answer>",
        "countdown",
        {"question": "", "answer": "7 - 3", "metadata": {"numbers": [7, 3], "target": 4}},
    ),
    (
        0,
        "<answer>4</answer>",
        "countdown",
        {"question": "", "answer": "7 - 3", "metadata": {"numbers": [7, 3], "target": 4}},
    ),
    (1, "<answer>12</answer>", "basic_arithmetic", {"question": "", "answer": "12", "metadata": {}}),
    (0, "<answer>13</answer>", "basic_arithmetic", {"question": "", "answer": "12", "metadata": {}}),
    (0, "", "basic_arithmetic", {"question": "", "answer": "12", "metadata": {}}),
    (None, "12", "no_such_task", {"question": "", "answer": "12", "metadata": {}}),
    (None, "12", "basic_arithmetic", "broken"),
]

COUNTDOWN_TOO = [
    (1, "<answer>(8+2)*5-3</answer>", [2, 3, 5, 8], 47),
    (1, "The answer is \\boxed{(8+2)*5-3=47}.", [2, 3, 5, 8], 47),
    (1, "<answer>5*(2+8)-3 = 5*10-3 = 50-3 = 47</answer>", [2, 3, 5, 8], 47),
    (1, "<answer>6/(1-3/4)</answer>", [1, 3, 4, 6], 24),
    (1, "<answer>((6))*4</answer>", [6, 4], 24),
    (0, "<answer>8*5+2+3+2</answer>", [2, 3, 5, 8], 47),
    (0, "<answer>47</answer>", [2, 3, 5, 8], 47),
    (0, "<answer>8*5+7</answer>", [2, 3, 5, 8], 47),
    (0, "<answer>(8+2)*5-3 = 48</answer>", [2, 3, 5, 8], 47),
    (0, "<answer>(8+2)*5-3 or (8+2)*5</answer>", [2, 3, 5, 8], 47),
    (0, "<answer>(8+2)*5-3; (8-2)*5-3</answer>", [2, 3, 5, 8], 47),
    (0, "<answer>eval('47')</answer>", [2, 3, 5, 8], 47),
    (0, "<answer>(8+2)*5-3</answer> is wrong", [2, 3, 5], 47),
    (0, "<answer>8^2-17</answer>", [2, 8, 17], 47),
    (0, "<answer>82-35</answer>", [2, 3, 5, 8], 47),
    (0, "<answer>1/3*3</answer>", [1, 3], 1),
    (0, "<answer>(75-50)*4</answer>", [75, 50, 4], 101),
    (0, "<answer>75-50*4</answer>", [75, 50, 4], 100),
    (0, "<answer>4-4</answer>", [4, 4], 8),
    (1, "<answer>75</answer><answer>(75-50)*4</answer>", [75, 50, 4], 100),
]

ALIBI = {"Zed": False, "Amy": True, "Kim": False}
KNIGHTS_TOO = [
    (1, "Zed is a knave, Amy is a knight, Kim is a knave.", ALIBI),
    (1, "So Amy is the only knight; Zed and Kim are knaves.", ALIBI),
    (1, "Knights: Amy. Knaves: Zed, Kim.", ALIBI),
    (1, "<answer>Amy is a knight. Both Zed and Kim are knaves.</answer>", ALIBI),
    (1, "1. Zed — knave\n2. Amy — knight\n3. Kim — knave", ALIBI),
    (1, "Therefore, Zed: **knave**, Amy: **knight**, Kim: **knave**.", ALIBI),
    (1, '{"Zed": "knave", "Amy": "knight", "Kim": "knave"}', ALIBI),
    (0, "Zed is a knight, Amy is a knight, Kim is a knave.", ALIBI),
    (0, "Amy is a knight.", ALIBI),
    (0, "Zed and Amy are knaves. Kim is a knave.", ALIBI),
    (0, "Zed, Amy and Kim are knights and knaves.", ALIBI),
    (0, "Zed could be a knave, Amy could be a knight, Kim could be a knave.", ALIBI),
    (
        0,
        (
            "Zed is a knave. Amy is a knight. Kim is a knave. Alternatively, Zed is a knight, Amy is a "
            "knave, Kim is a knight."
        ),
        ALIBI,
    ),
    (0, "Zed is a knave. Amy is a knight. Kim is a knave. No wait, Amy is a knave.", ALIBI),
    (0, "Is Zed a knave? Is Amy a knight? Is Kim a knave?", ALIBI),
    (0, "It is false that Zed is a knave, Amy is a knight and Kim is a knave.", ALIBI),
    (0, "Amy claims: Zed is a knave, Amy is a knight, Kim is a knave.", ALIBI),
    (0, "Zed is a knave unless Amy is a knight. Kim is a knave. Amy is a knight.", ALIBI),
]

SUDOKU_TOO = [
    (1, "4 3 2 1\n2 1 4 3\n3 4 1 2\n1 2 3 4", "4...\n..4.\n.4..\n...4"),
    (0, "4 3 2 1\n2 1 4 3\n3 4 1 2\n1 2 3 3", "4...\n..4.\n.4..\n...4"),
    (0, "4 3 2 1\n1 2 4 3\n3 4 1 2\n2 1 3 4", "4...\n2...\n.4..\n...4"),
    (0, "4321214334", "4...\n..4.\n.4..\n...4"),
]


def test_countdown(agree: Callable[..., None]) -> None:
    agree("countdown", ["numbers", "target"], COUNTDOWN + COUNTDOWN_TOO)


def test_game_of_24(agree: Callable[..., None]) -> None:
    agree("game24", ["numbers"], GAME24)


def test_knights_and_knaves(agree: Callable[..., None]) -> None:
    agree("knights", ["solution"], KNIGHTS + KNIGHTS_TOO)


def test_sudoku(agree: Callable[..., None]) -> None:
    agree("sudoku", ["puzzle"], SUDOKU + SUDOKU_TOO)


def test_procedural_tasks(agree: Callable[..., None]) -> None:
    agree("reasoning_gym", ["task", "entry"], GYM)
