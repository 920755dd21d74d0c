"""``vendor --locked``: whether pipeline.yaml, the lock and vendor_charts/ agree."""

from typing import Protocol

from pipeline.core.charts.chart import VendoredTree
from pipeline.core.charts.lock import FILE, ChartLock, LockedChart
from pipeline.core.charts.lock_changes import contradictions
from pipeline.core.config.model import Config
from pipeline.core.errors import StaleError


class Trees(Protocol):
    """``vendored_digest`` is that of ``vendored``, for the price of a look at what the file system says."""

    def vendored(self, folder: str) -> VendoredTree: ...

    def vendored_digest(self, folder: str) -> str: ...


def check_locked(config: Config, lock: ChartLock, trees: Trees) -> None:
    """That pipeline.yaml, the lock and vendor_charts/ agree, without a look at any network.

    Raises:
        StaleError: they do not; every difference is named.
    """
    problems = []
    for release in config.pins():
        locked, chart = lock.releases.get(release.pin), lock.chart_of(release.pin)
        if locked is None or chart is None:
            problems.append(f"release {release.pin!r} is not in {FILE}")
        elif (locked.chart, locked.wanted) != (release.chart, release.version):
            now, then = f"{release.chart} {release.version}".strip(), f"{locked.chart} {locked.wanted}".strip()
            problems.append(f"release {release.pin!r} asks for {now}, and {FILE} was made for {then}")
        elif config.reference(release).keys and not chart.provenance:
            problems.append(f"release {release.pin!r} must be signed, and {FILE} names no signature of {chart.name}")
        elif chart.provenance and not config.reference(release).keys:
            problems.append(unsigned(release.pin, chart))
    names = {release.pin for release in config.pins()}
    problems += [
        f"{FILE} has release {name!r}, which pipeline.yaml has not" for name in lock.releases if name not in names
    ]
    problems += contradictions(lock)
    for chart in lock.charts:
        if trees.vendored_digest(chart.folder) != chart.tree:
            problems += _differences(chart, trees.vendored(chart.folder))
    if problems:
        raise StaleError("\n".join(problems), hint="run pipeline vendor, and commit the result")


def _differences(chart: LockedChart, tree: VendoredTree) -> list[str]:
    if tree.strange:
        return [f"{chart.folder}/{path} {what}" for path, what in sorted(tree.strange.items())]
    return [f"{chart.folder} {'is not what was vendored' if tree.files else 'is not there'}"]


def unsigned(release: str, was: LockedChart) -> str:
    """That nobody demands a signature any more of what was signed."""
    said = f"{was.name} {was.version} was signed ({was.provenance})"
    return f"release {release!r}: {said}, and pipeline.yaml names no key any more to check it by"
