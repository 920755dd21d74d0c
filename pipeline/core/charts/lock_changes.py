"""How two locks differ: charts and dependencies with another version, or with other content under the same version."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.charts.chart import Dependency
from pipeline.core.charts.lock import FILE, ChartLock, LockedChart
from pipeline.core.errors import StaleError


@dataclass(frozen=True, slots=True)
class LockChange:
    """One thing that is new in a lock. ``what`` is a release, or a release and the path of a dependency."""

    what: str
    was: str
    now: str

    def __str__(self) -> str:
        if not self.was:
            return f"{self.what}: {self.now}"
        return f"{self.what}: {self.was} -> {self.now}"


def changes(old: ChartLock, new: ChartLock) -> tuple[LockChange, ...]:
    """By release, its dependencies after it. A chart of our own is not named where only its content changed."""
    rows: list[LockChange] = []
    for release in sorted(new.releases):
        was, now = old.chart_of(release), new.chart_of(release)
        if now is None:
            continue
        if was is None or was.version != now.version:
            rows.append(LockChange(release, was.version if was else "", now.version))
        elif was.archive and was.archive != now.archive:
            rows.append(LockChange(release, _with_digest(was), _with_digest(now)))
        if was is not None and was.provenance != now.provenance:
            unsigned = "not signed"
            rows.append(LockChange(f"{release} > signature", was.provenance or unsigned, now.provenance or unsigned))
        if was is not None and was.dependencies is not None:
            rows += _of_dependencies(release, was.dependencies, now.dependencies or ())
    return tuple(rows)


def contradictions(lock: ChartLock) -> tuple[str, ...]:
    """One line for each two releases whose charts have one name and version, and not one content."""
    first: dict[str, str] = {}
    texts = []
    for release, locked in lock.releases.items():
        other = first.setdefault(locked.folder, release)
        pin = lock.releases[other].pin
        if pin.tree != locked.pin.tree:
            whose = [
                f"of release {name!r} from {chart.source} ({chart.tree.removeprefix('sha256:')[:12]})"
                for name, chart in ((other, pin), (release, locked.pin))
            ]
            texts.append(f"{locked.name} {locked.version} has two contents: {' and '.join(whose)}")
    return tuple(texts)


def check_dependencies(release: str, locked: LockedChart, fetched: LockedChart) -> None:
    """That each dependency which is still of the locked version is still of the locked content.

    Raises:
        StaleError: some are not; each is named.
    """
    known = {dependency.path: dependency for dependency in locked.dependencies or ()}
    changed = [
        f"release {release!r}: its dependency {dependency.name} {dependency.version} is not the locked archive:"
        f" {dependency.archive} from {dependency.source}, {known[dependency.path].archive} in {FILE}"
        for dependency in fetched.dependencies or ()
        if dependency.path in known
        if (dependency.name, dependency.version) == (known[dependency.path].name, known[dependency.path].version)
        if known[dependency.path].archive and dependency.archive != known[dependency.path].archive
    ]
    if changed:
        hint = "find out why upstream changed a published version; pipeline vendor --update accepts the new one"
        raise StaleError("\n".join(changed), hint=hint)


def _of_dependencies(release: str, old: tuple[Dependency, ...], new: tuple[Dependency, ...]) -> Iterator[LockChange]:
    was, now = ({dependency.path: dependency for dependency in dependencies} for dependencies in (old, new))
    for path in sorted(was.keys() | now.keys()):
        before, after = was.get(path), now.get(path)
        title = f"{release} > {path}"
        if before is None or after is None:
            yield LockChange(title, before.version if before else "", after.version if after else "gone")
        elif before.version != after.version:
            yield LockChange(title, before.version, after.version)
        elif before.archive != after.archive:
            yield LockChange(title, _with_digest(before), _with_digest(after))


def _with_digest(chart: LockedChart | Dependency) -> str:
    digest = chart.archive.removeprefix("sha256:")[:12]
    return f"{chart.version} ({digest or 'not packed'})"
