"""Strings, shared words, and what counts as the answer in a text."""

from __future__ import annotations

from collections.abc import Callable

EXACT = [
    (1, "Marie Curie", "Marie Curie"),
    (1, "marie curie.", "Marie Curie"),
    (1, "  Marie   Curie ", "Marie Curie"),
    (1, "**Marie Curie**", "Marie Curie"),
    (1, '"Marie Curie"', "Marie Curie"),
    (1, "The answer is Marie Curie.", "Marie Curie"),
    (1, "<think>Pierre?</think>Marie Curie", "Marie Curie"),
    (1, "<answer>Marie Curie</answer>", "Marie Curie"),
    (1, r"\boxed{\text{Marie Curie}}", "Marie Curie"),
    (1, "Answer: `x = 5`", "x = 5"),
    (1, "NY", ["New York", "NY"]),
    (1, "don’t", "don't"),
    (1, "ＡＢＣ", "abc"),
    (1, "C#", "C#"),
    (1, "Zürich", "Zu\u0308rich"),
    (0, "Pierre Curie", "Marie Curie"),
    (0, "Marie", "Marie Curie"),
    (0, "Marie Curie and Pierre Curie", "Marie Curie"),
    (0, "not Marie Curie", "Marie Curie"),
    (0, "Marie Curie or Lise Meitner", "Marie Curie"),
    (0, "C", "C#"),
    (0, "C++", "C"),
    (0, "5", "-5"),
    (0, "10²", "102"),
    (0, "", "Marie Curie"),
    (0, "<think>Marie Curie</think>", "Marie Curie"),
    (0, "<answer>Pierre</answer><answer>Marie Curie</answer>", "Marie Curie"),
    (0, "MarieCurie", "Marie Curie"),
    (0, "new  yorkers", ["New York", "NY"]),
    (None, "x", ""),
    (None, "x", []),
    (None, "x", None),
]

F1 = [
    (1, "the cat", "a cat"),
    (1, "The Cat!", "cat"),
    (0.8, "big black cat", "black cat"),
    (0.5, "red car", "red bus"),
    (0, "dog", "cat"),
    (0, "", "cat"),
    (1, "Paris", ["London", "Paris"]),
    (0, "1.5", "15"),
    (2 / 3, "cat cat", "cat"),
    ((0, 0.35), "cat dog bird cow horse", "cat"),
    ((0.6, 0.99), "東京タワー", "東京都タワー"),
]

ROUGE = [
    (1, "a b c", "a b c"),
    (1, "A, b; C!", "a b c"),
    (2 / 3, "a b c", "a x c"),
    (0, "x y z", "a b c"),
    (0, "", "a b c"),
    (1, "x", ["y", "x"]),
    ((0.3, 0.4), "c b a", "a b c"),
    ((0, 0.2), "a " * 50, "a b c d"),
]

EXTRACTED = [  # what counts as the answer, by the gold 42
    (1, "It is 42.", "42"),
    (1, "Let me see.\n\nThe final answer is: $42$", "42"),
    (1, "Answer: **42**", "42"),
    (1, "**Answer:** 42", "42"),
    (1, "### Final answer\n\n42", "42"),
    (1, "The answer is\n\n$$42$$", "42"),
    (1, r"\[ \boxed{42} \]", "42"),
    (1, r"Therefore $\fbox{42}$.", "42"),
    (1, "<think>41</think><think>43</think>42", "42"),
    (1, "<thinking>41</thinking>\n42", "42"),
    (1, r"\boxed{41} is a slip; \boxed{42} is right.", "42"),
    (1, "So the answer is 42 apples.", "42"),
    (1, "x=42", "42"),
    (1, "The answer is $x = 42$ because 41 is too small.", "42"),
    (1, "Thus we get 42 in total.", "42"),
    (1, r"\boxed{ 42 }" + "\n\nLet me know if you have any questions!", "42"),
    (1, "The answer is 42.\n\nExplanation: 6 times 7 gives 42.", "42"),
    (1, r"The final answer is \(\boxed{42}\).", "42"),
    (1, "Resposta: 42", "42"),
    (1, "Die Antwort ist 42.", "42"),
    (0, "The answer is 42.\n\nThe answer is 43.", "42"),
    (0, "The answer is 42. Sorry, I meant 43.", "42"),
    (0, "The answer is 42, or maybe 43.", "42"),
    (0, "The answer is 42? Let me check again: it is 43.", "42"),
    (0, "It might be 42 or it might be 44.", "42"),
    (0, r"\boxed{42}. Wait, I made a mistake. It should be \boxed{43}.", "42"),
    (0, r"\boxed{42} \text{ or } \boxed{43}", "42"),
    (0, "Not 42.", "42"),
    (0, "The answer cannot be 42.", "42"),
    (0, "The answer isn't 42.", "42"),
    (0, "40, 41, 42", "42"),
    (0, "42 41 40", "42"),
    (0, "The answer lies between 41 and 43.", "42"),
    (0, "<think>42", "42"),
    (0, "42</think>", "42"),
    (0, "<answer>42", "43"),
    (0, "Answer: 4 2", "42"),
    (0, "4.2", "42"),
    (0, "4200", "42"),
    (0, "42 * 2", "42"),
    (0, "Step 42: we are done.", "42"),
    (0, "See problem 42.", "42"),
]


def test_the_same_string(agree: Callable[..., None]) -> None:
    agree("exact", ["answer"], EXACT)


def test_shared_words(agree: Callable[..., None]) -> None:
    agree("f1", ["answer"], F1, whole=True)
    agree("rouge_l", ["answer"], ROUGE)


def test_the_answer_in_a_text(agree: Callable[..., None]) -> None:
    agree("math", ["answer"], EXTRACTED)
