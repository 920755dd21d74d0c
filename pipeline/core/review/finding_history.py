"""Which findings are new or solved since the comment that a pull request has: kept in the comment itself, out of sight.

A comment is our own only by its marker and login (core/review/pr_comment.py); whatever else stands here is a hint to
readers, and decides nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LISTED = re.compile(r"<!-- pipeline:findings v1 ([0-9a-f,]{0,20000}) ([0-9]{1,6}) ([0-9]{1,6}) -->")
_MOST = 1_000
_LENGTH = 8


@dataclass(frozen=True, slots=True)
class SinceThen:
    """How many findings came and went since the comment before."""

    new: int = 0
    solved: int = 0

    def __str__(self) -> str:
        """``2 new, 3 solved since the last push``; empty where there is nothing to say."""
        parts = [f"{number} {word}" for number, word in ((self.new, "new"), (self.solved, "solved")) if number]
        return f"{', '.join(parts)} since the last push" if parts else ""


def since(earlier: str, fingerprints: Iterable[str]) -> SinceThen:
    """Of the same findings what was said before, so that a second run of the same push says the same."""
    match = _LISTED.search(earlier)
    if match is None:
        return SinceThen()
    now = frozenset(_short(fingerprints))
    before = frozenset(filter(None, match[1].split(",")))
    return SinceThen(len(now - before), len(before - now)) if now != before else SinceThen(int(match[2]), int(match[3]))


def remembered(fingerprints: Iterable[str], then: SinceThen) -> str:
    """What a later comment is compared with; empty where there are too many to keep."""
    listed = sorted(_short(fingerprints))
    return f"<!-- pipeline:findings v1 {','.join(listed)} {then.new} {then.solved} -->" if len(listed) <= _MOST else ""


def _short(fingerprints: Iterable[str]) -> set[str]:
    return {fingerprint[:_LENGTH] for fingerprint in fingerprints}
