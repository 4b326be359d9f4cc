"""Multiple choice: which option a completion settles on."""

from __future__ import annotations

from collections.abc import Callable

CITIES = ["Paris", "London", "Rome", "Madrid"]
NUMBERS = ["12", "15", "18", "21"]
CLAIMS = ["It rises", "It falls", "It stays the same", "None of the above"]
CELLS = {"A": "mitochondria", "B": "ribosome", "C": "nucleus", "D": "cell wall"}
ARC = {"label": ["1", "2", "3", "4"], "text": ["iron", "wood", "glass", "paper"]}

LETTERS = [
    (1, "C", "C"),
    (1, "(C)", "C"),
    (1, "c)", "C"),
    (1, "Answer: C", "C"),
    (1, "**C**", "C"),
    (1, "The correct option is C.", "C"),
    (1, "Option C is correct because the others contradict the text.", "C"),
    (1, "<think>A? B? probably A.</think>\nC", "C"),
    (1, "<answer>C</answer>", "C"),
    (1, r"$\boxed{C}$", "C"),
    (1, r"\boxed{\textbf{(C)}}", "C"),
    (1, "I first thought A, but the answer is C.", "C"),
    (1, "A is wrong, B is wrong, D is wrong. So it must be C.", "C"),
    (1, "Final answer: (C) the third one", "C"),
    (1, "The best answer is C, not B.", "C"),
    (1, "答案是C", "C"),
    (1, "La respuesta correcta es C.", "C"),
    (1, "Correct choice: C", "C"),
    (1, "I would go with C.", "C"),
    (1, "C. The others are wrong.", "C"),
    (0, "B", "C"),
    (0, "", "C"),
    (0, "   \n", "C"),
    (0, "A B C D", "C"),
    (0, "A, B, C and D", "C"),
    (0, "C or D", "C"),
    (0, "Either C or D.", "C"),
    (0, "It is not C.", "C"),
    (0, "C is wrong.", "C"),
    (0, "<think>The answer is C.</think>", "C"),
    (0, "<think>The answer is C.", "C"),
    (0, "The answer is one of A, B, C or D.", "C"),
    (0, "Can anybody see the answer?", "C"),
    (0, "Which of the following is right? A) ... B) ... C) ...", "C"),
    (0, "The answer is C. No wait, it is B.", "C"),
    (0, r"\boxed{B} \boxed{C}", "C"),
    (0, r"\boxed{C, D}", "C"),
    (0, "<answer>B</answer><answer>C</answer>", "C"),
    (0, "Cats are the answer.", "C"),
    (0, "I cannot decide between B and C.", "C"),
    (0, "The answer is anything but C.", "C"),
    (0, "E", "C"),
    (0, "C++", "C"),
    (None, "C", ""),
    (None, "C", None),
]

SEVERAL = [
    (1, "A, D", "A, D"),
    (1, "D and A", "AD"),
    (1, "The answers are A and D.", ["A", "D"]),
    (1, r"\boxed{AD}", ["A", "D"]),
    (1, "(A) and (D)", "A, D"),
    (0, "A", "A, D"),
    (0, "A, C, D", "A, D"),
    (0, "A or D", "A, D"),
    (0, "B, C", "A, D"),
]

TEXTS = [
    (1, "Rome", 2, CITIES),
    (1, "The answer is Rome.", "C", CITIES),
    (1, "C) Rome", "C", CITIES),
    (1, "C", 2, CITIES),
    (1, "Rome is the right one, as it has the Colosseum.", "Rome", CITIES),
    (1, r"\boxed{\text{Rome}}", "C", CITIES),
    (1, "18", "C", NUMBERS),
    (1, "The total is 18, so C.", "C", NUMBERS),
    (1, "C: 18", "18", NUMBERS),
    (1, "None of the above", "D", CLAIMS),
    (1, "It falls.", 1, CLAIMS),
    (1, "nucleus", "C", CELLS),
    (1, "The nucleus (C)", "C", CELLS),
    (1, "3", "3", ARC),
    (1, "glass", "3", ARC),
    (1, "The answer is glass, since light passes through it.", "3", ARC),
    (0, "Rome or Madrid", "C", CITIES),
    (0, "C) Madrid", "C", CITIES),
    (0, "London", 2, CITIES),
    (0, "It does not fall.", 1, CLAIMS),
    (0, "Paris, London, Rome, Madrid", "C", CITIES),
    (0, "Not Rome.", "C", CITIES),
    (0, "21", "C", NUMBERS),
    (0, "118", "C", NUMBERS),
    (0, "cell", "D", CELLS),
    (0, "iron and glass", "3", ARC),
    (0, "4", "3", ARC),
    (0, "The answer is Berlin.", "C", CITIES),
    (None, "Rome", "Berlin", CITIES),
    (None, "C", "F", CITIES),
]


def test_letters(agree: Callable[..., None]) -> None:
    agree("choice", ["answer"], LETTERS)


def test_several(agree: Callable[..., None]) -> None:
    agree("choice", ["answer"], SEVERAL)


def test_texts(agree: Callable[..., None]) -> None:
    agree("choice", ["answer", "options"], TEXTS)
