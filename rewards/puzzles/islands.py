"""Knights and knaves: who tells the truth, and who lies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from rewards.base import Score
from rewards.extract import last_boxed, strip_thinking
from rewards.puzzles.answers import answer_block

# A statement with one of these words says nothing for sure of a person, or says what somebody claims.
_UNSURE = re.compile(
    r"\b(?:if|or|either|neither|maybe|might|may|could|perhaps|possibly|probably|unless|cannot|suppose|assume|assuming|"
    r"says?|said|claims?|claimed|states?|stated|tells?(?! the truth\b)|told|statement|false|untrue|whether|"
    r"doubt|incorrect)\b|\?",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(
    r"[\s,(]*(?:or|alternatively|otherwise|maybe|perhaps|possibly)\b", re.IGNORECASE
)  # another answer
_MARK = re.compile(r"\b(?:answer|conclusion|conclude|solution|therefore|summary|so)\b", re.IGNORECASE)


def knights(
    completion: str,
    solution: Sequence[bool | str] | Mapping[str, bool | str] | str,
    names: Sequence[str] | str | None = None,
    *,
    roles: tuple[str, str] = ("knight", "knave"),
    partial: bool = False,
) -> Score:
    r"""Every inhabitant is given the right role, once, in the final answer.

    Source: Logic-RL (arXiv 2502.14768) `verl/utils/reward_score/kk.py` and the data set K-and-K, whose columns these
    are. The final answer is the last `<answer>`, else the last box, else the last paragraph that gives everyone a
    role, or what follows a late "answer", "conclusion", "therefore" ... Read are statements such as "(1) Zoey is a
    knight", "Zoey: knave", "Zoey and Liam are knights", "Knights: Zoey, Liam", "Zoey is not a knave", in any order,
    with markdown, tables or JSON marks. A statement with "if", "or", "said" ... is not read, but a second
    answer that "or" begins is. Anyone left out or given both roles makes the answer wrong.

    solution: True (or "knight") for a knight, in the order of `names`; or a mapping by name; or text, "(1) Zoey is a
    knight ..."; lists and mappings may be JSON text. roles: the word for True, the word for False. partial: the share
    of people with the right role, if all have one. Range: 0 or 1, with `partial` [0, 1]; None when the solution cannot
    be read.

    >>> knights("<answer>(1) Zoey is a knight (2) Liam is a knave</answer>", [True, False], ["Zoey", "Liam"]).value
    1.0
    >>> knights("Zoey is a knight or a knave. Liam is a knave.", {"Zoey": True, "Liam": False}).why
    'no role for Zoey'
    """
    try:
        gold = _gold(solution, names, roles)
    except ValueError as error:
        return Score(None, f"the solution cannot be read: {error}")
    said = _final_statements(completion, list(gold), roles)
    evidence = {"read": {name: [roles[not role] for role in sorted(given)] for name, given in said.items() if given}}
    for name, given in said.items():
        if len(given) != 1:
            return Score(0.0, f"two roles for {name}" if given else f"no role for {name}", evidence)
    wrong = [name for name, given in said.items() if gold[name] not in given]
    value = (len(gold) - len(wrong)) / len(gold) if partial else float(not wrong)
    return Score(value, f"wrong: {', '.join(wrong)}" if wrong else "everyone has the right role", evidence)


def _gold(
    solution: Sequence[bool | str] | Mapping[str, bool | str] | str,
    names: Sequence[str] | str | None,
    roles: tuple[str, str],
) -> dict[str, bool]:
    if isinstance(solution, str) and solution.lstrip()[:1] in ("[", "{"):
        solution = json.loads(solution)
    names = json.loads(names) if isinstance(names, str) else names
    if isinstance(solution, str):
        known = list(names) if names is not None else _names_in(solution, roles)
        gold = {
            name: next(iter(given)) for name, given in _statements(solution, known, roles).items() if len(given) == 1
        }
        if not known or len(gold) < len(known):
            raise ValueError(f"'{solution[:80]}' does not give everyone one role")
        return gold
    if isinstance(solution, Mapping):
        return {str(name): _role(role, roles) for name, role in solution.items()}
    if names is None or len(names) != len(solution) or not len(names):
        raise ValueError("a list of roles needs the column 'names', of the same length")
    return {str(name): _role(role, roles) for name, role in zip(names, solution, strict=True)}


def _role(role: object, roles: tuple[str, str]) -> bool:
    """True for the first role: a truth value, or the word for it."""
    word = str(role).strip().lower()
    if word in (roles[0].lower(), "true", "1"):
        return True
    if word in (roles[1].lower(), "false", "0"):
        return False
    raise ValueError(f"{role!r:.40} is neither {roles[0]} nor {roles[1]}")


def _names_in(solution: str, roles: tuple[str, str]) -> list[str]:
    roles_pattern = "|".join(map(re.escape, roles))
    return re.findall(rf"(\w[\w' -]*?) (?:is|are) (?:an? |the )?(?:{roles_pattern})\b", solution)


def _final_statements(completion: str, names: Sequence[str], roles: tuple[str, str]) -> dict[str, set[bool]]:
    """What is said in the answer tag or the box, else in the first place from the end that gives everyone a role."""
    text = strip_thinking(completion).strip()
    explicit = answer_block(completion) or last_boxed(text)
    if explicit is not None:
        return _statements(explicit, names, roles)
    paragraphs = text.split("\n\n")
    places = ["\n".join(paragraphs[-count:]) for count in (1, 2)]
    places += [text[mark.end() :] for mark in list(_MARK.finditer(text))[:-4:-1]]
    readings = [_statements(place, names, roles) for place in places]
    return next((said for said in readings if all(said.values())), readings[0])


def _statements(text: str, names: Sequence[str], roles: tuple[str, str]) -> dict[str, set[bool]]:
    """The roles that the text gives to each name."""
    by_word = {name.lower(): name for name in names}
    role_of = {form: role == 0 for role in (0, 1) for form in (roles[role].lower(), roles[role].lower() + "s")}
    mark = _marks(names, role_of)
    said: dict[str, set[bool]] = {name: set() for name in names}
    heading: bool | None = None  # "Knights:" holds for the names that follow, until another role is named
    for sentence in _sentences(text):
        unsure = any(word.lower() not in by_word for word in _UNSURE.findall(sentence))
        if unsure and not (_ALTERNATIVE.match(sentence) and all(said.values())):
            continue
        waiting: list[str] = []
        negated = False
        for found in mark.finditer(sentence):
            if found["role"]:
                role = role_of[found["role"].lower()] != negated
                for name in waiting:
                    said[name].add(role)
                heading = None if waiting else role
                waiting, negated = [], False
            elif found["name"]:
                name = by_word[found["name"].lower()]
                if heading is None:
                    waiting.append(name)
                else:
                    said[name].add(heading)
            else:
                negated = True
    return said


def _marks(names: Sequence[str], roles: Mapping[str, bool]) -> re.Pattern[str]:
    """Finds names, roles and negations. A name of one or two letters must have its case: "A" is not "a knight"."""
    short = [name for name in names if len(name) <= 2]
    long = [name for name in names if len(name) > 2]
    alternatives = [_either(short), f"(?i:{_either(long)})"]
    name = "|".join(part for part, some in zip(alternatives, (short, long), strict=True) if some)
    return re.compile(rf"\b(?:(?P<name>{name})|(?i:(?P<role>{_either(roles)})|not|isn't|aren't))\b")


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _sentences(text: str) -> list[str]:
    """Sentences, questions with their mark, and lines without markdown. The full stop of "1." ends nothing."""
    text = re.sub(r"[*_`\"$\\]", "", text.replace("\u2019", "'"))
    return re.split(r"(?<!\d)[.](?:\s|$)|(?<=\?)\s|[;\n]+", text)
