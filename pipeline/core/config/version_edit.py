"""Edits the versions of releases in the text of pipeline.yaml: nothing but the value changes, to the byte.

ruamel.yaml says where the value stands. It does not write the text: its own round trip changes indents, the quotes of
keys, line ends and comments in flow lists. The new text is read again: it must hold the same data but for the version.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.core.config.model import FILE
from pipeline.core.errors import UsageError
from pipeline.core.yaml.reader import YamlError, load

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_ONE_LINE = ("", None, '"', "'")


@dataclass(frozen=True, slots=True)
class VersionEdit:
    """One value that was changed. ``line`` counts from 1; ``before`` is empty where the release had no version."""

    release: str
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{FILE}:{self.line}: {self.release} {self.before or '(no version)'} -> {self.after}"


@dataclass(frozen=True, slots=True)
class _Replacement:
    start: int
    end: int
    text: str


def with_versions(text: str, versions: Mapping[str, str]) -> tuple[str, tuple[VersionEdit, ...]]:
    """``text`` with the versions of the releases named by ``versions``, and what was changed.

    Raises:
        UsageError: there is no such release, or its version cannot be changed without changing something else.
    """
    data = _loaded(text)
    root = composed(text)
    indexes = {entry["name"]: index for index, entry in enumerate(data["releases"])}
    replacements: dict[int, _Replacement] = {}
    edits, wanted = [], deepcopy(data)
    for release, version in versions.items():
        if release not in indexes:
            raise UsageError(f"{FILE} has no release {release!r}", hint=f"one of {', '.join(indexes)}")
        before = str(data["releases"][indexes[release]].get("version", ""))
        if before == version:
            continue
        node = _entry(root, indexes[release])
        change = _change(text, node, release, version)
        replacements[change.start] = change
        edits.append(VersionEdit(release, _line(text, change), before, version))
        wanted["releases"][indexes[release]]["version"] = version
    new = _applied(text, replacements.values())
    _check(new, wanted, edits)
    return new, tuple(edits)


def _loaded(text: str) -> dict[str, Any]:
    data: dict[str, Any] = load(text)
    return data


def composed(text: str) -> Any:
    """The nodes of the text with their positions.

    Raises:
        UsageError: ruamel.yaml, which is stricter than Kubernetes in places, does not read it.
    """
    try:
        return YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise refused(f"{FILE}:{line}: the file cannot be edited: {error.problem}") from error
    except (YAMLError, ValueError) as error:
        raise refused(f"{FILE}: the file cannot be edited: {str(error).splitlines()[0]}") from error


def _entry(root: Any, index: int) -> Any:
    """The mapping of the release at ``index`` of ``releases``."""
    return next(value for key, value in root.value if key.value == "releases").value[index]


def _change(text: str, node: Any, release: str, version: str) -> _Replacement:
    line = node.start_mark.line + 1
    if not any(key.start_mark.index >= node.start_mark.index for key, _ in node.value):
        raise refused(f"{FILE}:{line}: release {release!r} cannot be edited")
    pair = next((pair for pair in node.value if pair[0].value == "version"), None)
    if pair is None:
        return _inserted(text, node, version)
    value = pair[1]  # of an alias: the node of its anchor, which is edited; who else shares it is found by the check
    if value.style not in _ONE_LINE or value.start_mark.line != value.end_mark.line:
        raise refused(f"{FILE}:{value.start_mark.line + 1}: the version of release {release!r} is on several lines")
    start, end = value.start_mark.index, value.end_mark.index
    properties = _PROPERTIES.match(text, start, end)
    begin = properties.end() if properties else start
    return _Replacement(begin, end, _quoted(version, text[begin:end], flow=bool(node.flow_style)))


def _inserted(text: str, node: Any, version: str) -> _Replacement:
    """After the chart, or where that comes from an anchor, after the name."""
    own = {key.value: (key, value) for key, value in node.value if key.start_mark.index >= node.start_mark.index}
    key, value = own.get("chart") or own.get("name") or next(iter(own.values()))
    end = max(value.end_mark.index, key.end_mark.index + 1)
    new = _quoted(version, "", flow=bool(node.flow_style))
    if value.start_mark.index < key.start_mark.index:  # an alias: its text ends with its name
        alias = re.compile(r"\s*:\s*\*[^\s,\]}]+").match(text, key.end_mark.index)
        end = alias.end() if alias else end
    if node.flow_style:
        return _Replacement(end, end, f", version: {new}")
    stop = re.compile(r"\r\n|\n|\r|$").search(text, end)
    at = stop.start() if stop else len(text)
    ends = (stop.group() if stop else "") or line_end(text)
    return _Replacement(at, at, f"{ends}{' ' * key.start_mark.column}version: {new}")


def line_end(text: str) -> str:
    """How the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def _quoted(version: str, like: str, *, flow: bool) -> str:
    """``version`` in the quotes that the old value had, or in such as it needs."""
    if like[:1] in ("'", '"') and like[:1] not in version and "\\" not in version:
        return f"{like[0]}{version}{like[0]}"
    return scalar(version, flow=flow)


def scalar(text: str, *, flow: bool) -> str:
    """A text as a YAML value on one line, in quotes where it would be read as something else without."""
    try:
        read = load(f"[{text}]" if flow else f"a: {text}")
    except YamlError:
        read = None
    return text if read in ([text], {"a": text}) else f'"{text}"'


def _line(text: str, change: _Replacement) -> int:
    added = 1 if change.text[:1] in ("\r", "\n") else 0
    return len(re.findall(r"\r\n|\n|\r", text[: change.start])) + 1 + added


def _applied(text: str, replacements: Any) -> str:
    for change in sorted(replacements, key=lambda each: each.start, reverse=True):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def _check(new: str, wanted: Mapping[str, Any], edits: list[VersionEdit]) -> None:
    """That the new text holds what is wanted, and nothing else has changed with it."""
    try:
        got = load(new)
    except YamlError:
        got = None
    if got == wanted:
        return
    mine = {edit.release for edit in edits}
    others = [
        entry["name"]
        for entry, other in zip(wanted["releases"], (got or {}).get("releases") or [], strict=False)
        if entry != other and entry["name"] not in mine
    ]
    where = f"{FILE}:{edits[0].line}: the version of release {edits[0].release!r}"
    if others:
        raise refused(f"{where} is shared with {', '.join(others)}", f"name these too: {', '.join(others)}")
    raise refused(f"{where} cannot be changed without changing something else")


def refused(
    what: str, hint: str = "change the version by hand, then run pipeline vendor and pipeline render"
) -> UsageError:
    return UsageError(what, hint=hint)
