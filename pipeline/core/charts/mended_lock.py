"""Makes one lock of both sides of a merge: of conflict marks, of lines of both sides, or of what Git has of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.core.charts.lock import ChartLock, LockedChart, LockedRelease
from pipeline.core.charts.lock_text import from_text
from pipeline.core.charts.semver import Version
from pipeline.core.errors import ConfigError

_OURS, _BASE, _THEIRS, _END = "<<<<<<< ", "||||||| ", "=======", ">>>>>>> "


def conflicting_sides(text: str) -> tuple[str, ...]:
    """Ours and theirs of a text with conflict marks, whatever ``merge.conflictStyle`` is; empty where it has none."""
    sides: tuple[list[str], list[str]] = ([], [])
    takes: tuple[int, ...] = (0, 1)
    marked = False
    for line in text.splitlines(keepends=True):
        if line.startswith(_OURS):
            takes, marked = (0,), True
        elif line.startswith(_BASE):
            takes = ()
        elif line.rstrip() == _THEIRS and takes in ((0,), ()):
            takes = (1,)
        elif line.startswith(_END):
            takes = (0, 1)
        else:
            for take in takes:
                sides[take].append(line)
    return tuple("".join(side) for side in sides) if marked else ()


@dataclass
class _Line:
    """Every line that stands at one path of keys, and what is below it."""

    texts: list[str] = field(default_factory=list)
    below: dict[str, "_Line"] = field(default_factory=dict)

    def text(self, which: int) -> str:
        own = self.texts[which] if self.texts else ""
        return own + "".join(line.text(which) for line in self.below.values())


def kept_sides(text: str) -> tuple[str, ...]:
    """The two texts in one where lines of both sides were kept: of a key given twice, the first and the last line."""
    top = _Line()
    above: list[tuple[int, _Line]] = [(-1, top)]
    for line in text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or line.startswith("#"):
            continue
        while above[-1][0] >= indent:
            above.pop()
        line_below = above[-1][1].below.setdefault(line.partition(": ")[0].strip(), _Line())
        line_below.texts.append(line)
        above.append((indent, line_below))
    return top.text(0), top.text(-1)


def readable(texts: Sequence[str]) -> tuple[ChartLock, ...]:
    """The locks among ``texts``; what is none is left out."""
    locks = []
    for text in texts:
        try:
            locks.append(from_text(text))
        except ConfigError:
            continue
    return tuple(locks)


def mended(sides: Sequence[ChartLock], asked: Mapping[str, tuple[str, str]]) -> ChartLock:
    """One lock of several. ``asked`` is the chart and the version that pipeline.yaml has, by release.

    Of a release that the sides lock otherwise, the side counts that locked what pipeline.yaml asks for; of two such,
    the newer version. What is not chosen is spare, so that ``vendor`` removes it.
    """
    every: dict[str, list[LockedRelease]] = {}
    for side in sides:
        for release, entry in side.releases.items():
            every.setdefault(release, []).append(entry)
    chosen = {release: _chosen(locked, asked.get(release, ("", ""))) for release, locked in sorted(every.items())}
    pins = {entry.pin for locked in every.values() for entry in locked} | {
        chart for side in sides for chart in side.spare
    }
    used = {entry.folder for entry in chosen.values()}
    return replace(ChartLock(chosen), spare=tuple(sorted((pin for pin in pins if pin.folder not in used), key=_order)))


def _chosen(candidates: Sequence[LockedRelease], asked: tuple[str, str]) -> LockedRelease:
    return max(candidates, key=lambda candidate: ((candidate.chart, candidate.wanted) == asked, *_rank(candidate)))


def _rank(candidate: LockedRelease) -> tuple[bool, Version]:
    try:
        return True, Version.parse(candidate.version)
    except ValueError:
        return False, Version.parse("0.0.0")


def _order(chart: LockedChart) -> tuple[str, str]:
    return chart.folder, chart.tree
