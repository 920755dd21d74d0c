"""Moves keys of a YAML text to other places, with their comments; everything else stays, to the byte.

Only keys of block maps that begin their line are moved. The new text is read again: it must hold what is wanted.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.core.yaml.reader import YamlError, load

Path = tuple[str, ...]
_COMMENT = re.compile(r"\s*#")


def with_moved_keys(text: str, moves: Mapping[Path, Path]) -> str | None:
    """``text`` with each key (and what is below it) at its new path; None where that cannot be done in place."""
    try:
        wanted = deepcopy(load(text))
        for old, new in moves.items():
            _set(wanted, new, _taken(wanted, old))
            text = _moved(text, old, new)
        return text if load(text) == wanted else None
    except (YamlError, _CannotError, MarkedYAMLError, YAMLError, ValueError):
        return None


class _CannotError(Exception):
    """There is no such place, or it is of a form that is not edited."""


def _taken(data: Any, path: Path) -> Any:
    """The value at ``path``, which is removed, with the maps above it that hold nothing else."""
    value = data.get(path[0]) if isinstance(data, dict) else None
    if not isinstance(data, dict) or path[0] not in data:
        raise _CannotError
    if len(path) == 1:
        return data.pop(path[0])
    taken = _taken(value, path[1:])
    if value == {}:
        del data[path[0]]
    return taken


def _set(data: Any, path: Path, value: Any) -> None:
    for key in path[:-1]:
        data = data.setdefault(key, {})
        if not isinstance(data, dict):
            raise _CannotError
    if path[-1] in data:
        raise _CannotError
    data[path[-1]] = value


def _moved(text: str, old: Path, new: Path) -> str:
    chain = _chain(text, old)
    key, value = chain[-1]
    if old[:-1] == new[:-1]:
        start, end = key.start_mark.index, key.end_mark.index
        quote = text[start] if text[start] in "'\"" else ""
        return f"{text[:start]}{quote}{new[-1]}{quote}{text[end:]}"
    lines = text.splitlines(keepends=True)
    top = next(one for number, one in enumerate(chain) if all(_alone(pair) for pair in chain[number:-1]))
    first, last = key.start_mark.line, _last_line(value, key)
    _check_block(lines, key)
    block = _with_comments(lines, first, key.start_mark.column)
    moved_lines = lines[block : last + 1]
    outer = _with_comments(lines, top[0].start_mark.line, top[0].start_mark.column) if top is not chain[-1] else block
    rest = lines[:outer] + lines[last + 1 :]
    return _inserted("".join(rest), moved_lines, key.start_mark.column, len(block_head(moved_lines)), new)


def block_head(lines: list[str]) -> list[str]:
    """The comment lines at its start."""
    head: list[str] = []
    for line in lines:
        if not _COMMENT.match(line):
            break
        head.append(line)
    return head


def _inserted(text: str, block: list[str], column: int, comments: int, new: Path) -> str:
    """The lines of a key below the longest part of its new path that is there already, or at the end."""
    ends = "\r\n" if "\r\n" in text + "".join(block) else "\n"
    if text and not text.endswith(("\n", "\r")):
        text += ends
    depth, at, indent = 0, len(text.splitlines(keepends=True)), 0
    for length in range(len(new) - 1, 0, -1):
        try:
            key, value = _chain(text, new[:length])[-1]
        except _CannotError:
            continue
        if value.flow_style or not isinstance(value.value, list) or not value.value:
            raise _CannotError
        depth, at, indent = length, _last_line(value, key) + 1, value.value[0][0].start_mark.column
        break
    parents = [f"{' ' * (indent + 2 * n)}{name}:{ends}" for n, name in enumerate(new[depth:-1])]
    shift = indent + 2 * len(parents) - column
    block = [_shifted(line, shift) for line in block]
    block[comments] = re.sub(r"^(\s*)[^:]+?(\s*:)", rf"\g<1>{new[-1]}\g<2>", block[comments], count=1)
    if not block[-1].endswith(("\n", "\r")):
        block[-1] += ends
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:at], *parents, *block, *lines[at:]])


def _shifted(line: str, by: int) -> str:
    if not line.strip():
        return line
    if by >= 0:
        return " " * by + line
    if line[:-by].strip():
        raise _CannotError
    return line[-by:]


def _chain(text: str, path: Path) -> list[tuple[Any, Any]]:
    """The key and the value of each step."""
    node, chain = YAML(typ="rt", pure=True).compose(text), []
    for step in path:
        pairs = node.value if node is not None and isinstance(node.value, list) else []
        pair = next((pair for pair in pairs if isinstance(pair, tuple) and pair[0].value == step), None)
        if pair is None or pair[1].start_mark.index < pair[0].start_mark.index or pair[1].anchor:
            raise _CannotError
        chain.append(pair)
        node = pair[1]
    return chain


def _alone(pair: tuple[Any, Any]) -> bool:
    """Whether the map below that key has one entry."""
    return len(pair[1].value) == 1


def _check_block(lines: list[str], key: Any) -> None:
    if lines[key.start_mark.line][: key.start_mark.column].strip():
        raise _CannotError


def _with_comments(lines: list[str], first: int, column: int) -> int:
    """The first of the comment lines right above that stand at the same indent."""
    while (
        first and _COMMENT.match(lines[first - 1]) and len(lines[first - 1]) - len(lines[first - 1].lstrip()) == column
    ):
        first -= 1
    return first


def _last_line(node: Any, key: Any) -> int:
    """The last line of a value: a block's own end lies after the comments that follow it."""
    if isinstance(node.value, list) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1], last[0]) if isinstance(last, tuple) else _last_line(last, last)
    if node.style in ("|", ">"):
        return int(node.end_mark.line) - 1 if node.end_mark.column == 0 else int(node.end_mark.line)
    return max(int(key.start_mark.line), int(node.end_mark.line) if node.start_mark.index != node.end_mark.index else 0)
