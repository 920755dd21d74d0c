"""Finds the file and line of an overlay that a finding is about."""

import re
from collections.abc import Iterator, Mapping

from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.resource import ResourceId


def where(files: Mapping[str, str], rid: ResourceId, path: Path) -> str:
    """``overlays/web/prod/patch.yaml:12``; the first file alone where no line fits, empty where there is not a file."""
    ranked = sorted(files, key=lambda file: (rid.name not in files[file], rid.kind not in files[file], file))
    for word in _words(path):
        pattern = re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])")
        for file in ranked:
            line = _line(files[file], pattern, rid.name)
            if line:
                return f"{file}:{line}"
    return ranked[0] if ranked else ""


def _line(text: str, pattern: re.Pattern[str], name: str) -> int:
    """Counted from 1, after the line that names the object where one does; 0 where nothing fits."""
    lines = text.splitlines()
    named = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    start = next((n for n, line in enumerate(lines) if named.search(line)), 0)
    rows = list(enumerate(lines, 1))
    ranked = rows[start:] + rows[:start]
    return next((n for n, line in ranked if pattern.search(line) and not line.lstrip().startswith("#")), 0)


def _words(path: Path) -> Iterator[str]:
    """From the most telling to the least: the entry's key, then field names from the end."""
    for step in reversed(path):
        if isinstance(step, Entry):
            yield from (str(value) for _, value in step.pairs)
    yield from (step for step in reversed(path) if isinstance(step, str))
