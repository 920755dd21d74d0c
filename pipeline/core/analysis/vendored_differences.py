"""How a vendored chart differs from what was vendored: each file by name, and the edited lines of texts."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.core.analysis.credentials import looks_secret
from pipeline.core.words import counted, left_over

_LONGEST = 200
_MOST_LINES = 20_000
_ENTRY = re.compile(r"^([-+ ]\s*(?:- )?[\"']?([\w./-]+)[\"']?\s*[:=]\s*)(.+)$")
HIDDEN = "(not shown: it looks like a credential)"


@dataclass(frozen=True, slots=True, order=True)
class FileDifference:
    """``path`` is from the repository's root. ``what`` was done to it; ``lines`` are a unified diff, of texts only."""

    path: str
    what: str
    lines: tuple[str, ...] = ()


def differences(folder: str, was: Mapping[str, bytes], now: Mapping[str, bytes]) -> Iterator[FileDifference]:
    """By path. ``was`` is what was vendored, ``now`` what lies there."""
    for path in sorted({*was, *now}):
        place = f"{folder}/{path}"
        if path not in now:
            yield FileDifference(place, "is missing")
        elif path not in was:
            yield FileDifference(place, "was added")
        elif was[path] != now[path]:
            yield FileDifference(place, "was edited", tuple(_lines(was[path], now[path])))


def _lines(was: bytes, now: bytes) -> Iterator[str]:
    try:
        before, after = was.decode(), now.decode()
    except UnicodeDecodeError:
        yield f"(no text: {counted(len(was), 'byte')} before, {len(now)} now)"
        return
    if "\0" in before + after or before.count("\n") + after.count("\n") > _MOST_LINES:
        yield f"(not compared by lines: {counted(len(was), 'byte')} before, {len(now)} now)"
        return
    old, new = (text.split("\n") for text in (before, after))
    if [line.rstrip("\r") for line in old] == [line.rstrip("\r") for line in new]:
        yield "(only the ends of lines differ)"
        return
    diff = list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]
    yield from map(_shown, diff[:_LONGEST])
    if rest := left_over(len(diff) - _LONGEST, "line"):
        yield f"({rest})"


def _shown(line: str) -> str:
    """Charts hold no secrets, but what somebody wrote into one may."""
    entry = _ENTRY.match(line)
    if entry and looks_secret(entry[2], entry[3].strip("\"' ")):
        return f"{entry[1]}{HIDDEN}"
    return line if entry or not looks_secret("", line[1:].strip()) else f"{line[:1]}{HIDDEN}"
