"""Changes of the text of pipeline.yaml by position, so that nothing but the value changes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.core.config.model import FILE
from pipeline.core.errors import UsageError
from pipeline.core.yaml.reader import YamlError, load

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_ONE_LINE = ("", None, '"', "'")


@dataclass(frozen=True, slots=True)
class TextChange:
    """``text`` in place of what stands from ``start`` up to ``end``."""

    start: int
    end: int
    text: str

    @classmethod
    def line_after(cls, text: str, index: int, line: str) -> "TextChange":
        """A line of its own after the line that ``index`` is on."""
        stop = re.compile(r"\r\n|\n|\r|$").search(text, index)
        at = stop.start() if stop else len(text)
        ends = (stop.group() if stop else "") or line_end(text)
        return cls(at, at, f"{ends}{line}")

    def line_in(self, text: str) -> int:
        """The number of the line that it changes or adds, from 1."""
        added = 1 if self.text[:1] in ("\r", "\n") else 0
        return len(re.findall(r"\r\n|\n|\r", text[: self.start])) + 1 + added


def applied(text: str, changes: Iterable[TextChange]) -> str:
    for change in sorted(changes, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def same_line_value(text: str, value: Any, new: str, what: str, *, flow: bool) -> TextChange:
    """A scalar with another value, in the quotes that it had.

    Raises:
        UsageError: it is on several lines.
    """
    if value.style not in _ONE_LINE or value.start_mark.line != value.end_mark.line:
        raise refused(f"{FILE}:{value.start_mark.line + 1}: {what} is on several lines")
    start, end = value.start_mark.index, value.end_mark.index
    properties = _PROPERTIES.match(text, start, end)
    begin = properties.end() if properties else start
    return TextChange(begin, end, quoted(new, text[begin:end], flow=flow))


def line_end(text: str) -> str:
    """How the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def quoted(version: str, like: str, *, flow: bool) -> str:
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


def refused(
    what: str, hint: str = "change the version by hand, then run pipeline vendor and pipeline render"
) -> UsageError:
    return UsageError(what, hint=hint)
