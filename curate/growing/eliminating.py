"""When an evolution failed: the eliminator of Evol-Instruct (section 3.2), each case with its reason."""

from __future__ import annotations

from typing import Final

from curate.growing.alikeness import rouge_l, words

LEAKS: Final = ("<<<prompt>>>", "<<<end>>>", "given prompt", "rewritten prompt", "created prompt", "new prompt")
"""Words of the requests, which a prompt holds that was copied from them; the paper's, and the marks of ours."""

REFUSAL: Final = "sorry"
REFUSAL_WORDS: Final = 80
"""The paper: an answer that holds "sorry" and is under 80 words means that the model could not answer."""

SAME, DIFFERENT = "same", "different"

STOP_WORDS: Final = frozenset(
    """
    a about after all also am an and any are as at be because been before being both but by can could did do
    does done down each for from had has have he her here him his how i if in into is it its just me more most
    my of off on only or other our out over own she should so some such than that the their them then there
    these they this those to too under up us very was we were what when where which while who whom why will with
    would you your
""".split()  # noqa: SIM905
)
"""Words that say nothing by themselves. Not among them: yes, no, not, none, never, which can be answers."""


def rewritten(text: str) -> str:
    r"""The prompt in a model's answer to a request for one: without the marks, or the quotes, all of it stands in.

    >>> rewritten('<<<prompt>>>\nWhy?\n<<<end>>>'), rewritten(' "Why so?" '), rewritten('"A" or "B"?')
    ('Why?', 'Why so?', '"A" or "B"?')
    """
    said = text.strip().removeprefix(LEAKS[0]).removesuffix(LEAKS[1]).strip()
    is_quoted = len(said) > 1 and said[0] == said[-1] == '"' and '"' not in said[1:-1]
    return said[1:-1].strip() if is_quoted else said


def lost(parent: str, prompt: str, finish_reason: str, *, most: int, leaks: tuple[str, ...]) -> str | None:
    """Why a new prompt is none, whatever would be answered; None when it stands.

    most: words it may have. leaks: words that it must not hold unless its parent does.
    """
    if not words(prompt):
        return "empty: no letter or number"
    if finish_reason not in ("stop", ""):
        return f"not finished: {finish_reason}"
    if (count := len(prompt.split())) > most:
        return f"{count:,} words, more than {most:,}"
    said, known = prompt.lower(), parent.lower()
    leak = next((leak for leak in leaks if leak.lower() in said and leak.lower() not in known), None)
    return f"copies words of the request: '{leak}'" if leak else None


def gain(parent: str, prompt: str, alike: float) -> tuple[float, str | None]:
    """ROUGE-L F with the parent, and why there is too little new in the prompt; None when there is enough."""
    score = rouge_l(parent, prompt)
    return score, f"no information gain: {score:.2f} alike to its parent" if score > alike else None


def unanswered(answer: str) -> str | None:
    """Why an answer shows that its prompt cannot be answered; None when it is an answer.

    >>> unanswered("Sorry, I cannot draw."), unanswered("...!"), unanswered("It is what it is."), unanswered("No.")
    ("the answer is a refusal: 'sorry' in 4 words", 'the answer is empty', 'the answer is stop words only', None)
    """
    said = words(answer)
    if not said:
        return "the answer is empty"
    count = len(answer.split())
    if REFUSAL in said and count < REFUSAL_WORDS:
        return f"the answer is a refusal: '{REFUSAL}' in {count} words"
    return "the answer is stop words only" if STOP_WORDS.issuperset(said) else None


def judged(answer: str) -> str | None:
    """What a judge said, `same` or `different`; None when it said neither, or both.

    >>> judged("Different."), judged("**Same**"), judged("not the same"), judged("same or different?")
    ('different', 'same', None, None)
    """
    said = {*words(answer)}
    found = said & {SAME, DIFFERENT}
    return found.pop() if len(found) == 1 and "not" not in said else None
