"""Captures what Helm's library writes directly to file descriptor 2: warnings that quote values of charts.

A worker's descriptor 2 is a file without a name, so that its output never reaches the terminal or a log directly: it
may contain secrets, escape sequences, and commands to a runner.
"""

import os
import re

_STDERR = 2
_STAMP = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", re.MULTILINE)
_LEVEL = "WARN "
_LIMIT = 1024 * 1024


def clear() -> None:
    """Before a render: what an earlier one wrote is gone."""
    os.lseek(_STDERR, 0, os.SEEK_SET)
    os.ftruncate(_STDERR, 0)


def printed() -> tuple[str, ...]:
    """The warnings since ``clear``, each once, as the program says them: without their time and level."""
    text = os.pread(_STDERR, _LIMIT, 0).decode(errors="replace")
    return tuple(dict.fromkeys(line for part in _STAMP.split(text) if (line := part.strip().removeprefix(_LEVEL))))
