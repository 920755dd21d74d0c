"""The ``embedded`` engine: Helm's own SDK, so that a machine without helm needs only pip.

It works in processes beside this one, as many as there are cores, which stay for the next order. A chart that takes too
long, too much memory or that brings the library down ends its worker, and nothing else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec

from pipeline.adapters.contained import Exceeded, out_of_memory
from pipeline.adapters.helm.chart_check import check_contained
from pipeline.adapters.helm.library_workers import WORKERS, DiedError, ExceededError, WorkerAnswer
from pipeline.adapters.helm.side_by_side import render_side_by_side
from pipeline.core.budget import MEBIBYTE, ChartLimits, Limits, RenderLimits
from pipeline.core.errors import RenderError, WorldError
from pipeline.core.render.helm_errors import render_error
from pipeline.core.render.helm_output import Document, lost_warnings, rescue
from pipeline.core.render.order import RenderedChart, RenderOrder

_HINT = "pip install helm-python-sdk, or install helm 4 and set helm.engine: cli"


@dataclass(frozen=True, slots=True)
class HelmEmbedded:
    """Helm as a library."""

    limits: RenderLimits = field(default_factory=RenderLimits)
    charts: ChartLimits = field(default_factory=ChartLimits)
    name: str = "embedded"

    @classmethod
    def here(cls, limits: Limits | None = None) -> "HelmEmbedded":
        """The library begins to load.

        Raises:
            WorldError: it is not installed.
        """
        if find_spec("helm_python") is None:
            raise WorldError("the embedded Helm is not installed", hint=_HINT)
        limits = limits or Limits()
        engine = cls(limits.render, limits.charts)
        WORKERS.begin(engine.limits)
        return engine

    @property
    def version(self) -> str:
        """That of the SDK in the library, without the v.

        Raises:
            WorldError: it does not load.
        """
        with WORKERS.one(self.limits) as worker:
            return worker.version()

    def render(self, order: RenderOrder) -> RenderedChart:
        version, answer = self._asked(order)
        lost, text = _lost(answer), answer.text.decode("utf-8", "surrogatepass")
        warnings = (*answer.head["warnings"], *lost_warnings(lost))
        return RenderedChart(text + rescue(lost, text), warnings, self.name, version)

    def lost(self, order: RenderOrder, printed: str) -> tuple[str, tuple[str, ...]]:
        """What the program drops from what it ``printed``: the CRDs to rescue, and a line about each document."""
        lost = _lost(self._asked(order)[1])
        return rescue(lost, printed), lost_warnings(lost)

    def render_all(self, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        return render_side_by_side(self.render, orders)

    def _asked(self, order: RenderOrder) -> tuple[str, WorkerAnswer]:
        """The library's version and its answer."""
        check_contained(order, self.charts)
        values = [(layer.file, layer.text) for layer in order.values]
        asked = {"order": asdict(replace(order, values=())) | {"values": values}, "largest": self._largest}
        try:
            with WORKERS.one(self.limits) as worker:
                answer = worker.ask(asked)
                version = worker.version()
                self._check(answer)
        except ExceededError as error:
            raise _failed(order, error.exceeded.message, error.exceeded.hint) from None
        except DiedError as error:
            raise _failed(order, f"Helm crashes: {error or 'no message'}", "") from None
        if "refused" in answer.head:
            raise render_error(order, answer.head["refused"])
        return version, answer

    def _check(self, answer: WorkerAnswer) -> None:
        match answer.head.get("exceeded"):
            case "too large":
                raise ExceededError(Exceeded(f"it renders to more than {self.limits.output_mib} MiB", "outputMiB"))
            case "out of memory":
                raise ExceededError(out_of_memory(self.limits))

    @property
    def _largest(self) -> int:
        return self.limits.output_mib * MEBIBYTE


def _failed(order: RenderOrder, message: str, hint: str) -> RenderError:
    return RenderError(message, release=order.release, chart=order.title, hint=hint)


def _lost(answer: WorkerAnswer) -> tuple[Document, ...]:
    return tuple(Document(**document) for document in answer.head["lost"])
