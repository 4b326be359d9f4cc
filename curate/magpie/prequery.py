"""The part of a chat template that stands before the user's words, made from the template itself.

Magpie kept such parts in a table by the model's name, and the one for Qwen2.5 was wrong for a while
(magpie-align/magpie#28). Here a chat with a mark in the place of the user's words is rendered and cut at the mark: what
a template adds by itself, such as Qwen2.5's default system prompt, is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from curate.engines.local_model import prompt_text, special_tokens
from curate.errors import DataError

MARK: Final = "xQuserwordsQx"

SYSTEM: Final = "{system}"
"""Where a `prequery:` of one's own takes the system prompt."""

ADVICE: Final = "Give prequery: the text before a user's words yourself."


@dataclass(frozen=True, slots=True)
class Prequery:
    """text: what the model is given. stop: what ends a user's turn, beside the model's own end tokens."""

    text: str
    stop: tuple[str, ...]


def written(prequery: str, system: str | None, stop: tuple[str, ...]) -> Prequery:
    r"""A beginning that the recipe gives, with the system prompt in it.

    >>> written("<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n", "Be brief.", ()).text
    '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n'
    """
    return Prequery(prequery.replace(SYSTEM, system or ""), stop)


def derived(tokenizer: Any, system: str | None) -> Prequery:
    """The beginning of a user's turn by a tokenizer's chat template.

    The stop is the special token behind the user's words, or else the rest of that line, as in `[/INST]`.
    Raises DataError when the template cannot be rendered so, leaves the system prompt out, or ends a turn by nothing.
    """
    rendered = _rendered(tokenizer, system)
    before, mark, after = rendered.partition(MARK)
    if not mark or MARK in after:
        raise DataError(f"its chat template does not say a user's words once, and as they are. {ADVICE}")
    if system and system.strip() not in before:
        raise DataError("its chat template leaves the system prompt out. Leave out system:, or give prequery:")
    stop = _first_token(after.strip(), special_tokens(tokenizer))
    if not stop:
        raise DataError(f"its chat template ends a user's turn by nothing, so no instruction would end. {ADVICE}")
    return Prequery(before.rstrip(" "), (stop,))  # a space belongs to the token of the word behind it


def without_bos(prequery: Prequery, tokenizer: Any) -> Prequery:
    """For a server: its completions endpoint puts the first token itself, where the tokenizer does."""
    bos = tokenizer.bos_token
    if not bos or tokenizer("a")["input_ids"][:1] != [tokenizer.bos_token_id]:
        return prequery
    return replace(prequery, text=prequery.text.removeprefix(bos))


def _rendered(tokenizer: Any, system: str | None) -> str:
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        raise DataError(f"it has no chat template. {ADVICE}")
    chat = [{"role": "user", "content": MARK}]
    if system:
        chat.insert(0, {"role": "system", "content": system})
    try:
        return prompt_text(tokenizer, chat)
    except (TemplateError, TypeError, ValueError, LookupError, AttributeError) as broken:
        said = " with a system prompt" if system else ""
        raise DataError(f"its chat template refuses one user message{said}: {broken}. {ADVICE}") from broken


def _first_token(after: str, special: Mapping[str, int]) -> str:
    """The longest special token a text begins with, or its first line."""
    found = [token for token in special if token and after.startswith(token)]
    return max(found, key=len) if found else after.partition("\n")[0].rstrip()
