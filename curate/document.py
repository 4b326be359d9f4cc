"""YAML text -> a tree in which every value knows its line.

PyYAML reads YAML 1.1, where `no` is False, `1e-5` is a string and a repeated key wins silently. Here only PyYAML's
parser is used; scalars follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema): `no` stays
the word `no`, `1e-5` is a number. One more freedom: `100_000` is a number too. Repeated keys, tags, merge keys and
documents that unfold into more than 20,000 values are mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from curate.errors import DataError, RecipeError, did_you_mean

MAX_CHARACTERS = 1_000_000
MAX_VALUES = 20_000
MAX_DEPTH = 60

_TAGS = {"!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9][0-9_]{0,60}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,60}|[0-9]{1,60}(\.[0-9]{0,60})?)([eE][-+]?[0-9]{1,4})?")
_INF_NAN = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document: a scalar, a list of nodes, or a dict of nodes, and where it stands.

    place: `recipes/x.yaml:4`; a value given on the command line has its own words as its place.
    """

    value: Any
    place: str

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def places(self) -> Iterator[str]:
        """Its own place, and that of everything in it."""
        yield self.place
        inside = self.value.values() if isinstance(self.value, dict) else self.value
        for node in inside if isinstance(self.value, dict | list) else ():
            yield from node.places()

    def place_of(self, path: tuple[str | int, ...]) -> str:
        """Where `path` stands, or the nearest part of it that the document has."""
        node = self
        for part in path:
            inside = dict(enumerate(node.value)) if isinstance(node.value, list) else node.value
            if not isinstance(inside, dict) or part not in inside:
                break
            node = inside[part]
        return node.place


def document_text(path: Path, what: str, hint: str = "") -> str:
    """The text of a YAML file. what: a recipe, a config; hint: what to do when there is none, nor a like name.

    Raises DataError without a file, RecipeError for one that is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as broken:
        raise RecipeError(str(path), [f"{path}: not UTF-8 at byte {broken.start}; save it as UTF-8"]) from None
    except OSError as broken:
        near = sorted(other.name for other in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
        raise DataError(f"{path}: no {what} there ({broken.strerror}){did_you_mean(path.name, near) or hint}") from None


def parse(text: str, source: str, hint: str = "") -> Node:
    r"""Read one YAML document. Raises RecipeError with every mistake that can be told.

    hint: what to do about one that is empty.

    >>> parse("a: 1e-5\nb: no", "x.yaml").plain()
    {'a': 1e-05, 'b': 'no'}
    """
    if len(text) > MAX_CHARACTERS:
        raise RecipeError(source, [f"{source}: {len(text):,} characters; a recipe has at most {MAX_CHARACTERS:,}"])
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        place = f"{source}:{mark.line + 1}" if mark else source
        raise RecipeError(source, [f"{place}: not YAML: {broken.problem or broken.context}"]) from None
    except yaml.YAMLError as broken:
        raise RecipeError(source, [f"{source}: not YAML: {str(broken).splitlines()[0]}"]) from None
    except RecursionError:
        raise RecipeError(source, [f"{source}: nested too deeply; a recipe has at most {MAX_DEPTH} levels"]) from None
    if root is None:
        raise RecipeError(source, [f"{source}: empty{hint}"])
    builder = _Builder(source)
    node = builder.build(root, 0, root.start_mark.line)
    if builder.mistakes:
        raise RecipeError(source, builder.mistakes)
    return node


class _Loader(yaml.SafeLoader):
    """PyYAML's parser with no implicit types: every plain scalar arrives as text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own attribute


class _Builder:
    """Turns composed YAML nodes into `Node`s and collects the mistakes on the way."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.mistakes: list[str] = []
        self.count = 0

    def build(self, node: yaml.Node, depth: int, line: int) -> Node:
        self.count += 1
        place = f"{self.source}:{line + 1}"
        if self.count > MAX_VALUES or depth > MAX_DEPTH:
            self._once(f"{place}: unfolds into more than {MAX_VALUES:,} values or {MAX_DEPTH} levels")
            return Node(None, place)
        if node.tag not in _TAGS:
            self.mistakes.append(f"{place}: tags are not read (got {node.tag!r}); write the plain value")
            return Node(None, place)
        if isinstance(node, yaml.MappingNode):
            return Node(dict(self._entries(node, depth)), place)
        if isinstance(node, yaml.SequenceNode):
            return Node([self.build(item, depth + 1, item.start_mark.line) for item in node.value], place)
        quoted = isinstance(node, yaml.ScalarNode) and bool(node.style)
        return Node(node.value if quoted else plain_scalar(str(node.value)), place)

    def _entries(self, node: yaml.MappingNode, depth: int) -> Iterator[tuple[str, Node]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line
            place = f"{self.source}:{line + 1}"
            if self.count > MAX_VALUES:
                return
            if not isinstance(key_node, yaml.ScalarNode):
                self.mistakes.append(f"{place}: a key must be a word")
                continue
            key = str(key_node.value)
            if key == "<<":
                self.mistakes.append(f"{place}: merge keys ('<<') are not read; write the keys out")
            elif key in seen:
                self.mistakes.append(f"{place}: key '{key}' is given twice (first on line {seen[key] + 1})")
            else:
                seen[key] = line
                yield key, self.build(value_node, depth + 1, line)

    def _once(self, mistake: str) -> None:
        if not any("unfolds into" in line for line in self.mistakes):
            self.mistakes.append(mistake)


def plain_scalar(text: str) -> Any:
    """The value of an unquoted scalar by the core schema of YAML 1.2.

    >>> [plain_scalar(text) for text in ("no", "true", "1e-5", "100_000", "~", "0x1F", "1.2.3")]
    ['no', True, 1e-05, 100000, None, 31, '1.2.3']
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INF_NAN.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
