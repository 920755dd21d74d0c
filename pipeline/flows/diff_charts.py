"""What would this upgrade do to me? Two charts are rendered the same way and compared, with no repository around."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.core.assemble import Targets, build
from pipeline.core.chart import Chart, ValuesLayer
from pipeline.core.errors import RenderError
from pipeline.core.manifests import parse
from pipeline.core.render import Engine, Rendered, RenderOrder
from pipeline.core.report import RenderFailure, Report
from pipeline.core.resource import ManifestSet
from pipeline.core.rule import Rule
from pipeline.core.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.upgrade import Side


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


def diff_charts(
    old: ChartSide, new: ChartSide, how: How, engine: Engine, rules: Callable[[], Iterable[Rule]]
) -> Report:
    """Render both, compare, judge. A side that does not render becomes the report's error, never an empty side."""
    sides = (old, new)
    answers = engine.render_all([_order(side, how) for side in sides])
    charts, loaded = [side.load() for side in sides], tuple(rules())  # while Helm works
    rows = zip(sides, charts, answers, strict=True)
    before, after = (_snapshot(side, chart, answer, how, engine) for side, chart, answer in rows)
    targets = Targets({"": how.kube_version}, how.capabilities, how.stated)
    return build(before, after, loaded, targets)


def _order(side: ChartSide, how: How) -> RenderOrder:
    return RenderOrder(
        release=how.release,
        namespace=how.namespace,
        chart=side.path,
        values=side.values,
        kube_version=how.kube_version,
        api_versions=how.api_versions,
    )


def _snapshot(side: ChartSide, chart: Chart, answer: Rendered | RenderError, how: How, engine: Engine) -> Snapshot:
    key = ReleaseKey("", how.release)
    if isinstance(answer, RenderError):
        failure = RenderFailure(
            how.release, f"{chart.name} {chart.version}", answer.template, answer.line, answer.detail
        )
        bare = _release(how, Side(ManifestSet(), chart, side.values), chart)
        return Snapshot(side.source, {}, {key: failure}, engine.name, engine.version, {key: bare})
    release = _release(how, _side(side, chart, answer, how), chart)
    return Snapshot(side.source, {key: release}, {}, answer.engine, answer.helm_version)


def _release(how: How, side: Side, chart: Chart) -> ReleaseSide:
    return ReleaseSide(how.namespace, side, chart.name, chart.version, chart.digest)


def _side(side: ChartSide, chart: Chart, answer: Rendered, how: How) -> Side:
    manifests = parse(answer.text, namespace=how.namespace, release=how.release)
    return Side(manifests, chart, side.values, warnings=answer.warnings)
