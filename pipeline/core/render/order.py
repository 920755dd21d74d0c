"""The input of a render (RenderOrder), its output (Rendered), and the port that both Helm engines implement."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.errors import RenderError

DEFAULT_KUBE_VERSION = "1.35.0"
"""What a render targets when no one says: pinned, because each Helm release has another default (4.1: v1.35.0)."""


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """Everything a render depends on: equal orders give equal bytes (unless a template is random).

    ``chart`` is the path of an archive or a directory; ``chart_name`` is how messages name it (``istiod 1.27.0``).
    ``kube_version`` is what ``helm template --kube-version`` takes. ``api_versions`` come on top of Helm's own list.
    """

    release: str
    namespace: str
    chart: str
    chart_name: str = ""
    chart_digest: str = ""
    values: tuple[ValuesLayer, ...] = ()
    kube_version: str = DEFAULT_KUBE_VERSION
    api_versions: tuple[str, ...] = ()
    include_crds: bool = True
    is_upgrade: bool = False
    """Whether templates see ``.Release.IsUpgrade``; else they see ``.Release.IsInstall``."""
    stand_ins: int = 0
    """1 or 2: with stand-ins for what varies from render to render (core/render/stand_ins.py)."""
    without: tuple[str, ...] = ()
    """Files of the chart that a render with stand-ins leaves out (core/render/needless_files.py)."""

    @property
    def title(self) -> str:
        return self.chart_name or self.chart.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class RenderedChart:
    """``text`` is what ``helm template`` prints: documents with ``# Source:`` comments, CRDs first, hooks last."""

    text: str
    warnings: tuple[str, ...]
    engine: str
    helm_version: str


class Engine(Protocol):
    """Helm, as a binary or in process: the same order gives the same text from each."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """``4.1.4``, without the v."""
        ...

    def render(self, order: RenderOrder) -> RenderedChart:
        """One release.

        Raises:
            RenderError: the chart does not render.
            WorldError: helm itself does not work.
        """
        ...

    def render_all(self, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        """Several releases, as many at a time as there are cores; answers in the order given.

        The work begins at once, not when the first answer is asked for.
        """
        ...
