"""Captures what Helm's library writes directly to file descriptor 2: warnings that quote values of charts.

A worker's descriptor 2 is a file without a name, so that its output never reaches the terminal or a log directly: it
may contain secrets, escape sequences, and commands to a runner.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

_STDERR = 2
_STAMP = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", re.MULTILINE)
_ABOUT = re.compile(r"(?:for|value for) ([^\s:]+)")
_LIMIT = 1024 * 1024


def clear() -> None:
    """Before a render: what an earlier one wrote is gone."""
    os.lseek(_STDERR, 0, os.SEEK_SET)
    os.ftruncate(_STDERR, 0)


def printed() -> tuple[str, ...]:
    """The lines since ``clear``, without their time, each once."""
    text = os.pread(_STDERR, _LIMIT, 0).decode(errors="replace")
    return tuple(dict.fromkeys(line for part in _STAMP.split(text) if (line := part.strip())))


def about(lines: tuple[str, ...], chart: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Those on ``chart`` that are about a key which ``values`` set, sorted."""
    return tuple(sorted(line for line in lines if _concerns(line, chart, values)))


def _concerns(line: str, chart: str, values: Mapping[str, Any]) -> bool:
    match = _ABOUT.search(line)
    if match is None:
        return False
    name, *keys = match[1].rstrip(".").split(".")
    found: Any = values
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            return found is not values and not isinstance(found, dict)
        found = found[key]
    return name == chart and bool(keys)
