"""Chats come out as they were last on the screen, and what cannot come along is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curate.dialects import Normalised, normalise
from curate.sources.files import read

ASK, SAY = {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}


def loaded(tmp_path: Path, chats: list[dict[str, Any]]) -> Normalised:
    """The rows of an export, as it lies on the disk."""
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(chats))
    return normalise(read(path).frame)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if inner is not None}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def said(made: Normalised) -> list[Any]:
    return [plain(messages) for messages in made.frame["messages"].to_list()]


def message(role: str, text: str | None = None, **other: Any) -> dict[str, Any]:
    """A message of ChatGPT's."""
    content = other.pop("content", {"content_type": "text", "parts": [text]})
    author = {"role": role, "name": other.pop("name", None), "metadata": {}}
    return {"author": author, "content": content, "recipient": "all", "metadata": {}, "weight": 1.0} | other


def chatgpt(*messages: dict[str, Any] | None, **nodes: Any) -> dict[str, Any]:
    """A chat without branches, unless `nodes` adds some."""
    mapping = {
        f"n{n}": {"id": f"n{n}", "message": one, "parent": f"n{n - 1}" if n else None, "children": [f"n{n + 1}"]}
        for n, one in enumerate(messages)
    }
    current = nodes.pop("current", f"n{len(messages) - 1}")
    return {"title": "Sums", "mapping": mapping | nodes, "current_node": current, "default_model_slug": "gpt-4o"}


def test_chatgpt_the_branch_that_the_chat_stands_at(tmp_path: Path) -> None:
    other = {"id": "x", "message": message("assistant", "3"), "parent": "n2", "children": []}
    chat = chatgpt(None, message("system", ""), message("user", "1+1?"), message("assistant", "2"), x=other)
    made = loaded(tmp_path, [chat, chat | {"current_node": "x"}])
    assert made.dialect == "chatgpt"
    assert said(made) == [[ASK, SAY], [ASK, {"role": "assistant", "content": "3"}]]
    assert made.frame["title"].to_list() == ["Sums", "Sums"]
    assert "left_out" not in made.frame.columns


def test_chatgpt_calls_of_tools_and_thoughts_keep_their_places(tmp_path: Path) -> None:
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Sum", "content": "One and one."}]}
    recap = {"content_type": "reasoning_recap", "content": "Thought for 3 seconds"}
    code = {"content_type": "code", "language": "unknown", "text": "print(1+1)"}
    made = loaded(tmp_path, [chatgpt(
        None, message("user", "1+1?"), message("assistant", content=thoughts), message("assistant", content=recap),
        message("assistant", "I compute."), message("assistant", content=code, recipient="python"),
        message("tool", content={"content_type": "execution_output", "text": "2"}, name="python"),
        message("assistant", "2"),
    )])  # fmt: skip
    arguments = json.dumps({"code": "print(1+1)"})
    call = {"type": "function", "function": {"name": "python", "arguments": arguments}}
    assert said(made) == [[
        ASK,
        {"role": "assistant", "content": "I compute.", "reasoning_content": "One and one.", "tool_calls": [call]},
        {"role": "tool", "content": "2", "name": "python"}, SAY,
    ]]  # fmt: skip


def test_chatgpt_what_is_hidden_or_attached_is_told_and_a_picture_fails(tmp_path: Path) -> None:
    about = {"content_type": "user_editable_context", "user_profile": "", "user_instructions": "Be short."}
    hidden = message("user", content=about, metadata={"is_visually_hidden_from_conversation": True})
    asked = message("user", "1+1?", metadata={"attachments": [{"name": "a.pdf"}]})
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}
    shown = message("user", content={"content_type": "multimodal_text", "parts": [picture, "1+1?"]})
    chats = [chatgpt(hidden, asked, message("assistant", "2")), chatgpt(shown, message("assistant", "2"))]
    made = loaded(tmp_path, chats)
    assert said(made) == [[ASK, SAY]]
    assert made.frame["left_out"].to_list() == ["hidden messages, attached files"]
    assert made.notes == ("of 1 conversations something is left out: the column 'left_out' says what",)
    assert made.failed["reason"].to_list() == ["a part of type 'image_asset_pointer' is not text"]


def test_chatgpt_a_tree_that_is_none_fails_and_keeps_the_others(tmp_path: Path) -> None:
    lost = chatgpt(message("user", "1+1?"), current="gone")
    ring = {"id": "r", "message": message("user", "?"), "parent": "s", "children": ["s"]}
    gnir = {"id": "s", "message": message("assistant", "!"), "parent": "r", "children": ["r"]}
    whole = chatgpt(message("user", "1+1?"), message("assistant", "2"))
    made = loaded(tmp_path, [lost, chatgpt(current="r", r=ring, s=gnir), whole])
    assert said(made) == [[ASK, SAY]]
    assert sorted(made.failed["reason"]) == [
        "a message that replies to itself, over others", "the message that the chat stands at is not in it"
    ]  # fmt: skip


def test_chatgpt_many_chats_come_out_alike_whatever_form_their_table_takes(tmp_path: Path) -> None:
    """Beyond 256 different ids a mapping is text in the table."""
    chats = []
    for n in range(200):
        nodes = {
            f"u{n}": {"id": f"u{n}", "message": message("user", "1+1?"), "parent": None},
            f"a{n}": {"id": f"a{n}", "message": message("assistant", "2"), "parent": f"u{n}"},
        }
        chats.append({"mapping": nodes, "current_node": f"a{n}"})
    assert said(loaded(tmp_path, chats)) == [[ASK, SAY]] * 200


def claude(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"uuid": "c", "name": "Sums", "account": {"uuid": "a"}, "chat_messages": [*messages]} | more


def test_claude_texts_files_and_calls(tmp_path: Path) -> None:
    file = {"file_name": "a.txt", "file_size": 3, "extracted_content": "1+1"}
    plain_chat = claude(
        {"uuid": "1", "sender": "human", "text": "Sum it up", "content": [], "attachments": [file], "files": []},
        {"uuid": "2", "sender": "assistant", "text": "2", "content": [{"type": "text", "text": "2"}]},
    )
    parts = [
        {"type": "thinking", "thinking": "I look."}, {"type": "text", "text": "I look."},
        {"type": "tool_use", "name": "sum", "input": {"a": 1}, "id": "t"},
        {"type": "tool_result", "tool_use_id": "t", "name": "sum", "content": [{"type": "text", "text": "2"}]},
        {"type": "token_budget"}, {"type": "text", "text": "2"},
    ]  # fmt: skip
    called = claude(
        {"uuid": "1", "sender": "human", "text": "1+1?", "content": [{"type": "text", "text": "1+1?"}],
         "files": [{"file_name": "b.png"}]},
        {"uuid": "2", "sender": "assistant", "text": "I look. 2", "content": parts},
    )  # fmt: skip
    made = loaded(tmp_path, [plain_chat, called])
    call = {"type": "function", "function": {"name": "sum", "arguments": '{"a": 1}'}, "id": "t"}
    assert made.dialect == "claude"
    assert said(made) == [
        [{"role": "user", "content": "Sum it up\n\na.txt:\n1+1"}, SAY],
        [ASK, {"role": "assistant", "content": "I look.", "reasoning_content": "I look.", "tool_calls": [call]},
         {"role": "tool", "content": "2", "name": "sum", "tool_call_id": "t"}, SAY],
    ]  # fmt: skip
    assert made.frame["left_out"].to_list() == [None, "attached files"]


def test_claude_follows_the_current_branch_where_messages_name_their_parents(tmp_path: Path) -> None:
    messages = [
        {"uuid": "1", "sender": "human", "text": "1+1?", "parent_message_uuid": "root"},
        {"uuid": "2", "sender": "assistant", "text": "2", "parent_message_uuid": "1"},
        {"uuid": "3", "sender": "assistant", "text": "3", "parent_message_uuid": "1"},
    ]
    assert said(loaded(tmp_path, [claude(*messages, current_leaf_message_uuid="2")])) == [[ASK, SAY]]


@pytest.mark.parametrize("history", [True, False])
def test_open_webui_follows_the_current_branch(tmp_path: Path, history: bool) -> None:
    thought = '<details type="reasoning" done="true">\n<summary>Thought for 2 seconds</summary>\n> easy\n</details>\n2'
    nodes = {
        "1": {"id": "1", "parentId": None, "role": "user", "content": "1+1?"},
        "2": {"id": "2", "parentId": "1", "role": "assistant", "content": "3"},
        "3": {"id": "3", "parentId": "1", "role": "assistant", "content": thought},
    }
    chat: dict[str, Any] = {"title": "Sums", "params": {"system": "Add."}, "messages": [nodes["1"], nodes["3"]]}
    if history:
        chat["history"] = {"messages": nodes, "currentId": "3"}
    made = loaded(tmp_path, [{"id": "c", "user_id": "u", "title": "Sums", "chat": chat, "archived": False}])
    assert made.dialect == "open_webui"
    system = {"role": "system", "content": "Add."}
    assert said(made) == [[system, ASK]]
    assert made.frame.select("completion", "thinking").row(0) == ("2", "easy")
