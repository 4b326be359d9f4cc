"""What a text does to an answer it gave: takes it back, gives another, or denies it.

A model that says "The answer is 8. No, sorry, it is 9." has answered 9, and one that says "not 42" has not answered 42.
Only clear words at the start of a sentence count: "Actually, this is a classic" takes nothing back.
"""

from __future__ import annotations

import re

_REACH = 600  # characters behind an answer in which it may be taken back
_LEAST = 4  # characters that could take anything back
_NEAR = 200  # characters behind the word that takes it back in which the new one stands
_OPENERS = r"(?:(?:but|oh|h+m+|well|ah|so|and|or)\b[\s,.!\u2026-]*)*"
_CHANGES = (  # words that announce another answer
    r"no|nope|wrong|incorrect|sorry|oops|apologies|correction|edit|update|erratum|wait|hold on|h+m+|actually|rather|"
    r"on second thoughts?|on reflection|i (?:mis\w+|forgot|overlooked)|"
    r"my (?:mistake|bad|error)|i mean|i meant|make (?:it|that)|let me (?:re)?-?(?:check|correct|redo|compute|calculate)"
)
_WITHDRAWS = (  # words that leave no answer where no other follows
    r"(?:scratch|strike|disregard|forget|ignore) (?:that|this|it)|i take (?:that|it) back|i was wrong|"
    r"(?:just )?kidding|"
    r"i (?:made|see) (?:a|an|my) (?:mistake|error|slip)|"
    r"(?:no,? )?(?:that|this|it)(?:'s| is| was| must be) (?:wrong|incorrect|not (?:right|correct)|a mistake)|"
    r"(?:that|this|it) (?:isn't|wasn't|can't be|cannot be) (?:right|correct)"
)
_BACK = re.compile(
    rf"(?:^|[.!?;:\n)\]}}*$\u2026]|(?:^|\s)[-\u2013\u2014]|\u2014)[\s*\"(]*{_OPENERS}"
    rf"(?P<word>(?P<withdraws>{_WITHDRAWS})|{_CHANGES})\b",
    re.IGNORECASE,
)
_SUBJECT = r"it|that|this|(?:the|my) (?:\w+ )?(?:answer|one|value|result|number|total|choice|option)"
_AGAIN = re.compile(
    rf"(?:\b(?:{_SUBJECT})(?:'s| is| was| must be| should be| should have been| would be| has to be| equals)"
    r"(?: actually| really| in fact| indeed)?"
    r"|\bi (?:meant|mean)(?: to say)?|\bmake (?:it|that)"
    r"|\b(?:no|nope|wrong|correction|edit|update|erratum|sorry|rather|wait|actually|kidding|mistake|"
    r"on second thoughts?|on reflection)[,:!]?)[\s:,]*",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"\**(?P<value>[-+\u2212(\[]?\s?\$?(?:\\boxed|\\frac|\\sqrt|\.?\d|[A-HJ](?![\w'])|I(?=[.)\s]*\Z))[^\n;!?]*?)"
    r"[\s*]*(?:\)?[.!;?](?:\s|\Z)|\)?\Z|\n|,\s+(?!\d))"
)
_MEANT = re.compile(
    r"(?:\b(?:i meant|make (?:it|that))|\b(?:correction|sorry|edit|no|wait|rather):) "
    r"(?P<value>\w[\w' -]{0,60}?)[\s*]*(?:[.!;]|\Z)",
    re.IGNORECASE,
)
_NAMED = re.compile(  # a name, which ends its sentence: "No, it is Rome.", not "Actually, it is easy to see"
    rf"(?i:\b(?:{_SUBJECT})(?:'s| is| was| must be| should be| should have been)(?: actually| really| in fact)?) \**"
    r"(?P<value>(?:[Tt]he |[Aa]n? )?[A-Z][\w'-]*(?: (?:of |the |de |and )?[A-Z][\w'-]*){0,4})[\s*]*(?:[.!;]|\Z)"
)
_REFUSED = re.compile(  # behind an answer: "\boxed{8} is wrong"
    r"[\s$*\"')(]*(?:\b(?:wrong|incorrect)\b"
    r"|\b(?:is|was|would be|seems)\s(?:\w+ly\s)?(?:wrong|incorrect|false|not|impossible|too)\b"
    r"|(?:isn't|wasn't|can't be|cannot be|(?:doesn't|does not|won't) (?:work|fit|hold)\b"
    r"|\u2260|!=|\\neq?\b)|(?-i:[\s.\u2026]*\bor\b))",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"\S+\s+(?:more|less|fewer|times|steps?|because|if|when)\b", re.IGNORECASE)
_DENIAL = re.compile(
    r"(?:\b(?:say|e\.g\.|for (?:example|instance),?|such as)|"
    r"\b(?:could|might|may)(?: also)?(?= be\b)|\b(?:whether|if) (?:it|this|that) (?:is|was|were)|"
    r"\bexceed(?:s|ing)?|\bnot|n't|\bnever|\bcannot|"
    r"\bother than|\brather than|\binstead of|\bunlike|\bexcept(?: for)?|\b(?:any|every)thing but|\ball but|"
    r"\b(?:more|less|fewer|greater|smaller|larger) than|\u2260|!=|\\neq?|"
    r"\blet (?:\w+ ){1,3}(?=be\b)|\b(?:if|suppose|assum(?:e|ing)|unless) \$?[a-z] ?=|"
    r"\bno es|\bnão é|\bnon è|\bn['\u2019]est pas|\bnicht|\bniet|\bне|不是)"
    r"(?:\s+(?:be|equal|equal to|the answer|exactly|just|simply|necessarily|even))*[\s:$*(]*\Z",
    re.IGNORECASE,
)
_NO_ANSWER = re.compile(  # before a box
    r"(?:\b(?:answer|result|solution)s?\s+(?:is|are|was|were|can|could|would|should)(?:\s?n['\u2019]t|\s?not)"
    r"(?:\s+(?:be|equal(?: to)?|simply|just))*|\}[\s$,;)]*(?:and\s)?(?:not|rather than|instead of))[\s:$*(\\]*\Z",
    re.IGNORECASE,
)
_OTHER = re.compile(r",?\s(?:and\s)?(?:not|rather than|instead of)\s\$?[-+]?(?:\d[\d.,/]*|[A-J])\$?\Z")
_SEVERAL = re.compile(
    r"(?:\d\$?\s*(?:to|through|until|\u2013|,|and|&)|\d-|\bbetween\s[^.\n]{1,20}\sand)\s*\Z", re.IGNORECASE
)
_ENUMERATED = re.compile(r"(?:^|\n)[ \t*]*\Z")
_ENUMERATES = re.compile(r"[.)]\s+[A-Za-z]")
_ASKS = re.compile(r"(?:^|[.!?\n]\s*)(?:Is|Was|Could|Would|Can)\s(?:it\s|that\s)?[$*(]*\Z")
_ASKED = re.compile(r"[^.!\n]{0,60}\?")
_OPEN = re.compile(r"[\s$*)]*(?:\?|(?:or|and/or)\b)", re.IGNORECASE)
_LABEL = re.compile(
    r"\b(?:steps?|problem|question|exercise|equations?|eqn?\.?|figure|fig\.?|table|section|chapter|page|example|part|"
    r"lemma|theorem|case|line|item)\s*[#(]?\Z",
    re.IGNORECASE,
)


def restated(rest: str) -> str | None:
    """What the text behind an answer makes of it: None if it stands, "" if it is taken back, else the new answer.

    >>> restated(". Sorry, I meant 43."), restated(". That is wrong."), restated(". Actually, it is easy to see.")
    ('43', '', None)
    """
    rest = rest[:_REACH]
    if len(rest) < _LEAST:
        return None
    found: str | None = "" if _REFUSED.match(rest) else None
    for back in _BACK.finditer(rest):
        said = _said_again(rest[back.start("word") :])
        if said is not None:
            found = said
        elif found is None and back["withdraws"]:
            found = ""
    return found


def refused(rest: str) -> bool:
    """Whether the text behind an answer says at once that it is none.

    >>> refused(" is wrong."), refused(" is right.")
    (True, False)
    """
    return _REFUSED.match(rest) is not None


def denied(before: str, after: str = "") -> bool:
    """Whether the words around a number say that it is not the answer: "not 5", "step 5", "1 to 5", "3, 5", "5?".

    >>> denied("It cannot be "), denied("Step "), denied("So it is "), denied("Is it ", "?")
    (True, True, False, True)
    """
    tail = before[-40:]
    if any(pattern.search(tail) for pattern in (_DENIAL, _LABEL, _SEVERAL)):
        return True
    if _ASKS.search(tail) and _ASKED.match(after):
        return True
    enumerates = _ENUMERATES.match(after) is not None and _ENUMERATED.search(tail) is not None
    return enumerates or _OPEN.match(after) is not None or refused(after)


def called_no_answer(before: str) -> bool:
    r"""Whether the words before a box say that it holds none: "the answer is not", "\boxed{4}, and not".

    In a derivation much else may stand there: "x cannot exceed" says what the largest x is.

    >>> called_no_answer("So the answer is not "), called_no_answer("so x cannot exceed ")
    (True, False)
    """
    return _NO_ANSWER.search(before) is not None


def without_other(statement: str) -> str:
    """An answer without the one it is told from: "17, not 16" is 17."""
    return (
        _OTHER.sub("", statement) if "not" in statement or "than" in statement or "nstead" in statement else statement
    )


def _said_again(after: str) -> str | None:
    """The last "it is 9", "I meant 9" soon behind a word that takes an answer back."""
    found: str | None = None
    for again in _AGAIN.finditer(after[:_NEAR]):
        value = _VALUE.match(after, again.end())
        if value is not None and not _COMPARED.match(value["value"]):
            found = value["value"].strip(" *$")
    meant = (_MEANT.search(after[:_NEAR]) or _NAMED.search(after[:_NEAR])) if found is None else None
    return found if meant is None else meant["value"]
