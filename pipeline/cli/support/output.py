"""The only place where text is printed: hides known secrets and escapes control characters.

Reports, plans and errors are masked and escaped where they are made. Whatever a verb prints passes here besides, so
that a verb that forgets to do so still shows nothing: values are replaced, control characters shown as escapes. Of
those, only line ends, tabs, colours and the progress bar's own are let through.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from pipeline.cli.support.log_lines import Unheard, unheard_where_needed
from pipeline.core.redaction import run

_OWN = re.compile(
    "(\x1b\\[[0-9;]*[mK]|\r)|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


_LINKED = re.compile(rf"(\x1b\]8;;(?:https://[A-Za-z0-9._~/:#-]*)?\x1b\\)|{_OWN.pattern}")
"""The same, with the links that a report may hold: text of others has no escape left in it there."""
_LARGE = 200_000
"""Characters. A second look at a larger report would cost as much as the first."""


class Covered(Unheard):
    """A report or a plan: masked and fenced where it was made."""

    __slots__ = ()


class Shown(str):
    """What ``shown`` returned, and text of ours around it: a thread may write it while the masks are still learning."""

    __slots__ = ()


class GuardedStream:
    """A text stream that passes everything on but what may not be shown."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"text, not {type(text).__name__}")
        self._stream.write(shown(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def guarded_output() -> Iterator[None]:
    """For one run: stdout and stderr pass through here."""
    before = sys.stdout, sys.stderr
    run.begin()
    sys.stdout, sys.stderr = GuardedStream(before[0]), GuardedStream(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        run.end()


def shown(text: str) -> str:
    """``text`` as it may be printed."""
    if isinstance(text, Shown) or (isinstance(text, Covered) and len(text) > _LARGE):
        return text
    own = _LINKED if isinstance(text, Covered) else _OWN
    text = run.hide(text if isinstance(text, Unheard) else unheard_where_needed(text))
    return text if text.isascii() and text.isprintable() else own.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return next(filter(None, match.groups()), "") or f"\\u{ord(match.group()):04x}"
