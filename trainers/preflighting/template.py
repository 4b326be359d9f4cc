"""The chat template and the end token: does what is trained on come out as it went in?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trainers.preflighting.finding import Finding
from trainers.templates import conversations, ends_answers, rendered

if TYPE_CHECKING:
    from trainers.job import Job

NAME = "template"


def check_template(job: Job) -> Iterator[Finding]:
    """The end token closes answers, the beginning stands once, and the template keeps what the rows say."""
    tokenizer = job.tokenizer
    if tokenizer.eos_token_id is None:
        yield Finding(NAME, "fault", "the tokenizer has no end token", "Name one, trl: {eos_token: ...}")
        return
    if not tokenizer.chat_template:
        return
    if not ends_answers(tokenizer):
        what = f"the template does not close an answer with the end token {tokenizer.eos_token!r}"
        if job.method.online:  # nothing is taught of the end here, and the model may write it all the same
            yield Finding(NAME, "note", what, "If the model learned with this template, it never learned to stop")
        else:
            yield Finding(NAME, "fault", what, "Name the token that does, trl: {eos_token: ...}")
    yield from _beginnings(tokenizer)
    yield from _kept(job)


def _beginnings(tokenizer: Any) -> Iterator[Finding]:
    """A template that writes the beginning, and a tokenizer that adds it: two of them."""
    begin = tokenizer.bos_token_id
    if begin is None:
        return
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
    ids = tokenizer.apply_chat_template(turns, tokenize=True, return_dict=False)
    if list(ids[:2]) == [begin, begin]:
        yield Finding(NAME, "fault", "the template begins with two beginning tokens", "Write it once in the template")


def _kept(job: Job) -> Iterator[Finding]:
    """Rows that cannot be rendered, and earlier turns of which a part is left out; answers are looked at before."""
    found = rendered(job.tokenizer, conversations(job.rows.train))
    for reason, row in found.broken.items():
        yield Finding(NAME, "fault", f"a row cannot be rendered: {reason}", rows=(row,))
    if found.turns:
        what = f"the template leaves out text of earlier turns in {len(found.turns):,} of {found.count:,} rows"
        advice = "Templates of thinking models drop the thinking of earlier turns; see what is learned below"
        yield Finding(NAME, "note", what, advice, tuple(found.turns[:3]))
