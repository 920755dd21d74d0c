"""Renders several orders at once, as many as there are cores. A render that fails is an answer like the others."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from pipeline.adapters.workers import worker_count
from pipeline.core.errors import RenderError
from pipeline.core.render.order import RenderedChart, RenderOrder


def render_side_by_side(
    render: Callable[[RenderOrder], RenderedChart], orders: Iterable[RenderOrder]
) -> Iterator[RenderedChart | RenderError]:
    """What ``render`` makes of each order, in their order. All are under way from here on, whenever they are asked for.

    Raises:
        WorldError: on reading an answer whose engine does not work at all.
    """

    def attempt(order: RenderOrder) -> RenderedChart | RenderError:
        try:
            return render(order)
        except RenderError as error:
            return error

    pool = ThreadPoolExecutor(worker_count())
    answers = pool.map(attempt, orders)
    pool.shutdown(wait=False)
    return answers
