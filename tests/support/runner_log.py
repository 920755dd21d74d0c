"""What GitHub's runner takes for a command in a log: its own two parsers (ActionCommand.cs), in Python."""

import re
from collections.abc import Iterator

COMMANDS = frozenset({"add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice"})
COMMANDS |= {"remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning"}


def heard(log: str) -> Iterator[tuple[str, str]]:
    """``(command, data)`` of every line that the runner would obey, with ``::stop-commands::`` as it treats it."""
    stopped = ""
    for row in re.split(r"\r\n|\r|\n", log):
        known = COMMANDS | ({stopped} if stopped else set())
        found = _second(row, known) or _first(row, known)
        if found is None:
            continue
        name, data = found
        if stopped:
            stopped = "" if name == stopped else stopped
        elif name == "stop-commands":
            stopped = data
        else:
            yield name, data


def _second(row: str, known: frozenset[str]) -> tuple[str, str] | None:
    """``::name properties::data``, after blanks."""
    text = row.lstrip()
    end = text.find("::", 2)
    if not text.startswith("::") or end < 0:
        return None
    name = text[2:end].partition(" ")[0]
    return (name, text[end + 2 :]) if name in known else None


def _first(row: str, known: frozenset[str]) -> tuple[str, str] | None:
    """``##[name properties]data``, anywhere in a line."""
    start = row.find("##[")
    end = row.find("]", start)
    if start < 0 or end < 0:
        return None
    name = row[start + 3 : end].partition(" ")[0]
    return (name, row[end + 1 :]) if name in known else None
