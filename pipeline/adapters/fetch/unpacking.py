"""Makes a ``Fetched`` of what came: an archive or files, with the name and the version that they give themselves."""

import hashlib
import threading
from collections.abc import Mapping
from typing import Any

from pipeline.adapters.charts.archive import HOSTILE, ChartError
from pipeline.adapters.charts.load_chart import metadata_of, read_archive, unpack_subcharts
from pipeline.core.budget import Budget
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.semver import Range, Version
from pipeline.core.errors import UsageError
from pipeline.core.safe_path import SafeName, UnsafePathError

_AT_ONCE = 2
"""Archives that are unpacked at once, of all that are waited for: each of them is in memory several times meanwhile."""
_IN_TURN = threading.BoundedSemaphore(_AT_ONCE)


def packed(data: bytes, title: str, source: str, budget: Budget, revision: str = "") -> Fetched:
    """The chart in an archive. ``title`` is what errors call it, ``source`` what the lock does.

    Raises:
        ChartError: the archive is damaged or hostile.
        LimitError: it is more than the budget allows.
    """
    with _IN_TURN:
        files = read_archive(data, title, budget)
        return unpacked(files, title, source, budget, archive=sha256(data), revision=revision)


def unpacked(
    files: Mapping[str, bytes], title: str, source: str, budget: Budget, *, archive: str = "", revision: str = ""
) -> Fetched:
    """The chart that ``files`` make up, with its packed subcharts unpacked."""
    metadata = metadata_of(files, title)
    name, version = (named(metadata, key, title) for key in ("name", "version"))
    inside = unpack_subcharts(files, title, budget)
    app_version = str(metadata.get("appVersion") or "")
    return Fetched(name, version, source, inside, archive, revision=revision, app_version=app_version)


def named(entry: Mapping[str, Any], key: str, title: str) -> str:
    """A name or a version that a chart gives, which becomes a folder.

    Raises:
        ChartError: it cannot be one.
    """
    try:
        return str(SafeName(str(entry.get(key) or ""), f"{title}: {key}"))
    except UnsafePathError as error:
        raise ChartError(error.message, hint=HOSTILE) from error


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def fits(version: str, wanted: str) -> bool:
    """Whether a chart of that version is what was asked for; nothing matches what is not a range."""
    try:
        return not wanted or version == wanted or Range.parse(wanted).admits(Version.parse(version))
    except ValueError:
        return False


def checked(fetched: Fetched, wanted: str) -> Fetched:
    """A chart that is the only one there must still be of the version asked for.

    Raises:
        UsageError: it is not.
    """
    try:
        Range.parse(wanted)
    except ValueError as error:
        raise UsageError(f"chart {fetched.source}: {error}") from error
    if not fits(fetched.version, wanted):
        raise UsageError(f"chart {fetched.source} is version {fetched.version}, but {wanted!r} was requested")
    return fetched
