"""What pipeline.lock holds: the chart of each release, with digests that prove that its content has not changed.

How it is written: lock_text.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core.charts.chart import Dependency
from pipeline.core.safe_path import SafeName, SafePath

FILE = "pipeline.lock"
FOLDER = "vendor_charts"
README_FILE = "vendor_charts/README.md"
"""What init writes there for people."""
ATTRIBUTES_FILE = f"{FOLDER}/.gitattributes"
ATTRIBUTES = b"""\
# Written by `pipeline vendor`: digests are of the bytes as they were published, so Git must not change any.
* -text -eol -ident -filter -working-tree-encoding
"""
"""Attributes of a folder win over those of folders above, whatever they say; charts bring none of their own."""


@dataclass(frozen=True, slots=True, order=True)
class LockedChart:
    """A vendored chart. ``source`` is where it came from, ``archive`` and ``tree`` are ``sha256:…``.

    ``archive`` is the digest of the packaged chart, empty for one that came from a directory; ``tree`` that of the
    unpacked files as they lie under vendor_charts/. ``dependencies`` are those that were fetched into it, nested ones
    too; None where an older pipeline wrote the lock and did not name them. ``revision`` is the digest of an OCI
    manifest or a Git commit. ``provenance`` says by which key it was signed (``pgp:FINGERPRINT``, ``cosign:sha256:…``
    of the public key), empty where no key is configured.
    """

    name: str
    version: str
    source: str
    tree: str
    archive: str = ""
    dependencies: tuple[Dependency, ...] | None = None
    app_version: str = ""
    revision: str = ""
    provenance: str = ""

    @property
    def folder(self) -> str:
        return folder(self.name, self.version)

    @property
    def pinned(self) -> dict[str, str]:
        """The versions of its dependencies by their path."""
        return {one.path: one.version for one in self.dependencies or ()}


@dataclass(frozen=True, slots=True)
class LockedRelease:
    """What a release asked for (``chart`` and ``wanted`` as pipeline.yaml has them) and what it got."""

    chart: str
    wanted: str
    name: str
    version: str

    @property
    def folder(self) -> str:
        return folder(self.name, self.version)


@dataclass(frozen=True, slots=True)
class ChartLock:
    charts: tuple[LockedChart, ...] = ()
    releases: Mapping[str, LockedRelease] = field(default_factory=dict, hash=False)

    def chart_of(self, release: str) -> LockedChart | None:
        """The chart that ``release`` renders, None where it was never vendored."""
        got = self.releases.get(release)
        return next((chart for chart in self.charts if got and chart.folder == got.folder), None)

    def with_release(self, release: str, got: LockedRelease, chart: LockedChart) -> "ChartLock":
        others = [other for other in self.charts if other.folder != chart.folder]
        return ChartLock(tuple(sorted([*others, chart])), {**self.releases, release: got})

    def only(self, releases: Iterable[str]) -> "ChartLock":
        """Without releases that no longer exist, and without charts that none of the others needs."""
        names = set(releases)
        kept = {name: got for name, got in sorted(self.releases.items()) if name in names}
        needed = {got.folder for got in kept.values()}
        return replace(self, charts=tuple(chart for chart in self.charts if chart.folder in needed), releases=kept)


def folder(name: str, version: str) -> str:
    """``vendor_charts/lattice/1.4.0``, relative to the repository.

    Raises:
        UnsafePathError: a name or a version that cannot be a folder.
    """
    return str(SafePath.of(FOLDER, SafeName(name, "chart name"), SafeName(version, "chart version")))
