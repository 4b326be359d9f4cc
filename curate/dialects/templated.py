"""Conversations that a chat template has already written out as one text: what was meant for training as it stands.

| template | who speaks |
|---|---|
| ChatML, Llama 3, Gemma, Zephyr and Phi, DeepSeek | a token with the role in it |
| gpt-oss | the same, and the channel: `analysis` is thinking |
| Llama 2, Mistral | `[INST]` the user, `[/INST]` the assistant, `<<SYS>>` the system |
| Alpaca, Guanaco | a line `### Instruction:`, `### Human:` and so on |
| Vicuna | `USER:` and `ASSISTANT:` |

What stands before the first of them is the system's. Tokens of the template go; the text between them stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from curate.dialects.conversations import thought_apart
from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.words import CHATS, OUTPUTS, PROMPT, checked, filled
from curate.messages import ROLES, to_messages
from curate.parts import Message

_FORMS = tuple(
    re.compile(form)
    for form in (
        r"<\|im_start\|>\s*(\w+)",
        r"<\|start_header_id\|>(\w+)<\|end_header_id\|>",
        r"<start_of_turn>(\w+)",
        r"<\|start\|>(\w+(?:<\|channel\|>\w+)?)<\|message\|>",
        r"<｜(User|Assistant)｜>",
        r"<\|(system|user|assistant)\|>",
        r"(\[/?INST\])",
        r"### ?(Instruction|Input|Response|System|User|Human|Assistant):?",
        r"(?:^|(?<=\s))(USER|ASSISTANT|Human|Assistant):(?=\s|$)",
    )
)
_ROLES = {
    **ROLES,
    "[inst]": "user",
    "assistant<|channel|>final": "assistant",
    "[/inst]": "assistant",
    "instruction": "user",
    "input": "user",
    "response": "assistant",
}
_ANALYSIS = "assistant<|channel|>analysis"
_TOKENS = (
    "<s>", "</s>", "<bos>", "<eos>", "<end_of_turn>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|return|>",
    "<|endoftext|>", "<|begin_of_text|>", "<|end_of_text|>", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>",
)  # fmt: skip
"""What a template puts around what is said; in the midst of a text they are the speaker's own."""
_AROUND = (" ", "\n", "\t", "\r", *_TOKENS)


def from_template(source: str) -> list[Message]:
    r"""A text that a chat template wrote, as messages. Linear time. Raises CannotConvert when it is none.

    >>> from_template("<s>[INST] 1+1? [/INST] 2 </s>")
    [{'role': 'user', 'content': '1+1?'}, {'role': 'assistant', 'content': '2'}]
    """
    form = next((form for form in _FORMS if form.search(source)), None)
    if form is None:
        raise CannotConvert("a text without the marks of a chat template")
    before, *parts = form.split(source)
    said = zip(parts[::2], parts[1::2], strict=True)
    turns = [("system", before), *((_ROLES.get(who.lower(), who), text) for who, text in said)]
    made: list[Message] = []
    thought = ""
    for role, given in turns:
        content = _bare(given)
        if role == "user":
            told, content = _system_apart(content)
            made += [{"role": "system", "content": told}] if told else []
        if role == _ANALYSIS:
            thought = f"<think>{content}</think>"
            continue
        content, thought = thought + content, ""
        if content and made and made[-1]["role"] == role == "user":  # an instruction and its input
            made[-1]["content"] += f"\n\n{content}"
        elif content:
            made.append({"role": role, "content": content})
    return made


def _system_apart(text: str) -> tuple[str, str]:
    """The system's part of a user's turn of Llama 2, and the rest."""
    before, opened, rest = text.partition("<<SYS>>")
    told, closed, after = rest.partition("<</SYS>>")
    return (told.strip(), (before + after).strip()) if opened and closed else ("", text)


def _bare(text: str) -> str:
    """A text without the spaces and the tokens at either end. Linear time."""
    begin, end = 0, len(text)
    while first := next((one for one in _AROUND if text.startswith(one, begin, end)), ""):
        begin += len(first)
    while last := next((one for one in _AROUND if text.endswith(one, begin, end)), ""):
        end -= len(last)
    return text[begin:end]


def _templated(row: Row) -> list[Row]:
    made = checked(to_messages(from_template(filled(row["text"], "text"))))
    if {"user", "assistant"} - {message["role"] for message in made}:
        raise CannotConvert("a text in which only one side speaks")
    return [thought_apart(made)]


def _is_templated(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    texts = [row["text"] or "" for row in rows]
    marked = sum(any(len(form.findall(text)) > 1 for form in _FORMS) for text in texts)
    return None if texts and marked * 2 > len(texts) else "its texts have no marks of a chat template"


DIALECTS = (
    Dialect(
        "templated", "a text that a chat template wrote: ChatML, Llama, Gemma, Alpaca, Guanaco, Vicuna",
        {"text": Part(("text", "formatted_text", "formatted_chat"))}, _templated, looks=_is_templated,
        without=(*CHATS, *PROMPT.names, *OUTPUTS, "instruction", "chosen", "input"),
    ),
)  # fmt: skip
