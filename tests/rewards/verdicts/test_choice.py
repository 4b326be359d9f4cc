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

CAPITALS = ["Vienna", "Prague", "Warsaw", "Budapest"]
EFFECTS = ["It increases the pressure", "It decreases the pressure", "It has no effect", "The pressure oscillates"]
SENTENCES = [
    (1, "B", "B", CAPITALS),
    (1, "The capital is Prague.", "B", CAPITALS),
    (1, "I'd say (B).", "B", CAPITALS),
    (1, "Thus the answer is option B: Prague.", "B", CAPITALS),
    (1, "**Answer: B) Prague**", "B", CAPITALS),
    (1, "B) Prague\n\nPrague is the capital.", "B", CAPITALS),
    (
        1,
        "Let's go through them.\nA) Vienna: Austria.\nC) Warsaw: Poland.\nD) Budapest: Hungary.\nSo B) Prague.",
        "B",
        CAPITALS,
    ),
    (1, "It's Prague, not Vienna.", "B", CAPITALS),
    (1, "\\boxed{B}", "B", CAPITALS),
    (1, "\\boxed{\\text{Prague}}", "B", CAPITALS),
    (1, "<answer>b</answer>", "B", CAPITALS),
    (1, "The answer is A. Wait, actually the answer is B.", "B", CAPITALS),
    (1, "A seems tempting but it is wrong. The answer is B.", "B", CAPITALS),
    (1, "Definitely B!", "B", CAPITALS),
    (1, "My final choice: B.", "B", CAPITALS),
    (1, "Answer B is correct.", "B", CAPITALS),
    (1, "Réponse : B", "B", CAPITALS),
    (1, "Die richtige Antwort ist B.", "B", CAPITALS),
    (1, "Option B.", "B", CAPITALS),
    (1, "The correct answer is **B. Prague**.", "B", CAPITALS),
    (1, "It has no effect", "C", EFFECTS),
    (1, "Heating has no effect here, so C.", "C", EFFECTS),
    (1, "C, because it has no effect.", "C", EFFECTS),
    (0, "It does not increase the pressure.", "A", EFFECTS),
    (0, "Not A.", "A", EFFECTS),
    (0, "A is not correct.", "A", EFFECTS),
    (0, "A can't be right.", "A", EFFECTS),
    (0, "I doubt that A is correct.", "A", EFFECTS),
    (0, "If A is correct then the pressure rises.", "A", EFFECTS),
    (0, "A? B? C? D?", "A", EFFECTS),
    (0, "The answer is A or B.", "A", EFFECTS),
    (0, "The answer is A. Sorry, B.", "A", EFFECTS),
    (0, "The answer is A. Correction: B.", "A", EFFECTS),
    (0, "A) It decreases the pressure", "A", EFFECTS),
    (0, "The answer might be A, but it might be B as well.", "A", EFFECTS),
    (0, "A and B", "A", EFFECTS),
    (0, "Everything except A.", "A", EFFECTS),
    (0, "None of them.", "A", EFFECTS),
    (0, "The answer is A. The answer is B.", "A", EFFECTS),
    (0, "The answer is A. The answer is B.", "B", EFFECTS),
    (0, "All of A, B, C, D are possible.", "A", EFFECTS),
    (0, "\\boxed{A}\\boxed{B}", "B", EFFECTS),
    (0, "\\boxed{A \\text{ or } B}", "B", EFFECTS),
    (0, "<think>A</think>", "A", EFFECTS),
    (0, "A is wrong, so are B and C.", "A", EFFECTS),
    (0, "Choose one: A, B, C, D", "A", EFFECTS),
    (0, "Aardvark", "A", EFFECTS),
    (0, "The pressure", "A", EFFECTS),
    (0, "It would be wrong to say A.", "A", EFFECTS),
    (0, "Vienna is a city; so is Prague.", "B", CAPITALS),
    (0, "It isn't Prague.", "B", CAPITALS),
    (0, "Prague or Vienna", "B", CAPITALS),
    (0, "Is it Prague?", "B", CAPITALS),
    (0, "Anything but Prague.", "B", CAPITALS),
    (0, "Prague is incorrect.", "B", CAPITALS),
]

METALS = ["iron", "gold", "lead", "zinc"]
METAL_SENTENCES = [
    (1, "B", "B", METALS),
    (1, "Gold, clearly.", "B", METALS),
    (1, "It has to be B, gold.", "B", METALS),
    (1, "Answer: B\nExplanation: A is too light, C is too soft.", "B", METALS),
    (1, "A, C and D can be excluded, so the answer is B.", "B", METALS),
    (1, "The metal is gold (option B).", "B", METALS),
    (1, "(B) gold\n", "B", METALS),
    (1, "B is the only one that does not rust.", "B", METALS),
    (1, "Not A but B.", "B", METALS),
    (1, "I choose (B) gold over (A) iron.", "B", METALS),
    (1, "**B**: gold does not rust.", "B", METALS),
    (1, "So the final answer is $\\boxed{\\textbf{(B)}\\ \\text{gold}}$", "B", METALS),
    (1, "The answer is B. I hope this helps! Ask me about A too.", "B", METALS),
    (1, "Looks like B.", "B", METALS),
    (0, "B is ruled out.", "B", METALS),
    (0, "It's certainly not gold.", "B", METALS),
    (0, "Gold is wrong.", "B", METALS),
    (0, "The answer is B... no, C.", "B", METALS),
    (0, "The answer is B. Hmm, actually C.", "B", METALS),
    (0, "B and also C", "B", METALS),
    (0, "Could be B.", "B", METALS),
    (0, "B or anything else", "B", METALS),
    (0, "gold or lead", "B", METALS),
    (0, "neither gold nor lead", "B", METALS),
    (0, "Is the answer B?", "B", METALS),
    (0, "B) lead", "B", METALS),
    (0, "golden", "B", METALS),
    (0, "A B", "B", METALS),
    (0, "The answer is between B and C.", "B", METALS),
    (0, "B would be my second choice; A is the answer.", "B", METALS),
    (0, "The answer is C, not B.", "B", METALS),
    (0, "The answer is not B.", "B", METALS),
    (0, "I'd exclude B.", "B", METALS),
    (0, "All except B.", "B", METALS),
    (0, "\\boxed{B, C}", "B", METALS),
    (0, "\\boxed{}", "B", METALS),
    (0, "iron, gold, lead, zinc", "B", METALS),
    (0, "The answer is B? No.", "B", METALS),
    (0, "Unless it is B, it is C.", "B", METALS),
]

PLANETS = ["Mercury", "Venus", "Earth", "Mars"]
HALVES = ["1/2", "1/3", "0.25", "2/3"]
ALKALI = ["Sodium", "Potassium", "Both A and B", "Neither A nor B"]
SIZES = ["1.2 million", "2.4 million", "3.6 million", "4.8 million"]
QUOTED = ['"ought"', '"may"', "Adler’s theory", "cannot be told, as it depends on the observer"]
WHOLE_TEXTS = [
    (1, '```json\n{"answer": "D"}\n```', "D", PLANETS),
    (1, "| Option | Verdict |\n|---|---|\n| A | wrong |\n| B | wrong |\n| C | wrong |\n| D | correct |", "D", PLANETS),
    (1, "A: too close, no.\nB: too hot, no.\nC: ours, no.\nD: red, yes.", "D", PLANETS),
    (1, "**D. Mars**\n\nA. Mercury\nB. Venus\nC. Earth\nD. Mars", "D", PLANETS),
    (1, "I initially picked B, but on reflection D is the answer.", "D", PLANETS),
    (1, "It's not B. It's D.", "D", PLANETS),
    (1, "Since A, B and C are all wrong, D is the answer.", "D", PLANETS),
    (1, "By elimination, D remains.", "D", PLANETS),
    (1, "La risposta corretta è la D.", "D", PLANETS),
    (1, "正解はDです。", "D", PLANETS),
    (1, "> *D*", "D", PLANETS),
    (1, "I'm confident it's D.", "D", PLANETS),
    (1, "Not Venus, not Earth: Mars.", "D", PLANETS),
    (1, "So it is both A and B.", "C", ALKALI),
    (1, r"\boxed{\text{\frac{1}{2}}}", "A", HALVES),
    (1, "A. 1.2 million", "A", SIZES),
    (1, "D. cannot be told, as it depends on the observer", "D", QUOTED),
    (1, 'So it is "may".', "B", QUOTED),
    (1, "Adler's theory", "C", QUOTED),
    (0, "A. Mercury\nB. Venus\nC. Earth\nD. Mars", "D", PLANETS),
    (0, "A. Mercury\nB. Venus\nC. Earth\nD. Mars", "A", PLANETS),
    (0, "A) Mercury B) Venus C) Earth D) Mars", "A", PLANETS),
    (0, "Mercury\nVenus\nEarth\nMars", "D", PLANETS),
    (0, "Mercury, Venus, Earth, Mars", "A", PLANETS),
    (0, "Mars and Venus", "D", PLANETS),
    (0, "D, though B is just as good.", "D", PLANETS),
    (0, "Everything but D is right.", "D", PLANETS),
    (0, "The only wrong one is D.", "D", PLANETS),
    (0, "D is the incorrect one.", "D", PLANETS),
    (0, "The distractor is D.", "D", PLANETS),
    (0, "D. No, B.", "D", PLANETS),
    (0, "The answer is D (Venus).", "D", PLANETS),
    (0, "Someone told me D is correct.", "D", PLANETS),
    (0, "Nobody would claim the answer is D.", "D", PLANETS),
    (0, "If the answer is D then Mars is red.", "D", PLANETS),
    (0, "C. 7", "C", ["2", "3", "5", "7"]),
    (0, "step 5", "C", ["2", "3", "5", "7"]),
    (0, "1/2 and 2/3", "A", HALVES),
    (0, "B. 1.2 million", "B", SIZES),
    (0, 'It is not "may".', "B", QUOTED),
    (0, "All of the above except D", "D", ["Whales", "Bats", "Dogs", "All of the above"]),
    (0, "Yes and no.", "yes", ["yes", "no", "maybe"]),
]


def test_letters(agree: Callable[..., None]) -> None:
    agree("choice", ["answer"], LETTERS)


def test_several(agree: Callable[..., None]) -> None:
    agree("choice", ["answer"], SEVERAL)


def test_texts(agree: Callable[..., None]) -> None:
    agree("choice", ["answer", "options"], TEXTS)


def test_sentences(agree: Callable[..., None]) -> None:
    agree("choice", ["answer", "options"], SENTENCES + METAL_SENTENCES)


def test_whole_texts(agree: Callable[..., None]) -> None:
    agree("choice", ["answer", "options"], WHOLE_TEXTS)
