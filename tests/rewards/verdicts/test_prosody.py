"""Verse by its sounds: rhyme, metre, syllables, forms."""

from __future__ import annotations

from collections.abc import Callable

RHYME = [
    (1, "I took a walk in early light\nand stayed outside until the night", "AA"),
    (1, "The ship sailed out upon the sea\nand nobody was there but me", "AA"),
    (1, "He saw a bear\nbeside a chair\nand heard a song\nthat lasted long", "AABB"),
    (1, "A golden leaf\nupon the ground\ncaused little grief\nwithout a sound", "ABAB"),
    (1, "The knight rode through the rain\nand never used a rein", "AA"),
    (1, "**Title**\n\nThe moon is bright\nthis quiet night", "AA"),
    (1, "He gave a cough\nand then ran off", "AA"),
    (1, "They baked the dough\nand let it go", "AA"),
    (0, "The river ran through\na narrow trough", "AA"),
    (0, "I like the tree\nit is a plant", "AA"),
    (0, "We sat in the shade\nand drank in the shade", "AA"),
    (0, "She had to move\nbut felt the love", "AA"),
    (0, "one line only", "AA"),
    (0, "", "AA"),
    (0, "bright\nnight\nlight", "AA"),
    (0, "go go go\ngo go go", "AA"),
    ((0.3, 0.7), "He saw a bear\nbeside a chair\nand heard a song\nthat lasted short", "AABB"),
    ((0, 0.6), "A golden leaf\ncaused little grief\nupon the ground\nwithout a sound", "ABAB"),
    (None, "a\nb", ""),
    (None, "a\nb", "1?"),
]

METRE = [
    (1, "The curfew tolls the knell of parting day", "iambic pentameter"),
    (1, "When I consider how my light is spent", "iambic pentameter"),
    (1, "Because I could not stop for Death", "iambic tetrameter"),
    (1, "Tiger, tiger, burning brightly", "trochaic tetrameter"),
    (1, "Once upon a midnight dreary, while I pondered, weak and weary", "trochaic octameter"),
    (0, "Tiger, tiger, burning brightly", "iambic pentameter"),
    (0, "Yesterday the government announced a new policy", "iambic pentameter"),
    (0, "day", "iambic pentameter"),
    (0, "", "iambic pentameter"),
    (None, "The curfew tolls the knell of parting day", "waltz"),
    (1, "The curfew tolls the knell of parting day", "x/x/x/x/x/"),
]

SYLLABLES = [
    (1, "Silent winter night\nsnow upon the sleeping town\none lamp still burning", [5, 7, 5]),
    (0, "Silent night\nsnow upon the sleeping town", [5, 7, 5]),
    ((0.6, 0.7), "Silent night\nsnow upon the sleeping town\none lamp still burning", [5, 7, 5]),
    (1, "banana\nelephant\ntelevision", [3, 3, 4]),
    (0, "", [5]),
    (0, "cat\ncat\ncat", [1, 1, 1]),
    (None, "x", []),
    (None, "x", ["many"]),
]

HAIKU = "Silent winter night\nsnow upon the sleeping town\none lamp still burning"
LIMERICK = (
    "There once was a man from the coast\nwho ate every meal upon toast\nhe said with a grin\n"
    "as it dripped down his chin\nthat breakfast is what he loved most"
)
FORMS = [
    (1, HAIKU, "haiku"),
    (1, f"Here is a haiku:\n\n{HAIKU}", "haiku"),
    ((0.8, 1), LIMERICK, "limerick"),
    (0, HAIKU, "limerick"),
    (0, LIMERICK, "haiku"),
    (0, HAIKU, "sonnet"),
    (0, "", "haiku"),
    ((0, 0.8), "A dog\nA very big dog runs\nA cat", "haiku"),
    (None, HAIKU, "epic of a thousand lines"),
]

LAKE = "Morning on the lake\na heron lifts one grey foot\nthe water closes"

RHYME_TOO = [
    (1, "The fox ran down the hill\nand all the world was still", "AA"),
    (1, "I love the sound of falling rain\nupon my dusty window pane", "AA"),
    (1, "My heart is full of pride\nwith you here by my side", "AA"),
    (1, "The king was on the throne\nthe queen was all alone\nthe jester told a joke\nand nobody awoke", "AABB"),
    (1, "She plays the old guitar\nand follows every star", "AA"),
    (1, "There stood an ancient oak\nall covered up in smoke", "AA"),
    (1, "I bought a bag of flour\nand baked it in an hour", "AA"),
    (1, "You said you would be great\nbut you arrived too late", "AA"),
    (0, "The fox ran down the hill\nand all the world was calm", "AA"),
    (0, "I wish you luck\nand bake a book", "AA"),
    (0, "The bough was low\nhe had a cough", "AA"),
    (0, "We went to the sea\nwe went to the sea", "AA"),
    (0, "The pint was gone\nshe saw the mint", "AA"),
    (0, "a\nb\nc", "ABAB"),
    (0, "The end of the day\nthe end of the night", "AA"),
]

METRE_TOO = [
    (1, "The woods are lovely, dark and deep,", "iambic tetrameter"),
    (1, "Had we but world enough, and time,", "iambic tetrameter"),
    (1, "If music be the food of love, play on", "iambic pentameter"),
    (1, "Double, double, toil and trouble;", "trochaic tetrameter"),
    (1, "Earth, receive an honoured guest", "trochaic tetrameter"),
    (0, "The woods are lovely, dark and deep,", "iambic pentameter"),
    (0, "Photography is definitely difficult", "iambic pentameter"),
    (0, "Double, double, toil and trouble;", "iambic pentameter"),
    (0, "one two", "iambic tetrameter"),
]

SYLLABLES_TOO = [
    (1, "Morning on the lake\na heron lifts one grey foot\nthe water closes", [5, 7, 5]),
    (0, "Morning on the wide blue lake\na heron\nwater", [5, 7, 5]),
    (1, "computer\nuniversity\ncat", [3, 5, 1]),
    (1, "The orange is ripe", [[4, 5]]),
    (0, "hello", [7]),
]

FORMS_TOO = [
    (1, LAKE, "haiku"),
    (0, LAKE + "\nand opens", "haiku"),
    (0, "word\nword\nword", "haiku"),
    ((0, 0.5), "I am\nvery very tired today indeed\nsleep now please", "haiku"),
    (0, "roses", "limerick"),
]


def test_rhymes(agree: Callable[..., None]) -> None:
    agree("rhyme", ["scheme"], RHYME + RHYME_TOO)


def test_metres(agree: Callable[..., None]) -> None:
    agree("metre", ["pattern"], METRE + METRE_TOO)


def test_syllables(agree: Callable[..., None]) -> None:
    agree("syllables", ["counts"], SYLLABLES + SYLLABLES_TOO)


def test_forms(agree: Callable[..., None]) -> None:
    agree("poem_form", ["form"], FORMS + FORMS_TOO)
