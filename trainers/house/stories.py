"""Word problems for the writer: stories in which a count changes, of many themes, made, read back and solved.

A story is an opening, one or more events and a question. The same sentences make stories and read them, so that whether
a model's problem is well-formed is decided by the grammar that it was taught, not by another model.
"""

from __future__ import annotations

import re
from functools import cache
from random import Random
from typing import Final, NamedTuple

NAMES: Final = (
    "Ava", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Iris", "Jon", "Amir", "Bea", "Carlos", "Dina", "Emil",
    "Farah", "Gus", "Hana", "Ivan", "Jade", "Kofi", "Lena", "Mateo", "Nora", "Omar", "Pia", "Quinn", "Rosa", "Sam",
    "Tara", "Uma", "Viktor", "Wendy", "Yuki", "Zoe", "Anil", "Berta", "Chen", "Dora", "Elif",
)  # fmt: skip
LEADS: Final = (
    "Then", "Later", "After that", "The next day", "On Monday", "On Friday", "In the evening", "Before lunch", "Today",
    "Last week", "In spring", "At noon", "Soon", "This morning", "At the weekend",
)  # fmt: skip
HIGHEST: Final = 400


class Theme(NamedTuple):
    """Sentences about one kind of things. {a} and {b} are people, {n} a number, {t} the things."""

    things: tuple[str, ...]
    openings: tuple[str, ...]
    more: tuple[str, ...]
    less: tuple[str, ...]
    questions: tuple[str, ...]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


def _theme(things: str, openings: str, more: str, less: str, questions: str) -> Theme:
    return Theme(tuple(things.split()), _lines(openings), _lines(more), _lines(less), _lines(questions))


THEMES: Final[dict[str, Theme]] = {
    "collections": _theme(
        "stamps coins cards shells marbles stickers badges dolls",
        "{a} owns {n} {t} | {a} keeps {n} {t} in a box | {n} {t} belong to {a} | {a} collects {t} and has {n} of them",
        "{b} sends {n} by post | {a} wins {n} in a game | {a} finds {n} in the attic | an uncle adds {n} to the box",
        "{a} loses {n} | {a} trades away {n} | {n} go to {b} as a present | {n} are torn and thrown away",
        "How large is the collection of {a} now? | How many {t} does {a} own in the end? | Count the {t} {a} has left.",
    ),
    "baking": _theme(
        "rolls cookies muffins pies pancakes waffles",
        "{a} bakes {n} {t} | {n} {t} lie on the kitchen table of {a} | {a} takes {n} {t} out of the oven",
        "{a} bakes {n} more | {b} brings {n} from the bakery | a neighbour drops off {n} fresh ones",
        "{b} eats {n} | {n} burn | the dog steals {n} | {a} packs {n} for school",
        "How many {t} can {a} serve? | How many {t} are still there? | What number of {t} remains on the plate?",
    ),
    "farming": _theme(
        "hens sheep goats ducks cows rabbits horses",
        "{a} keeps {n} {t} on a farm | there are {n} {t} in the barn of {a} | farmer {a} looks after {n} {t}",
        "{n} are born | {a} buys {n} at the market | {b} leaves {n} with {a} | {n} come over from a farm nearby",
        "{n} are sold | {n} run away | {a} lends {n} to {b} | a fox takes {n}",
        "How many {t} live on the farm? | How many {t} does {a} have to feed? | What is the size of the herd of {t}?",
    ),
    "travel": _theme(
        "passengers tourists children players students",
        "a bus leaves with {n} {t} | a train carries {n} {t} | {n} {t} sit in a ferry that {a} steers",
        "{n} get on at the next stop | {n} climb in near the bridge | {n} join at the harbour with {b}",
        "{n} get off | {n} leave at the station | {n} step out to visit {b}",
        "How many {t} are on board at the end? | How many {t} ride on? | What number of {t} reaches the last stop?",
    ),
    "libraries": _theme(
        "books magazines journals comics films atlases",
        "a library holds {n} {t} | the shelves of {a} carry {n} {t} | librarian {a} counts {n} {t}",
        "{n} are returned by {b} | the city donates {n} | {n} arrive in a parcel | {a} orders {n} new ones",
        "readers borrow {n} | {b} takes {n} home | {n} are too old and go | {n} get wet in the rain",
        "How many {t} stand on the shelves? | How many {t} can be borrowed now? | Find the number of {t} there.",
    ),
    "money": _theme(
        "dollars euros pounds crowns",
        "{a} has saved {n} {t} | there are {n} {t} in the purse of {a} | {a} opens an account with {n} {t}",
        "{a} earns {n} by mowing lawns | grandmother gives {n} | {b} pays back {n} | {a} finds {n} on the street",
        "{a} spends {n} on a kite | a ticket costs {a} {n} | {a} lends {n} to {b} | a fine takes {n}",
        "How many {t} does {a} have? | How much money in {t} is left for {a}? | What are the savings of {a} in {t}?",
    ),
    "liquids": _theme(
        "water milk oil juice paint",
        "a tank holds {n} litres of {t} | {a} fills a barrel with {n} litres of {t} | {n} litres of {t} are in the tub",
        "{a} pours in {n} litres | {n} litres flow in from a pipe | {b} adds {n} litres with a bucket",
        "{n} litres leak out | {a} pumps out {n} litres | {b} uses {n} litres | {n} litres are spilled",
        "How many litres of {t} are in it now? | How much {t} remains, in litres? | Find the litres of {t} at the end.",
    ),
    "walking": _theme(
        "miles steps metres blocks kilometres",
        "{a} walks {n} {t} away from home | {a} is {n} {t} from the house | a path leads {a} {n} {t} into the woods",
        "{a} goes {n} farther | {a} and {b} hike on for {n} | {a} runs another {n} up the hill",
        "{a} turns and comes back {n} | {b} calls, so {a} returns {n} | a lift brings {a} {n} closer",
        "How far from home is {a}, in {t}? | How many {t} is the way back? | How far is {a} off, in {t}?",
    ),
    "games": _theme(
        "points goals stars lives gems",
        "{a} starts a game with {n} {t} | the team of {a} has {n} {t} | {a} reaches level two with {n} {t}",
        "{a} scores {n} | a bonus brings {n} | {b} passes {n} to {a} | {a} solves a riddle for {n}",
        "a mistake costs {n} | {b} wins {n} from {a} | {a} pays {n} for a shield | the referee takes away {n}",
        "What is the score of {a} in {t}? | How many {t} does {a} finish with? | With how many {t} does the game end?",
    ),
    "shops": _theme(
        "lamps chairs shirts toys bikes hats",
        "a shop has {n} {t} on display | {a} runs a store with {n} {t} | {n} {t} wait in the warehouse of {a}",
        "a truck delivers {n} | the factory ships {n} | {b} brings back {n} | {a} unpacks {n} from a crate",
        "customers buy {n} | {b} picks up {n} | {n} break | {a} sends {n} to another branch",
        "How many {t} are in stock? | How many {t} can the shop still sell? | What is the stock of {t}?",
    ),
    "clubs": _theme(
        "members dancers singers runners painters",
        "a club has {n} {t} | {a} founded a group of {n} {t} | {n} {t} meet in the hall of the school",
        "{n} sign up | {b} invites {n} | {n} move over from the old club | an advert brings in {n}",
        "{n} leave | {n} fall ill and stop | {n} go away with {b} | {n} switch to chess",
        "How many {t} are in the group now? | How many {t} does {a} lead? | How big is the club of {t}?",
    ),
    "gardens": _theme(
        "roses tulips trees carrots bushes melons",
        "{a} plants {n} {t} | {n} {t} grow behind the house of {a} | the garden of {a} is full of {n} {t}",
        "{a} puts in {n} more rows' worth | {b} plants {n} along the fence | {n} sprout by themselves",
        "{n} dry up | {a} digs out {n} | a storm ruins {n} | {b} cuts {n} for a friend",
        "How many {t} grow there? | How many {t} must {a} water? | What number of {t} does the garden hold?",
    ),
    "post": _theme(
        "letters parcels postcards packets",
        "{a} carries {n} {t} in a bag | the post office sorts {n} {t} | {n} {t} lie in the van of {a}",
        "{a} picks up {n} at a box | {n} come in by plane | {b} hands over {n} at the counter",
        "{a} delivers {n} | {n} are sent back | {b} collects {n} | {n} go out on the truck",
        "How many {t} are still to be delivered? | How many {t} are left for {a}? | What remains of the {t}?",
    ),
    "school": _theme(
        "pens rulers crayons brushes notebooks erasers",
        "the teacher {a} lays out {n} {t} | a classroom has {n} {t} | {a} brings {n} {t} to school",
        "{b} lends {n} | parents give {n} to the class | {n} turn up under a desk | {a} fetches {n} from a drawer",
        "{b} borrows {n} | {n} are used up | {n} roll behind the shelf | {a} hands out {n}",
        "How many {t} can the class use? | How many {t} does the teacher have? | Tell the number of {t} in the room.",
    ),
    "things": _theme(
        "apples pears plums lemons eggs nuts figs books cards coins pens shells stamps",
        "{a} has {n} {t} | {a} picks {n} {t} | a basket of {a} holds {n} {t} | {n} {t} hang on the tree of {a}",
        "{b} gives {n} more | {n} more are found | {b} gives {a} {n} | {a} gets {n} from a stall",
        "{n} go to {b} | {n} are lost | {a} eats {n} | {n} turn out to be bad",
        "How many {t} does {a} have now? | What is the count of {t} at last? | How many {t} can {a} give away?",
    ),
}  # fmt: skip
"""The first sentences of `things` are those of `curate.sources.procedural`'s arithmetic."""

PACKS: Final = ("{n} packs of {m} come", "{n} boxes with {m} each are added", "{n} friends bring {m} each")
TIMES: Final = ("the number grows to {n} times as many", "the number is multiplied by {n}")
DOUBLE: Final = ("the number doubles", "the number becomes twice as large")
SHARES: Final = (
    "They are shared equally among {n} people. How many does each get?",
    "{a} splits them into {n} equal groups. How many are in one group?",
    "{n} friends divide them fairly. What is one part?",
)
PRICES: Final = (
    "Each is worth {n} dollars. How many dollars is that in all?",
    "{a} sells all of them at {n} dollars a piece. How much money is that?",
    "One costs {n} cents. What do all of them cost in cents?",
)
UNSHARED: Final = ("walking", "money", "games", "clubs", "travel")  # themes whose things are not dealt out or sold


class Story(NamedTuple):
    """theme; people a and b; the things; the opening; events as (operation, sentence); how it ends."""

    theme: str
    a: str
    b: str
    thing: str
    opening: str
    events: tuple[tuple[str, str], ...]
    question: str
    steps: tuple[str, ...]
    answer: int

    @property
    def text(self) -> str:
        """The problem as a user writes it."""
        return " ".join([self.opening, *(sentence for _, sentence in self.events), self.question])


def make(rng: Random, operations: int, theme: str | None = None) -> Story:
    """A story of so many events and closing steps together, at least one."""
    theme = theme or rng.choice(tuple(THEMES))
    a, b = rng.sample(NAMES, 2)
    thing = rng.choice(THEMES[theme].things)
    now = rng.randint(4, rng.choice((20, 40, 90)))
    opening = _sentence(rng, rng.choice(THEMES[theme].openings).format(a=a, n=now, t=thing), 0.15)
    story = Story(theme, a, b, thing, opening, (), "", (), now)
    closing = operations > 1 and theme not in UNSHARED and rng.random() < 0.3
    for _ in range(operations - closing):
        story = add_event(rng, story)
    return _close(rng, story) if closing else ask(rng, story)


def add_event(rng: Random, story: Story) -> Story:
    """The story with one more event behind the others."""
    now, theme = story.answer, THEMES[story.theme]
    kind = rng.choice(("+", "+", "+", "-", "-", "-", "packs", "times", "double"))
    if kind in ("times", "double", "packs") and (now > 60 or story.theme == "walking"):
        kind = "-"
    if kind == "-" and now < 4:
        kind = "+"
    people = {"a": story.a, "b": story.b or rng.choice([name for name in NAMES if name != story.a])}
    if kind == "packs":
        n, m = rng.randint(2, 6), rng.randint(2, 9)
        text = rng.choice(PACKS).format(n=n, m=m)
        steps: tuple[str, ...] = (f"{n} * {m} = {n * m}", f"{now} + {n * m} = {now + n * m}")
        now += n * m
    elif kind in ("times", "double"):
        n = 2 if kind == "double" else rng.randint(2, 5)
        text = rng.choice(DOUBLE if kind == "double" else TIMES).format(n=n)
        steps = (f"{now} * {n} = {now * n}",)
        now *= n
    elif kind == "-":
        n = rng.randint(1, min(now - 1, 40))
        text, steps = _fresh(rng, theme.less, story).format(n=n, **people), (f"{now} - {n} = {now - n}",)
        now -= n
    else:
        n = rng.randint(2, 40)
        text, steps = _fresh(rng, theme.more, story).format(n=n, **people), (f"{now} + {n} = {now + n}",)
        now += n
    event = kind, _sentence(rng, text, 0.5)
    return story._replace(events=(*story.events, event), steps=(*story.steps, *steps), answer=now)


def _fresh(rng: Random, templates: tuple[str, ...], story: Story) -> str:
    """A template that the story has not used, while there is one."""
    told = [sentence for _, sentence in story.events]
    unused = [template for template in templates if not any(_match(sentence, (template,)) for sentence in told)]
    return rng.choice(unused or templates)


def ask(rng: Random, story: Story) -> Story:
    """The story with its theme's question."""
    question = rng.choice(THEMES[story.theme].questions).format(a=story.a, t=story.thing)
    return story._replace(question=question)


def close(rng: Random, story: Story) -> Story:
    """The story with a question that needs one more step, where its things can be shared or sold."""
    return ask(rng, add_event(rng, story)) if story.theme in UNSHARED else _close(rng, story)


def _close(rng: Random, story: Story) -> Story:
    now = story.answer
    parts = [n for n in range(2, 10) if now % n == 0 and now > n]
    if parts and rng.random() < 0.6:
        n = rng.choice(parts)
        text, step, answer = rng.choice(SHARES), f"{now} / {n} = {now // n}", now // n
    else:
        n = rng.randint(2, 9)
        text, step, answer = rng.choice(PRICES), f"{now} * {n} = {now * n}", now * n
    question = text.format(n=n, a=story.a)
    return story._replace(question=question, steps=(*story.steps, step), answer=answer)


def _sentence(rng: Random, text: str, lead: float) -> str:
    """A sentence with its point, some after a word of time."""
    if rng.random() < lead:
        text = f"{rng.choice(LEADS)} {text}"
    return f"{text[0].upper()}{text[1:]}."


SLOTS: Final = {"n": r"(?P<n>\d{1,4})", "m": r"(?P<m>\d{1,3})", "t": r"(?P<t>[a-z]+)"} | {
    who: rf"(?P<{who}>{'|'.join(NAMES)})" for who in "ab"
}
LEAD: Final = re.compile(f"(?:{'|'.join(LEADS)}) ")
BREAK: Final = re.compile(r"(?<=[.?!]) ")


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """A sentence's template as a pattern of the whole sentence; its first letter in either case."""
    parts = re.split(r"\{(\w)\}", text)
    seen: set[str] = set()
    pattern = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P={part})" if part in seen else SLOTS[part]
            seen.add(part)
    if parts[0]:
        first = re.escape(parts[0][0])
        pattern = f"[{first}{parts[0][0].upper()}]" + pattern[len(first) :]
    return re.compile(pattern)


def _match(sentence: str, templates: tuple[str, ...]) -> dict[str, str] | None:
    """The slots of the first template that the sentence is."""
    bare = LEAD.sub("", sentence, count=1) if LEAD.match(sentence) else sentence
    for template in templates:
        if found := _pattern(template).fullmatch(bare.removesuffix(".")):
            return found.groupdict()
    return None


def read(text: str) -> Story | None:
    """The story a text tells, with its worked steps; None where a sentence, a thing, a person or a number fits not.

    Every sentence must be one of the theme's, the things the same throughout, the person of the opening the one that
    is asked about, every count on the way a positive whole number and every division even.

    >>> read("Ava has 8 apples. Then 3 are lost. How many apples does Ava have now?").answer
    5
    """
    sentences = BREAK.split(text)
    for name, theme in THEMES.items():
        if opening := _match(sentences[0], theme.openings):
            if opening["t"] in theme.things and len(sentences) > 2:
                return _read(name, theme, opening, sentences)
            return None
    return None


def _read(name: str, theme: Theme, opening: dict[str, str], sentences: list[str]) -> Story | None:
    """The events one by one, then the question."""
    who, now = opening.get("a"), int(opening["n"])
    story = Story(name, who or "", "", opening["t"], sentences[0], (), "", (), now)
    ends = 1 if _match_question(sentences[-1], theme.questions, story) else 2
    for sentence in sentences[1:-ends]:
        event = _read_event(theme, sentence, story)
        if event is None or not 0 < event.answer <= HIGHEST:
            return None
        story = event
    if ends == 1:
        return story._replace(question=sentences[-1]) if story.events else None
    return _read_closing(" ".join(sentences[-2:]), story)


def _match_question(sentence: str, questions: tuple[str, ...], story: Story) -> bool:
    """Whether it asks for the story's things and person."""
    return any(
        (found := _pattern(question.removesuffix(".")).fullmatch(sentence.removesuffix(".")))
        and found.groupdict().get("t", story.thing) == story.thing
        and found.groupdict().get("a", story.a) == (story.a or found.groupdict().get("a", ""))
        for question in questions
    )


def _read_event(theme: Theme, sentence: str, story: Story) -> Story | None:
    """The story after one more sentence."""
    now = story.answer
    kinds = (("+", theme.more), ("-", theme.less), ("packs", PACKS), ("times", TIMES), ("double", DOUBLE))
    for kind, templates in kinds:
        slots = _match(sentence, templates)
        if slots is None:
            continue
        if any(story.a and slots.get(key) == other for key, other in (("b", story.a),)):
            return None
        if story.a and slots.get("a", story.a) != story.a:
            return None
        n = int(slots.get("n", 2))
        if kind == "packs":
            m = int(slots["m"])
            steps: tuple[str, ...] = (f"{n} * {m} = {n * m}", f"{now} + {n * m} = {now + n * m}")
            now += n * m
        elif kind in ("times", "double"):
            steps, now = (f"{now} * {n} = {now * n}",), now * n
        else:
            after = now + n if kind == "+" else now - n
            steps, now = (f"{now} {kind} {n} = {after}",), after
        who = story.a or slots.get("a", "")
        return story._replace(
            a=who,
            b=slots.get("b", story.b),
            events=(*story.events, (kind, sentence)),
            steps=(*story.steps, *steps),
            answer=now,
        )
    return None


def _read_closing(text: str, story: Story) -> Story | None:
    """The last two sentences, which share or sell."""
    if not story.events or story.theme in UNSHARED:
        return None
    for templates, sign in ((SHARES, "/"), (PRICES, "*")):
        for template in templates:
            found = _pattern(template).fullmatch(text)
            if not found or found.groupdict().get("a", story.a) != (story.a or found.groupdict().get("a", "")):
                continue
            n, now = int(found["n"]), story.answer
            if n < 2 or (sign == "/" and now % n):
                return None
            answer = now // n if sign == "/" else now * n
            step = f"{now} {sign} {n} = {answer}"
            return story._replace(question=text, steps=(*story.steps, step), answer=answer)
    return None
