"""Compares two charts: Helm starts to render before the modules that read its output are loaded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.core.charts.chart import Chart, ValuesLayer
from pipeline.core.errors import RenderError
from pipeline.core.ports import no_pause
from pipeline.core.render.order import Engine, RenderedChart, RenderOrder

if TYPE_CHECKING:  # Helm is at work before the parser is loaded
    from pipeline.core.render.manifests import ParsedDocuments


@dataclass(frozen=True, slots=True)
class ChartSide:
    """One side as asked for: ``source`` is what was typed, ``path`` where the chart lies on disk, ``load`` reads it."""

    source: str
    path: str
    load: Callable[[], Chart]
    values: tuple[ValuesLayer, ...]


@dataclass(frozen=True, slots=True)
class How:
    """What both renders share. ``kube_version`` is a full version, ``stated`` by the user or taken by default."""

    release: str
    namespace: str
    kube_version: str
    api_versions: tuple[str, ...] = ()
    capabilities: bool = False
    stated: bool = True
    pause: Callable[[float], object] = no_pause
    """Waits so many seconds, between two renders that ask for the time."""
    kept: "ParsedDocuments | None" = None
    """What documents were parsed to before."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Both sides, old and new, and the engine that is rendering them; ``answers`` come in that order."""

    sides: tuple[ChartSide, ChartSide]
    how: How
    engine: Engine
    answers: Iterator[RenderedChart | RenderError]


def begin(old: ChartSide, new: ChartSide, how: How, engine: Engine) -> Begun:
    """Ask for both renders; the work begins at once."""
    sides = (old, new)
    return Begun(sides, how, engine, engine.render_all([order_of(side, how) for side in sides]))


def order_of(side: ChartSide, how: How) -> RenderOrder:
    return RenderOrder(
        release=how.release,
        namespace=how.namespace,
        chart=side.path,
        values=side.values,
        kube_version=how.kube_version,
        api_versions=how.api_versions,
    )
