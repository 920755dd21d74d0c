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

from pipeline.core.config.environment_edit import OwnVersion, version_changes, wanted_environments
from pipeline.core.config.model import DEFAULT_ENVIRONMENT, FILE
from pipeline.core.config.text_change import TextChange, applied, quoted, refused, same_line_value
from pipeline.core.errors import UsageError
from pipeline.core.yaml.reader import YamlError, load


@dataclass(frozen=True, slots=True)
class VersionEdit:
    """One value that was changed. ``release`` may be ``staging/vault``; ``line`` counts from 1.

    ``before`` is empty where no version stood there.
    """

    release: str
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{FILE}:{self.line}: {self.release} {self.before or '(no version)'} -> {self.after}"


def with_versions(text: str, versions: Mapping[str, str]) -> tuple[str, tuple[VersionEdit, ...]]:
    """``text`` with the versions of the releases named by ``versions``, and what was changed.

    ``staging/vault`` is the version that the release ``vault`` has in ``staging`` alone, now or from now on.

    Raises:
        UsageError: there is no such release, or its version cannot be changed without changing something else.
    """
    data = _loaded(text)
    now, later = _passes(data, versions)
    root = composed(text)
    indexes = {entry["name"]: index for index, entry in enumerate(data["releases"])}
    replacements: dict[tuple[int, int], TextChange] = {}
    edits, wanted = [], deepcopy(data)
    for pin, version in now.items():
        release, environment = _name(pin), pin.rpartition("/")[0]
        if release not in indexes:
            raise UsageError(f"{FILE} has no release {release!r}", hint=f"one of {', '.join(indexes)}")
        before = _before(wanted["releases"][indexes[release]], environment)
        if before != version:
            node = _entry(root, indexes[release])
            changes = _edited(text, node, wanted, indexes[release], OwnVersion(release, environment, version))
            replacements |= {(change.start, change.end): change for change in changes}
            edits.append(VersionEdit(pin, changes[0].line_in(text), before, version))
    new = applied(text, replacements.values())
    _check(new, wanted, edits)
    if not later:
        return new, tuple(edits)
    last, more = with_versions(new, later)
    return last, (*edits, *more)


def _edited(text: str, node: Any, wanted: dict[str, Any], index: int, own: OwnVersion) -> list[TextChange]:
    """The changes of the text for one version; ``wanted`` is changed with it."""
    entry = wanted["releases"][index]
    if not own.environment:
        entry["version"] = own.version
        return [_change(text, node, own.release, own.version)]
    every = list(wanted.get("environments") or [DEFAULT_ENVIRONMENT])
    changes = version_changes(text, node, own, every)
    entry["environments"] = wanted_environments(entry, own, every)
    return changes


def _passes(data: Mapping[str, Any], versions: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What is edited at once, and what after it: a list of environments becomes a map with the first edit of it."""
    listed = {entry["name"] for entry in data["releases"] if not isinstance(entry.get("environments"), dict)}
    now: dict[str, str] = {}
    for pin, version in versions.items():
        others = (name for name in now if "/" in name and _name(name) == _name(pin))
        if "/" not in pin or _name(pin) not in listed or not any(others):
            now[pin] = version
    return now, {pin: version for pin, version in versions.items() if pin not in now}


def _name(pin: str) -> str:
    return pin.rpartition("/")[2]


def _before(entry: Mapping[str, Any], environment: str) -> str:
    own = entry.get("environments") if environment else None
    settings = own.get(environment) if isinstance(own, dict) else None
    return str(((settings or {}) if environment else entry).get("version", ""))


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


def _change(text: str, node: Any, release: str, version: str) -> TextChange:
    line = node.start_mark.line + 1
    if not any(key.start_mark.index >= node.start_mark.index for key, _ in node.value):
        raise refused(f"{FILE}:{line}: release {release!r} cannot be edited")
    pair = next((pair for pair in node.value if pair[0].value == "version"), None)
    if pair is None:
        return _inserted(text, node, version)
    value = pair[1]  # of an alias: the node of its anchor, which is edited; who else shares it is found by the check
    return same_line_value(text, value, version, f"the version of release {release!r}", flow=bool(node.flow_style))


def _inserted(text: str, node: Any, version: str) -> TextChange:
    """After the chart, or where that comes from an anchor, after the name."""
    own = {key.value: (key, value) for key, value in node.value if key.start_mark.index >= node.start_mark.index}
    key, value = own.get("chart") or own.get("name") or next(iter(own.values()))
    end = max(value.end_mark.index, key.end_mark.index + 1)
    new = quoted(version, "", flow=bool(node.flow_style))
    if value.start_mark.index < key.start_mark.index:  # an alias: its text ends with its name
        alias = re.compile(r"\s*:\s*\*[^\s,\]}]+").match(text, key.end_mark.index)
        end = alias.end() if alias else end
    if node.flow_style:
        return TextChange(end, end, f", version: {new}")
    return TextChange.line_after(text, end, f"{' ' * key.start_mark.column}version: {new}")


def _check(new: str, wanted: Mapping[str, Any], edits: list[VersionEdit]) -> None:
    """That the new text holds what is wanted, and nothing else has changed with it."""
    try:
        edited = load(new)
    except YamlError:
        edited = None
    if edited == wanted:
        return
    edited_names = {_name(edit.release) for edit in edits}
    others = [
        entry["name"]
        for entry, other in zip(wanted["releases"], (edited or {}).get("releases") or [], strict=False)
        if entry != other and entry["name"] not in edited_names
    ]
    where = f"{FILE}:{edits[0].line}: the version of release {edits[0].release!r}"
    if others:
        raise refused(f"{where} is shared with {', '.join(others)}", f"name these too: {', '.join(others)}")
    raise refused(f"{where} cannot be changed without changing something else")
