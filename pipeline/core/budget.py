"""The limits of pipeline.yaml on charts, downloads and files of the repository, and how much of each is left.

A budget is checked while something is read, never afterwards: what is too large is never held in memory. One budget is
shared by all parts of one thing, such as a chart and every chart packed inside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.core.errors import WorldError

MEBIBYTE = 1024 * 1024


class LimitError(WorldError):
    """Something is larger, deeper or slower than pipeline.yaml allows. The message names the thing and the limit."""


@dataclass(frozen=True, slots=True)
class ChartLimits:
    """Of one chart together with all charts inside it. ``unpacked_mib`` is what Helm takes of one archive."""

    files: int = 20_000
    depth: int = 64
    """Folders on the way to one file."""
    packed_mib: int = 100
    unpacked_mib: int = 100
    dependencies: int = 200
    seconds: int = 300
    """To fetch one chart from its source, its dependencies included."""


@dataclass(frozen=True, slots=True)
class InputLimits:
    """Of the files of the repository that one render reads: a values file, all files of an overlay."""

    files: int = 2_000
    depth: int = 32
    mib: int = 20


@dataclass(frozen=True, slots=True)
class RenderLimits:
    """Of one render of one chart: the time, the memory that Helm may use for it, and the size of its manifests."""

    seconds: int = 120
    memory_mib: int = 2048
    output_mib: int = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """The ``limits:`` section of pipeline.yaml."""

    charts: ChartLimits = field(default_factory=ChartLimits)
    inputs: InputLimits = field(default_factory=InputLimits)
    render: RenderLimits = field(default_factory=RenderLimits)


def _no_clock() -> float:
    return 0.0


@dataclass(slots=True)
class Budget:
    """What is left for one thing. ``title`` is what messages call it; ``clock`` counts seconds (time.monotonic)."""

    title: str
    limits: ChartLimits = field(default_factory=ChartLimits)
    clock: Callable[[], float] = _no_clock
    _files: int = 0
    _packed: int = 0
    _unpacked: int = 0
    _dependencies: int = 0
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self.clock()

    @property
    def seconds_left(self) -> float:
        return self.limits.seconds - (self.clock() - self.begun)

    @property
    def packed_left(self) -> int:
        """Bytes that may still be downloaded or read from an archive."""
        return self.limits.packed_mib * MEBIBYTE - self._packed

    @property
    def unpacked_left(self) -> int:
        """Bytes that archives may still unpack to."""
        return self.limits.unpacked_mib * MEBIBYTE - self._unpacked

    def time(self) -> None:
        if self.seconds_left <= 0:
            raise self._exceeded(f"takes longer than {self.limits.seconds} s", "seconds")

    def packed(self, size: int) -> None:
        self._packed += size
        if self.packed_left < 0:
            raise self._exceeded(f"is larger than {self.limits.packed_mib} MiB, packed", "packedMiB")

    def unpacked(self, size: int) -> None:
        self._unpacked += size
        if self.unpacked_left < 0:
            raise self._exceeded(f"unpacks to more than {self.limits.unpacked_mib} MiB", "unpackedMiB")

    def file(self) -> None:
        """One more entry of an archive or a folder, whatever it is."""
        self._files += 1
        if self._files > self.limits.files:
            raise self._exceeded(f"holds more than {self.limits.files} files", "files")

    def depth(self, path: str) -> None:
        if path.count("/") > self.limits.depth:
            raise self._exceeded(f"{path[:60]}… is more than {self.limits.depth} folders deep", "depth")

    def dependency(self) -> None:
        self._dependencies += 1
        if self._dependencies > self.limits.dependencies:
            raise self._exceeded(f"has more than {self.limits.dependencies} dependencies in all", "dependencies")

    def _exceeded(self, message: str, setting: str) -> LimitError:
        hint = f"limits.charts.{setting} in pipeline.yaml is the limit; raise it only for a chart that you trust"
        return LimitError(f"{self.title}: {message}", hint=hint)
