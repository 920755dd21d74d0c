"""Any engine, whose renders are timed: for ``--timings``."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pipeline.adapters.helm.side_by_side import render_side_by_side
from pipeline.core.errors import RenderError
from pipeline.core.render.order import Engine, RenderedChart, RenderOrder
from pipeline.core.render.wrapped_engine import WrappedEngine


@dataclass(frozen=True, slots=True)
class RenderRecord:
    """One render: ``chart`` as messages name it, ``seconds`` by the clock, whether it failed or not."""

    release: str
    chart: str
    seconds: float


class TimedEngine(WrappedEngine):
    """``told`` is called in the thread that rendered."""

    def __init__(self, engine: Engine, told: Callable[[RenderRecord], object]) -> None:
        super().__init__(engine)
        self._told = told

    def render(self, order: RenderOrder) -> RenderedChart:
        begun = time.perf_counter()
        try:
            return self._engine.render(order)
        finally:
            self._told(RenderRecord(order.release, order.title, time.perf_counter() - begun))

    def render_all(self, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        return render_side_by_side(self.render, orders)
