"""Any engine, for vendored charts: Helm gets each as an archive of its original files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pipeline.adapters.charts.packed_copies import PackedCopies
from pipeline.adapters.disk import Disk
from pipeline.core.charts.lock import FOLDER
from pipeline.core.charts.stored_names import original_files
from pipeline.core.errors import RenderError, StaleError
from pipeline.core.render.order import Engine, RenderedChart, RenderOrder
from pipeline.core.render.wrapped_engine import WrappedEngine


class VendoredEngine(WrappedEngine):
    """Any engine, for the vendored charts of the repository at ``disk``: each is packed once."""

    def __init__(self, engine: Engine, disk: Disk) -> None:
        super().__init__(engine)
        self._disk = disk
        self._top = f"{disk.root}/"
        self._copies = PackedCopies("charts")

    def render(self, order: RenderOrder) -> RenderedChart:
        return self._engine.render(self._of_package(order))

    def render_all(self, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        return self._held(self._engine.render_all([self._of_package(order) for order in orders]))

    def _held(self, answers: Iterator[RenderedChart | RenderError]) -> Iterator[RenderedChart | RenderError]:
        """The folder stays as long as somebody waits for an answer: this generator holds ``self``."""
        yield from answers

    def _of_package(self, order: RenderOrder) -> RenderOrder:
        place = order.chart.removeprefix(self._top)
        if not place.startswith(f"{FOLDER}/"):
            return order
        return replace(order, chart=self._copies.archive(place, lambda: self._original(place, order.chart_digest)))

    def _original(self, place: str, digest: str) -> Mapping[str, bytes]:
        tree = self._disk.vendored(place)
        if digest and tree.digest != digest:
            hint = "pipeline vendor brings the chart back and keeps a copy of what was edited"
            raise StaleError(f"{place} is not what pipeline vendor fetched", hint=hint)
        return original_files(tree.files)
