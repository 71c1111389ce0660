"""YAML text to plain values and a map from every key and entry to its line; hostile files are refused, not suffered.

pySigma's complaints carry no line, so this is where ours come from. The text is first read as a flat stream of parse
events, which costs no stack, and refused when it is nested or long beyond any rule; only then is it built.
"""

from __future__ import annotations

import pathlib
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

BYTES_MAX: Final = 512 * 1024
_DEPTH_MAX: Final = 32
_NODES_MAX: Final = 50_000

Path = tuple[Hashable, ...]
"""Keys and list positions from the document's root."""


class YamlFaultError(Exception):
    """The text cannot be used; carries the line (1 = first, 0 unknown)."""

    def __init__(self, line: int, complaint: str) -> None:
        self.line, self.complaint = line, complaint
        super().__init__(f"line {line}: {complaint}")


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its value and the line of every key and entry in it."""

    value: Any
    lines: dict[Path, int]

    def line(self, *path: Hashable) -> int:
        """The line of the nearest thing on the way to ``path`` that has one."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return line
        return 0


def read_bounded(path: pathlib.Path) -> bytes:
    """The file's bytes, or just enough of them to be refused as too many."""
    with path.open("rb") as file:
        return file.read(BYTES_MAX + 1)


def read_documents(data: bytes) -> list[Document]:
    """Every document of a file. Raises YamlFaultError naming the line."""
    if len(data) > BYTES_MAX:
        raise YamlFaultError(0, f"the file has more than {BYTES_MAX} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlFaultError(line, f"not UTF-8: {error.reason}") from error
    try:
        _refuse_monsters(text)
        return list(_documents(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlFaultError(mark.line + 1 if mark else 0, f"not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise YamlFaultError(0, f"not YAML: {error}") from error


def _refuse_monsters(text: str) -> None:
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            raise YamlFaultError(line, "YAML aliases (*name) are not allowed in rules: write the value out")
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > _DEPTH_MAX:
            raise YamlFaultError(line, f"nested deeper than {_DEPTH_MAX} levels")
        if nodes > _NODES_MAX:
            raise YamlFaultError(line, f"more than {_NODES_MAX} YAML nodes in one file")


def _documents(text: str) -> Iterator[Document]:
    loader = yaml.CSafeLoader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            lines: dict[Path, int] = {}
            yield Document(_build(loader, node, (), lines), lines)
    finally:
        loader.dispose()


def _build(loader: yaml.CSafeLoader, node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, child, (*path, index), lines) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(loader, node, path, lines)
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError) as error:  # 2026-02-31 is shaped like a date
        raise YamlFaultError(node.start_mark.line + 1, f"not a value: {error}") from error


def _build_mapping(
    loader: yaml.CSafeLoader, node: yaml.MappingNode, path: Path, lines: dict[Path, int]
) -> dict[Any, Any]:
    value: dict[Any, Any] = {}
    for key_node, child in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise YamlFaultError(line, "a key must be plain text")
        key = loader.construct_object(key_node)
        if key in value:
            raise YamlFaultError(line, f"the key {key!r} stands here a second time")
        lines[(*path, key)] = line
        value[key] = _build(loader, child, (*path, key), lines)
    return value
