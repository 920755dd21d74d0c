"""One side of a comparison: every release of every environment of a source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core.charts.chart import Chart
from pipeline.core.judge.report import RenderFailure
from pipeline.core.risk.upgrade import Side


@dataclass(frozen=True, slots=True, order=True)
class ReleaseKey:
    """``environment`` is empty where no repository is around the comparison (``chart:``, ``dir:``)."""

    environment: str
    name: str


@dataclass(frozen=True, slots=True)
class ReleaseSide:
    """One release on one side. The chart fields are empty where only rendered files are known."""

    namespace: str
    side: Side
    chart: str = ""
    version: str = ""
    digest: str = ""
    context: tuple[str, ...] = ()
    """What a render depends on beside chart, values and overlay: the version of the cluster and of Helm, and so on."""
    inputs: str = ""
    """A digest of all that ``side`` has beside its objects; empty where that is not known."""
    read_chart: Callable[[], Chart | None] | None = field(default=None, compare=False, hash=False)
    """Where ``side`` has none yet, since it may not be needed."""

    @property
    def whole(self) -> Side:
        """``side`` with its chart."""
        return self.side if self.read_chart is None else replace(self.side, chart=self.read_chart())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``errors`` are renders that failed: their release is absent from ``releases``, and never reads as removed.

    ``unrendered`` has what is known of them all the same: the chart and the values, with no manifests.
    """

    source: str
    releases: Mapping[ReleaseKey, ReleaseSide] = field(hash=False)
    errors: Mapping[ReleaseKey, RenderFailure] = field(default_factory=dict, hash=False)
    helm_engine: str = ""
    helm_version: str = ""
    unrendered: Mapping[ReleaseKey, ReleaseSide] = field(default_factory=dict, hash=False)
