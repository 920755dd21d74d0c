"""Adds a release to the text of pipeline.yaml: its lines come after those of the last one, and nothing else changes."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.core.config.model import FILE
from pipeline.core.config.text_change import line_end, refused, scalar
from pipeline.core.config.version_edit import composed
from pipeline.core.errors import UsageError
from pipeline.core.yaml.reader import YamlError, load


def with_release(text: str, entry: Mapping[str, str]) -> str:
    """``text`` with one more release; ``entry`` are its keys in the order to write them.

    Raises:
        UsageError: there is a release of that name, or the text cannot be edited in place.
    """
    data = load(text)
    if any(release["name"] == entry["name"] for release in data["releases"]):
        raise UsageError(f"{FILE} already has a release {entry['name']!r}", hint="choose another: --name NAME")
    node = next(value for key, value in composed(text).value if key.value == "releases")
    new = _edited(text, node, entry)
    wanted = {**data, "releases": [*data["releases"], dict(entry)]}
    try:
        same = load(new) == wanted
    except YamlError:
        same = False
    if not same:
        raise refused(f"{FILE}:{node.start_mark.line + 1}: no release can be added in place", "add it by hand")
    return new


def _edited(text: str, node: Any, entry: Mapping[str, str]) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    if node.flow_style and node.value:
        last = _end(node.value[-1])
        return f"{text[:last]}, {_flow(entry)}{text[last:]}"
    ends = line_end(text)
    if node.flow_style:  # an empty list
        return text[:start].rstrip(" ") + ends + ends.join(_block(entry, 2)) + text[end:]
    stop = re.compile(r"\r\n|\n|\r|$").search(text, _end(node.value[-1]))
    at = stop.start() if stop else len(text)
    return text[:at] + ends + ends.join(_block(entry, node.start_mark.column)) + text[at:]


def _end(node: Any, key_end: int = 0) -> int:
    """Where the text of a node ends: a block's own end lies after the comments that follow it.

    ``key_end`` is where its key ends: the node of an alias lies at its anchor.
    """
    if node.start_mark.index < key_end:
        return key_end
    if not isinstance(node.value, list) or not node.value or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1], last[0].end_mark.index) if isinstance(last, tuple) else _end(last)


def _block(entry: Mapping[str, str], column: int) -> list[str]:
    rows = [f"{key}: {scalar(value, flow=False)}" for key, value in entry.items()]
    return [f"{' ' * column}{'- ' if number == 0 else '  '}{row}" for number, row in enumerate(rows)]


def _flow(entry: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {scalar(value, flow=True)}" for key, value in entry.items()) + "}"
