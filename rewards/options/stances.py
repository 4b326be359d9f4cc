"""What a whole text says of the options: chosen ("I pick B", "B is correct", "B: yes"), or only listed."""

from __future__ import annotations

import re

from rewards.extract.stated import supposed
from rewards.options.menu import OWN_LABEL, Menu
from rewards.options.statement import NOT_IT, Said, read_statement

CHOSEN = re.compile(
    r"(?:\bnot\s+[(\[]?[A-Z][)\]]?[,.;]?\s+(?:but(?: rather)?|it(?:'s| is))\b|;\s*it(?:'s| is)\b"
    r"|\bbut (?:it(?:'s| is)|actually)\b"
    r"|\b(?:must|should|has to|would)(?:\s\w+)? be|\b(?:choos|pick|select)(?:e|ing)?\b|\bchose\b"
    r"|\bI(?:'d| would)? (?:say|answer)\b"
    r"|\bgo(?:ing)? with|\bleft with|\bopt for|\bsettle on|\b(?:lean|inclin)\w* to(?:wards?)?"
    r"|\b(?:answer|ans|option|choice|letter|pick)\s*(?:is|:|=)"
    r"|\b(?:correct|right|true|best)(?:\s(?:answers?|options?|choices?|letters?|statements?|ones?))?(?:\sare\b|\s*:)"
    r"|\b(?:corr[ei]\w+|certa|esatta|giusta|bonne|juste|richtig\w*|lösung|soluci[oó]n)\b[^\n.]{0,16}?\b(?:es|é|è|est|ist)\b"
    r"|(?:[:=→>]|\b(?:is|it's|get|gives|leav(?:es|ing)|yields))\s*"
    r"(?=[(\[]?(?-i:(?!I\b)[A-Z])[)\]]?(?:[.!]?\s*$|\sas the\b))"
    r"|\bans(?:wer)?\b[\s.:=–—-]{0,4}(?:(?:will|would|should|must) be\s)?[(\[]?(?:option\s)?"
    r"(?=(?:[(\[]?(?-i:[A-Z])|[(\[][a-z])[)\].!]{0,3}\s*$)"
    r"|选择?|答案[是为]?|正解は|정답은|\b(?:ответ|вариант)\b\s*[:—-]"
    r"|\b(?:so|thus|hence|therefore)\b,?(?=\s*[(\[]?[A-Z\d]\d?[)\]]?[.!]?\s*$))\s*[:\uff1a]?\s*",
    re.IGNORECASE | re.MULTILINE,
)
CORRECT = re.compile(
    r"(?:\b(?:option|choice|answer|statement)\s+)?[(\[]?(?<![\w'’])(?P<label>[A-Z]|\d{1,2})[)\].:]?"
    r"(?:(?<=[)\]])(?:\s(?!(?:is|are|was|and|or|not|but)\s)[^\s;()]+){1,8}(?=\s(?:is|must be)\s))?(?:"
    r"(?:\s+is|\s+must be|,)\s+(?:clearly |definitely |indeed )?(?:the |my )?(?:most |only |single |final |best )?"
    r"(?:correct|right|best|true|answer|choice)\b"
    r"|(?<![.:])\s+(?:remains|is left|stands out|fits best|works best)\b)(?!\s*\?)",
)
EQUALS = re.compile(r"=>?|[⇒→]|\b(?:is|are|equals|gives)\b", re.IGNORECASE)
UNTRUE = re.compile(
    r"(?:\bnot|n't|\bnever|\bwhether|\bif|\bfalse that|\bwrong that|\bdoubt|\bcannot)\b[^.\n]{0,40}\Z"
    r"|\b(?:false|wrong|incorrect|avoid|worst|least|distractor|trap|(?:exclud|eliminat|reject|discard|rul)(?:e|es|ed|ing))"
    r"\b[^.,;\n]{0,40}\Z",
    re.IGNORECASE,
)
VERDICT = re.compile(
    r"^[ \t|>*•\d.-]{0,24}?(?:option |choice )?[(\[]?(?P<label>[A-Z]|\d{1,2})(?![\w'’])[)\]]?[ \t]*[:|.–—-]?[ \t]*"
    r"(?:[^\n]*?[|–—:(,;.-][ \t]*)?(?:(?P<yes>[✓✔✅☑]|(?:correct|right|yes|true)\b)"
    r"|(?P<no>[✗✘❌×]|(?:in|not )correct\b|wrong\b|no\b|false\b))"
    r"[^\n\w]*$",
    re.IGNORECASE | re.MULTILINE,
)


def chosen(text: str, menu: Menu) -> Said:
    """The last "it must be B", "I choose B", "B is correct" of a text."""
    best: tuple[int, frozenset[int], str] = (-1, frozenset(), "")
    for found in CHOSEN.finditer(text):
        if _untrue(text, found.start()):
            continue
        said, problem = read_statement(text[found.end() : found.end() + 200].partition("\n")[0], menu, loose=False)
        if said or problem:
            best = (found.start(), said, problem)
    for found in CORRECT.finditer(text):
        place = menu.of_label(found["label"])
        if place is None or found.start() < best[0] or _untrue(text, found.start()):
            continue
        if not NOT_IT.search(text, max(0, found.start() - 40), found.start()) and not _even(text, found.start()):
            best = (found.start(), frozenset((place,)), "")
    return best[1], best[2]


def verdicts(text: str, menu: Menu) -> Said:
    r"""The option that a list of verdicts calls right: "A: no", "B: yes", a row of a table a line.

    >>> verdicts("A: wrong\nB: correct", Menu(("A", "B")))
    (frozenset({1}), '')
    """
    told = [(menu.of_label(found["label"]), bool(found["yes"])) for found in VERDICT.finditer(text)]
    right = frozenset(place for place, yes in told if yes and place is not None)
    return (right if any(not yes for _, yes in told) else frozenset()), ""


def concluded(text: str, menu: Menu) -> frozenset[int]:
    r"""The option whose text the last line ends with: "so x = 12", "the total is 12".

    >>> concluded("3 boxes of 4\nso x = 12.", Menu(("A", "B"), ("7", "12")))
    frozenset({1})
    """
    line = text.rstrip().rpartition("\n")[2]
    said = list(EQUALS.finditer(line))
    place = menu.of_text(line[said[-1].end() :]) if said and not line.endswith("?") else None
    return frozenset() if place is None or _untrue(line, said[-1].start()) else frozenset((place,))


def own_lines(text: str, menu: Menu) -> list[str]:
    """The lines that may state an option: the last and the first, unless they stand in a list of the options."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    labels = [_label_of(line, menu) for line in lines]

    def in_list(place: int) -> bool:
        beside = labels[max(0, place - 1) : place] + labels[place + 1 : place + 2]
        listed = labels[place] is not None and any(other not in (None, labels[place]) for other in beside)
        return listed and labels.count(labels[place]) == 1  # what a list of all options repeats stands before it

    return [lines[place] for place in dict.fromkeys((len(lines) - 1, 0)) if lines and not in_list(place)]


def _label_of(line: str, menu: Menu) -> int | None:
    if (place := menu.of_text(line)) is not None:
        return place
    found = OWN_LABEL.match(line)
    bare = line.strip("()[].:* ")
    return menu.of_label(found[1]) if found else menu.of_label(bare) if len(bare) <= 2 else None


def _untrue(text: str, start: int) -> bool:
    return UNTRUE.search(text, max(0, start - 60), start) is not None or supposed(text, start)


def _even(text: str, start: int) -> bool:
    """Whether an option is the last of several ("A, B and C are"): one of them is none."""
    return re.search(r"[A-Z][)\]]?\s*(?:,|\band\b|&)\s*\Z", text[max(0, start - 12) : start]) is not None
