"""Dialects of trees: messages with replies nested in them, or one message a row (OpenAssistant).

Each has `text`, `role` and `replies`; siblings are ranked from 0, the best.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.words import checked
from curate.messages import to_messages
from curate.parts import Message


def _tree_paths(row: Row) -> list[Row]:
    """One conversation for each last answer of the tree, with the rank of that answer among its siblings."""
    made = []
    for path, node in _walk(row["tree"]):
        if not _helps(node) or any(_helps(deeper) for reply in _replies(node) for deeper in _replies(reply)):
            continue
        made.append({"messages": checked(to_messages(path)), "rank": node.get("rank")})
    if not made:
        raise CannotConvert("a tree without answers")
    return made


def _tree_pairs(row: Row) -> list[Row]:
    """The best of each group of ranked answers against each of the others."""
    made = []
    for path, node in _walk(row["tree"]):
        ranked = sorted(
            (reply for reply in _replies(node) if _is_ranked(reply)), key=lambda reply: float(reply["rank"])
        )
        for worse in ranked[1:]:
            best = ranked[0]
            if best["rank"] < worse["rank"] and best["text"].strip() != worse["text"].strip() and worse["text"].strip():
                pair = {"chosen": best["text"], "rejected": worse["text"]}
                made.append({"messages": checked(to_messages(path)), **pair, "rank_rejected": worse["rank"]})
    if not made:
        raise CannotConvert("a tree without ranked answers")
    return made


def _walk(root: Any) -> Iterator[tuple[list[Message], Mapping[str, Any]]]:
    """Each message of a tree with the path that leads to it, itself included; deleted ones end their branch."""
    waiting: list[tuple[list[Message], Any]] = [([], root)]
    while waiting:
        path, node = waiting.pop()
        if not isinstance(node, Mapping) or node.get("deleted") or not isinstance(node.get("text"), str):
            continue
        here = [*path, {"role": node.get("role"), "content": node["text"]}]
        yield here, node
        waiting += [(here, reply) for reply in reversed(_replies(node))]


def _replies(node: Mapping[str, Any]) -> list[Any]:
    replies = node.get("replies")
    given = replies if isinstance(replies, list) else []
    return [reply for reply in given if isinstance(reply, Mapping) and not reply.get("deleted")]


def _is_ranked(node: Mapping[str, Any]) -> bool:
    return _helps(node) and isinstance(node.get("rank"), int | float) and isinstance(node.get("text"), str)


def _helps(node: Mapping[str, Any]) -> bool:
    return node.get("role") == "assistant"


def _grow(rows: Sequence[Row]) -> tuple[list[tuple[int, Row]], list[tuple[int, str]]]:
    """Trees from a table with one message a row, each naming its parent."""
    nodes: dict[str, dict[str, Any]] = {}
    places: dict[str, int] = {}
    lost: list[tuple[int, str]] = []
    for place, row in enumerate(rows):
        name = row["message_id"]
        if name is None or name in nodes:
            lost.append((place, "a message without an id" if name is None else "a second message of the same id"))
        else:
            nodes[name], places[name] = {**row, "replies": []}, place
    roots = []
    for name, node in nodes.items():
        parent = node["parent_id"]
        if parent is None:
            roots.append((places[name], {"tree": node}))
        elif isinstance(parent, str) and parent in nodes:
            nodes[parent]["replies"].append(node)
        else:
            lost.append((places[name], "the message it replies to is not in the data"))
    lost += [(places[name], "it replies to itself, over others") for name in _circles(nodes)]
    return roots, lost


def _circles(nodes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The messages from which no way up ends: they reply to one another in a circle, or to one that does."""
    ends: dict[str, bool] = {}
    for name in nodes:
        path: list[str] = []
        here: Any = name
        while isinstance(here, str) and here in nodes and here not in ends:
            ends[here] = False  # until the way up from it is known to end
            path.append(here)
            here = nodes[here]["parent_id"]
        ends.update(dict.fromkeys(path, ends.get(here, True) if isinstance(here, str) else True))
    return [name for name, ending in ends.items() if not ending]


def _is_tree(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    fields = set(rows[0]["tree"] or {}) if rows else set()
    return None if {"text", "role", "replies"} <= fields else "its objects have no text, role and replies"


_MESSAGE_ROWS = {
    "message_id": Part(("message_id",)), "parent_id": Part(("parent_id",), "any"), "text": Part(("text",)),
    "role": Part(("role",)),
}  # fmt: skip
_MESSAGE_MAY = {"rank": Part(("rank",), "any"), "deleted": Part(("deleted",), "any")}
_TREE = {"tree": Part(("prompt", "tree", "root"), "object")}

DIALECTS = (
    Dialect(
        "oasst_tree", "a tree of messages with nested replies (OpenAssistant): one conversation a path",
        _TREE, _tree_paths, looks=_is_tree,
    ),
    Dialect(
        "oasst_tree_pairs", "the same trees: one pair for each ranked answer below the best",
        _TREE, _tree_pairs, looks=_is_tree, asked=True,
    ),
    Dialect(
        "oasst_messages", "one message a row, each naming its parent (OASST1 on the Hub): one conversation a path",
        _MESSAGE_ROWS, _tree_paths, may=_MESSAGE_MAY, gather=_grow,
    ),
    Dialect(
        "oasst_messages_pairs", "the same rows: one pair for each ranked answer below the best",
        _MESSAGE_ROWS, _tree_pairs, may=_MESSAGE_MAY, gather=_grow, asked=True,
    ),
)  # fmt: skip
