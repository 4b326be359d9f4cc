"""Chats as the applications export them: ChatGPT, Claude, Open WebUI.

They are trees, for an answer can be asked for again and a question be written anew; what comes out is the branch that
was on the screen last. `left_out` says what of it could not come along: hidden messages, files that are not in the
export.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curate.dialects.conversations import thought_apart
from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.words import checked
from curate.messages import to_messages
from curate.parts import BadTurn, Message

_SILENT = ("reasoning_recap", "token_budget", "flag")
"""Parts that are of the screen, not of the conversation: `Thought for 5 seconds`."""
_REASONING = re.compile(r'<details type="reasoning"[^>]*>(.*?)</details>\s*', re.DOTALL)
_SUMMARY = re.compile(r"<summary>.*?</summary>\s*", re.DOTALL)


def branch(nodes: Mapping[str, Any], current: Any, parent: str) -> list[Mapping[str, Any]]:
    """The nodes from the first to the current one, each naming the one before it as `parent`. Raises CannotConvert."""
    if not isinstance(current, str) or not isinstance(nodes.get(current), Mapping):
        raise CannotConvert("the message that the chat stands at is not in it")
    path: dict[str, Mapping[str, Any]] = {}
    here: Any = current
    while isinstance(here, str) and isinstance(nodes.get(here), Mapping):
        if here in path:
            raise CannotConvert("a message that replies to itself, over others")
        path[here] = nodes[here]
        here = nodes[here].get(parent)
    return [*reversed(path.values())]


def joined(turns: Sequence[Message]) -> list[Message]:
    """Turns of the assistant that follow each other as one: an application shows a text, and then a call, apart."""
    made: list[Message] = []
    for turn in turns:
        last = made[-1] if made else None
        if last is None or not (last["role"] == "assistant" == turn["role"]) or "tool_calls" in last:
            made.append(dict(turn))
            continue
        for field in ("reasoning_content", "content"):
            said = [text for text in (last.get(field), turn.get(field)) if text]
            if said or field == "content":
                last[field] = "\n\n".join(said)
        if "tool_calls" in turn:
            last["tool_calls"] = turn["tool_calls"]
    return [turn for turn in made if turn["content"] or "tool_calls" in turn or turn["role"] != "assistant"]


def _made(turns: Sequence[Message], left_out: Sequence[str]) -> list[Row]:
    told = ", ".join(dict.fromkeys(left_out))
    return [thought_apart(checked(to_messages(joined(turns)))) | ({"left_out": told} if told else {})]


# ChatGPT: conversations.json, `mapping` from the id of a node to its message, parent and children


def _chatgpt(row: Row) -> list[Row]:
    turns: list[Message] = []
    left_out: list[str] = []
    for node in branch(_object(row["mapping"]), row["current"], "parent"):
        message = _object(node.get("message"))
        about = _object(message.get("metadata"))
        turn = _chatgpt_turn(message)
        if about.get("is_visually_hidden_from_conversation"):
            left_out += ["hidden messages"] if turn and (turn["content"] or "").strip() else []
        elif turn:
            left_out += ["attached files"] if about.get("attachments") else []
            turns.append(turn)
    return _made(turns, left_out)


def _chatgpt_turn(message: Mapping[str, Any]) -> Message | None:
    author, content = _object(message.get("author")), _object(message.get("content"))
    role, kind, recipient = author.get("role"), content.get("content_type"), message.get("recipient") or "all"
    if not content or kind in _SILENT:
        return None
    if kind == "thoughts":
        thoughts = (one.get("content") or one.get("summary") for one in content.get("thoughts") or [])
        return {"role": "assistant", "content": "", "reasoning_content": "\n\n".join(filter(None, thoughts))}
    text = "\n".join(_chatgpt_texts(content))
    if role == "assistant" and recipient != "all":
        return {
            "role": role,
            "content": "",
            "tool_calls": [_call(recipient, text, "code" if kind == "code" else "input")],
        }
    if role == "tool":
        return {"role": role, "content": text} | ({"name": author["name"]} if author.get("name") else {})
    return {"role": role, "content": text} if text.strip() else None


def _chatgpt_texts(content: Mapping[str, Any]) -> Iterator[str]:
    """The texts of a content. Raises BadTurn for a picture or a sound."""
    for part in content.get("parts") or [
        content.get("text") or content.get("result") or content.get("user_instructions")
    ]:
        value = _loaded(part) if isinstance(part, str) and part.startswith('{"') else part
        if isinstance(value, Mapping) and "content_type" in value:
            if value["content_type"] == "audio_transcription":
                yield value.get("text") or ""
                continue
            raise BadTurn(f"a part of type '{str(value['content_type'])[:40]}' is not text")
        if part:
            yield str(part)


def _call(name: str, text: str, field: str) -> Message:
    """A call whose arguments are JSON: a text that is none is the value of `field`."""
    arguments = text if isinstance(_loaded(text), Mapping) else json.dumps({field: text}, ensure_ascii=False)
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


def _object(value: Any) -> Mapping[str, Any]:
    """An object, or the one that a text stands for; an empty one for all else."""
    value = _loaded(value)
    return value if isinstance(value, Mapping) else {}


def _loaded(value: Any) -> Any:
    """What a text stands for, where it is JSON: an object of many fields is a text in a table."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _is_chatgpt(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    nodes = [node for node in _object(rows[0]["mapping"] if rows else None).values() if node]
    known = nodes and all(isinstance(node, Mapping) and "message" in node for node in nodes)
    return None if known else "its objects have no message"


# Claude: conversations.json, `chat_messages` with a text, parts, and files


def _claude(row: Row) -> list[Row]:
    said = [one for one in row["chat_messages"] or [] if isinstance(one, Mapping)]
    if said and all(one.get("parent_message_uuid") for one in said):
        nodes = {str(one.get("uuid")): one for one in said}
        said = [*branch(nodes, row["current"] or said[-1].get("uuid"), "parent_message_uuid")]
    turns: list[Message] = []
    left_out: list[str] = []
    for one in said:
        turns += _claude_turns(one)
        attached = [file for file in one.get("attachments") or [] if isinstance(file, Mapping)]
        for file in attached:
            if file.get("extracted_content"):
                turns[-1]["content"] += f"\n\n{file.get('file_name') or 'attached'}:\n{file['extracted_content']}"
        missing = one.get("files") or any(not file.get("extracted_content") for file in attached)
        left_out += ["attached files"] if missing else []
    return _made(turns, left_out)


def _claude_turns(one: Mapping[str, Any]) -> list[Message]:
    """The turns of a message: its text, its calls, and between two texts what a tool answered."""
    role = one.get("sender") or ""
    parts = [part for part in one.get("content") or [] if isinstance(part, Mapping) and part.get("type") not in _SILENT]
    turns = [{"role": "tool" if part.get("type") == "tool_result" else role, "content": [part]} for part in parts]
    read = [message for turn in turns for message in to_messages([turn])]
    if not any(message["content"] or message.get("tool_calls") for message in read):
        read = to_messages([{"role": role, "content": one.get("text") or ""}])
    if role != "human":
        return read
    return [{"role": "user", "content": "\n".join(message["content"] for message in read)}]


# Open WebUI: `chat` with a `history`, messages by their id and the current one


def _open_webui(row: Row) -> list[Row]:
    chat = _object(row["chat"])
    history = _object(chat.get("history"))
    nodes = _object(history.get("messages"))
    said = branch(nodes, history.get("currentId"), "parentId") if nodes else chat.get("messages")
    said = [one for one in said if isinstance(one, Mapping)] if isinstance(said, list) else []
    system = _object(chat.get("params")).get("system")
    turns: list[Message] = [{"role": "system", "content": system}] if system else []
    turns += [_thoughts_apart(one) for one in said]
    return _made(to_messages(turns), ["attached files" for one in said if one.get("files")])


def _thoughts_apart(one: Mapping[str, Any]) -> Message:
    """A turn whose thinking stands in a fold of the page."""
    content = one.get("content")
    turn = {"role": one.get("role"), "content": content}
    if isinstance(content, str) and (folds := _REASONING.findall(content)):
        lines = "\n".join(_SUMMARY.sub("", fold).strip() for fold in folds).splitlines()
        turn["content"] = _REASONING.sub("", content)
        turn["reasoning_content"] = "\n".join(line.removeprefix("> ").removeprefix(">") for line in lines)
    return turn


def _is_open_webui(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    known = any({"history", "messages"} & {*_object(row["chat"])} for row in rows)
    return None if known else "it has no history and no messages"


DIALECTS = (
    Dialect(
        "chatgpt", "ChatGPT's export (conversations.json): the branch that the chat stands at",
        {"mapping": Part(("mapping",), "object"), "current": Part(("current_node",))}, _chatgpt, looks=_is_chatgpt,
    ),
    Dialect(
        "claude", "Claude's export (conversations.json)",
        {"chat_messages": Part(("chat_messages",), "objects")}, _claude,
        may={"current": Part(("current_leaf_message_uuid",))}, over=("messages",),
    ),
    Dialect(
        "open_webui", "Open WebUI's export of chats: the branch that the chat stands at",
        {"chat": Part(("chat",), "object")}, _open_webui, looks=_is_open_webui,
    ),
)  # fmt: skip
