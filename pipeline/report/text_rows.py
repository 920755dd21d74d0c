"""A changed text as rows to show: removed lines, added lines, and a few around them, with line numbers."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from pipeline.core.diff.text_diff import hunks, is_text
from pipeline.core.judge.report_document import FieldEntry


class Row(NamedTuple):
    """``mark`` is ``-``, ``+``, or a space for what is on both sides; a number is 0 on the side that lacks the line."""

    mark: str
    old: int
    new: int
    text: str

    @property
    def number(self) -> int:
        """In the new text; in the old one for what is gone."""
        return self.new or self.old


def by_line(field: FieldEntry) -> bool:
    """Whether a changed path of report.json holds a text of several lines on both sides."""
    old, new = field.old, field.new
    return isinstance(old, str) and isinstance(new, str) and (is_text(old) or is_text(new))


def rows(field: FieldEntry, most: int, around: int = 0) -> tuple[list[Row], int]:
    """The first ``most`` rows with ``around`` lines of context, and how many more there are."""
    everything = _rows(field.old, field.new, around)
    return list(islice(everything, most)), sum(1 for _ in everything)


def _rows(old: str, new: str, around: int) -> Iterator[Row]:
    """Numbers count from 1, as in hunks."""
    after = new.split("\n")
    changed = hunks(old, new)
    shown = 1
    for index, hunk in enumerate(changed):
        for line in range(max(shown, hunk.new - around), hunk.new):
            yield Row(" ", line + hunk.old - hunk.new, line, after[line - 1])
        yield from (Row("-", number, 0, text) for number, text in enumerate(hunk.removed, hunk.old))
        yield from (Row("+", 0, number, text) for number, text in enumerate(hunk.added, hunk.new))
        next_old, next_new = hunk.old + len(hunk.removed), hunk.new + len(hunk.added)
        end = changed[index + 1].new if index + 1 < len(changed) else len(after) + 1
        shown = min(next_new + around, end)
        for line in range(next_new, shown):
            yield Row(" ", line + next_old - next_new, line, after[line - 1])
