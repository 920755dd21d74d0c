"""Any engine, for orders with stand-ins too: Helm gets an archive of the chart whose templates were rewritten."""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.adapters.charts.archive import ChartError
from pipeline.adapters.charts.folder import read_directory
from pipeline.adapters.charts.load_chart import read_archive, read_file
from pipeline.adapters.charts.packed_copies import PackedCopies
from pipeline.adapters.charts.packing import pack
from pipeline.core.budget import Budget, ChartLimits
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.errors import RenderError, WorldError
from pipeline.core.render.order import Engine, RenderedChart, RenderOrder
from pipeline.core.render.stand_ins import rewritten, stood_in
from pipeline.core.render.wrapped_engine import WrappedEngine


class StandInEngine(WrappedEngine):
    """Each chart is rewritten once for each variant; orders without stand-ins are handed on as they are."""

    def __init__(self, engine: Engine, limits: ChartLimits | None = None) -> None:
        super().__init__(engine)
        self._limits = limits or ChartLimits()
        self._copies = PackedCopies("stand-ins")
        self._read: tuple[tuple[str, str], dict[str, bytes]] | None = None

    def render(self, order: RenderOrder) -> RenderedChart:
        return self._engine.render(self._without(order))

    def render_all(self, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        every_order = list(orders)
        if not any(order.stand_ins for order in every_order):
            return self._engine.render_all(every_order)
        return self._with_failures([self._tried(order) for order in every_order])

    def _with_failures(self, ready: list[RenderOrder | RenderError]) -> Iterator[RenderedChart | RenderError]:
        """The folder stays as long as somebody waits for an answer: this generator holds ``self``."""
        answers = self._engine.render_all([order for order in ready if isinstance(order, RenderOrder)])
        for tried in ready:
            yield tried if isinstance(tried, RenderError) else next(answers)

    def _tried(self, order: RenderOrder) -> RenderOrder | RenderError:
        try:
            return self._without(order)
        except WorldError as error:
            return RenderError(error.message, release=order.release, chart=order.title, hint=error.hint)

    def _without(self, order: RenderOrder) -> RenderOrder:
        if not order.stand_ins:
            return order
        values = tuple(
            ValuesLayer(value.file, rewritten(value.text, order.stand_ins), value.data) for value in order.values
        )
        title = order.title  # without it, messages would name our own copy
        order = replace(order, chart=self._place(order), chart_name=title, chart_digest="", values=values)
        return replace(order, stand_ins=0, without=())

    def _place(self, order: RenderOrder) -> str:
        key = (order.chart, order.chart_digest, order.stand_ins, order.without)
        return self._copies.archive(key, lambda: self._with_stand_ins(order))

    def _with_stand_ins(self, order: RenderOrder) -> dict[str, bytes]:
        budget = Budget(order.title, self._limits)
        without = frozenset(order.without)
        files = {path: data for path, data in self._files(order, budget).items() if path not in without}
        return _rewritten(files, order.stand_ins, budget)

    def _files(self, order: RenderOrder, budget: Budget) -> dict[str, bytes]:
        """Read once for both variants, which are asked for one after the other."""
        key = (order.chart, order.chart_digest)
        if self._read is None or self._read[0] != key:
            self._read = (key, _files(order, budget))
        return self._read[1]


def _files(order: RenderOrder, budget: Budget) -> dict[str, bytes]:
    path = Path(order.chart)
    if path.is_dir():
        return read_directory(path, budget=budget)
    return read_archive(read_file(path, budget.limits), order.title, budget)


def _rewritten(files: Mapping[str, bytes], variant: int, budget: Budget) -> dict[str, bytes]:
    """Templates of packed charts inside it too. One that cannot be read stays as it is, for Helm to judge."""
    out = stood_in(files, variant)
    for path, data in files.items():
        if path.endswith(".tgz") and path.startswith("charts/"):
            try:
                inner = read_archive(data, f"{budget.title}: {path}", budget)
            except (ChartError, tarfile.TarError, io.UnsupportedOperation):
                continue
            out[path] = pack(_rewritten(inner, variant, budget))
    return out
