"""Gives a release a version of its own in one environment, in the text of pipeline.yaml.

The short form of ``environments`` (a list of names) becomes the long one, name by name. Comments, quotes and line ends
stay. What to change is decided here; version_edit.py applies it and checks the result.
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pipeline.core.config.model import FILE
from pipeline.core.config.text_change import TextChange, quoted, refused, same_line_value

_KEY = "environments"


@dataclass(frozen=True, slots=True)
class OwnVersion:
    """The version that a release is to have in one environment alone."""

    release: str
    environment: str
    version: str

    @property
    def flow(self) -> str:
        return f"{{version: {quoted(self.version, '', flow=True)}}}"


def wanted_environments(entry: Mapping[str, Any], wish: OwnVersion, every: Iterable[str]) -> Any:
    """The data of ``environments`` after the edit."""
    declared = entry.get(_KEY) or list(every)
    own = deepcopy(declared) if isinstance(declared, dict) else {name: {} for name in declared}
    own[wish.environment] = {**(own.get(wish.environment) or {}), "version": wish.version}
    return own


def version_changes(text: str, node: Any, own: OwnVersion, every: Iterable[str]) -> list[TextChange]:
    """``node`` is the mapping of the release; ``every`` are all environments of pipeline.yaml.

    Raises:
        UsageError: the place cannot be edited without changing something else.
    """
    pair = next((pair for pair in node.value if pair[0].value == _KEY), None)
    if pair is None:
        return [_added(text, node, own, every)]
    key, value = pair
    if value.start_mark.index < key.start_mark.index:
        raise refused(f"{FILE}:{key.start_mark.line + 1}: the environments of release {own.release!r} are an alias")
    if isinstance(value.value, list) and value.tag.endswith(":map"):
        return [_in_map(text, value, own)]
    return _from_list(text, key, value, own)


def _added(text: str, node: Any, own: OwnVersion, every: Iterable[str]) -> TextChange:
    there = {key.value: (key, value) for key, value in node.value if key.start_mark.index >= node.start_mark.index}
    key, value = there.get("namespace") or there.get("name") or next(iter(there.values()))
    if value.start_mark.index < key.start_mark.index:
        raise refused(f"{FILE}:{key.start_mark.line + 1}: no environments can be added after an alias")
    inner = ", ".join(f"{name}: {own.flow if name == own.environment else '{}'}" for name in every)
    end = value.end_mark.index
    if node.flow_style:
        return TextChange(end, end, f", {_KEY}: {{{inner}}}")
    return TextChange.line_after(text, end, f"{' ' * key.start_mark.column}{_KEY}: {{{inner}}}")


def _in_map(text: str, node: Any, own: OwnVersion) -> TextChange:
    pair = next((pair for pair in node.value if pair[0].value == own.environment), None)
    if pair is None:
        raise refused(f"{FILE}:{node.start_mark.line + 1}: release {own.release!r} does not run in {own.environment}")
    key, value = pair
    if value.start_mark.index < key.start_mark.index:
        raise refused(
            f"{FILE}:{key.start_mark.line + 1}: what release {own.release!r} has in {own.environment} is an alias"
        )
    if not isinstance(value.value, list):  # null, written or not
        start, end = value.start_mark.index, value.end_mark.index
        if start == end:
            colon = text.index(":", key.end_mark.index)
            return TextChange(colon + 1, colon + 1, f" {own.flow}")
        return TextChange(start, end, own.flow)
    old = next((one for name, one in value.value if name.value == "version"), None)
    if old is not None:
        return same_line_value(
            text, old, own.version, f"the version of release {own.release!r}", flow=bool(value.flow_style)
        )
    new = quoted(own.version, "", flow=bool(value.flow_style))
    if value.flow_style:
        start = text.index("{", value.start_mark.index) + 1
        return TextChange(start, start, f"version: {new}{', ' if value.value else ''}")
    first = value.value[0][0].start_mark
    ends = "\r\n" if "\r\n" in text else "\n"
    return TextChange(first.index, first.index, f"version: {new}{ends}{' ' * first.column}")


def _from_list(text: str, key: Any, node: Any, own: OwnVersion) -> list[TextChange]:
    """Each name of the list becomes a key; a block list keeps its lines."""
    changes, names = [], [pair.value for pair in node.value]
    if own.environment not in names:
        raise refused(f"{FILE}:{key.start_mark.line + 1}: release {own.release!r} does not run in {own.environment}")
    for name, one in zip(names, node.value, strict=True):
        end = one.end_mark.index
        changes.append(TextChange(end, end, f": {own.flow if name == own.environment else '{}'}"))
        if not node.flow_style:
            dash = text.rindex("-", 0, one.start_mark.index)
            column = one.start_mark.column - (one.start_mark.index - dash)
            indent = "  " if column <= key.start_mark.column else ""
            changes.append(TextChange(dash, one.start_mark.index, indent))
        if one.start_mark.index < node.start_mark.index:
            raise refused(f"{FILE}:{key.start_mark.line + 1}: an environment of release {own.release!r} is an alias")
    if node.flow_style:
        start, end = node.start_mark.index, node.end_mark.index
        opening = re.compile(r"\[").search(text, start)
        assert opening is not None, "BUG: a flow list without a bracket"
        changes += [TextChange(opening.start(), opening.end(), "{"), TextChange(end - 1, end, "}")]
    return changes
