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
        return {dependency.path: dependency.version for dependency in self.dependencies or ()}


@dataclass(frozen=True, slots=True)
class LockedRelease:
    """What a release asked for (``chart`` and ``wanted`` as pipeline.yaml has them), and what it got: its own ``pin``.

    Two releases may have one version of a chart from two sources: each is fetched again from its own.
    """

    chart: str
    wanted: str
    pin: LockedChart

    @property
    def name(self) -> str:
        return self.pin.name

    @property
    def version(self) -> str:
        return self.pin.version

    @property
    def folder(self) -> str:
        return self.pin.folder

    def asks_as(self, other: "LockedRelease") -> bool:
        """Whether both name one chart in one version, from one source."""
        return (self.chart, self.folder, self.pin.source) == (other.chart, other.folder, other.pin.source)


@dataclass(frozen=True, slots=True)
class ChartLock:
    """``spare`` are charts that no release has any more, which an older lock or one side of a merge still names."""

    releases: Mapping[str, LockedRelease] = field(default_factory=dict, hash=False)
    spare: tuple[LockedChart, ...] = ()

    @property
    def charts(self) -> tuple[LockedChart, ...]:
        """What lies in vendor_charts/, sorted: each folder once, or once for each content that it is said to have."""
        pins = [*(locked.pin for locked in self.releases.values()), *self.spare]
        charts = {(chart.folder, chart.tree): chart for chart in reversed(pins)}
        return tuple(chart for _, chart in sorted(charts.items()))

    def chart_of(self, release: str) -> LockedChart | None:
        """The chart that ``release`` renders, None where it was never vendored."""
        locked = self.releases.get(release)
        return locked.pin if locked else None

    def with_release(self, release: str, locked: LockedRelease) -> "ChartLock":
        """With the new pin, also for releases that had the same chart from the same source: all render one folder.

        A signature is of one archive: whoever demands one keeps its pin where the archive is another now.
        """
        moved = {
            name: replace(other, pin=replace(locked.pin, provenance=other.pin.provenance))
            for name, other in self.releases.items()
            if other.asks_as(locked) and (not other.pin.provenance or other.pin.archive == locked.pin.archive)
        }
        return replace(self, releases={**self.releases, **moved, release: locked})

    def only(self, releases: Iterable[str]) -> "ChartLock":
        """Without releases that no longer exist, and without charts that none of the others needs."""
        names = set(releases)
        return ChartLock({name: locked for name, locked in sorted(self.releases.items()) if name in names})


def folder(name: str, version: str) -> str:
    """``vendor_charts/lattice/1.4.0``, relative to the repository.

    Raises:
        UnsafePathError: a name or a version that cannot be a folder.
    """
    return str(SafePath.of(FOLDER, SafeName(name, "chart name"), SafeName(version, "chart version")))
