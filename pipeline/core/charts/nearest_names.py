"""What was probably meant by the name or the version of a chart that is not there, for a hint."""

import difflib
from collections.abc import Iterable, Sequence

from pipeline.core.charts.semver import Version
from pipeline.core.words import listed

_MOST_COMPARED = 5_000


def near(name: str, known: list[str]) -> str:
    """What was probably meant, for a hint."""
    alike = (
        known
        if len(known) <= _MOST_COMPARED
        else [candidate for candidate in known if candidate[:1] == name[:1]][:_MOST_COMPARED]
    )
    suggestions = difflib.get_close_matches(name, alike, n=3)
    return f"did you mean {' or '.join(suggestions)}?" if suggestions else f"it has {listed(known, 5) or 'none'}"


def nearest_versions(wanted: str, versions: Iterable[Version]) -> str:
    """What there is instead of ``wanted``, for a hint: what was probably meant, and the newest."""
    newest = sorted(versions, reverse=True)
    known_versions = listed([str(version) for version in newest], 5) or "none"
    if newest and all(version.pre for version in newest):
        return f"it has only pre-releases ({known_versions}), and a range admits those only if it names one: >=0-0"
    alike = _nearest_version(wanted, newest)
    return f"did you mean {alike}? It has {known_versions}" if alike else f"it has {known_versions}"


def _nearest_version(wanted: str, newest: Sequence[Version]) -> str:
    """Of the same major the one whose other numbers are nearest; where there is none, one that is written alike."""
    meant = Version.or_none(wanted)
    if meant is not None:
        major, minor, patch = meant.numbers
        same = [version for version in newest if version.numbers[0] == major]
        if same:
            far = {
                candidate: (
                    abs(candidate.numbers[1] - minor),
                    abs(candidate.numbers[2] - patch),
                    candidate.pre != meant.pre,
                )
                for candidate in same
            }
            return str(min(far, key=far.__getitem__))
    names = [str(version) for version in newest[:_MOST_COMPARED]]
    return next(iter(difflib.get_close_matches(wanted, names, n=1, cutoff=0.7)), "")
