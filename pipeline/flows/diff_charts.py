"""Compares two charts without a repository: both are rendered the same way."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.core.charts.chart import Chart
from pipeline.core.errors import RenderError
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report import RenderFailure, Report
from pipeline.core.judge.report_check import ReportCheck, no_check
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.render.helm_errors import not_readable
from pipeline.core.render.manifests import ManifestError, parse
from pipeline.core.render.nondeterminism import volatile
from pipeline.core.render.notes import Notes, VolatilePath
from pipeline.core.render.order import Engine, RenderedChart, RenderOrder
from pipeline.core.render.random_functions import by_chance, suspects
from pipeline.core.risk.rule import Rule
from pipeline.core.risk.upgrade import Side
from pipeline.flows.chart_sides import Begun, ChartSide, How, order_of
from pipeline.flows.render.render_again import second_renders


def diff_charts(begun: Begun, rules: Callable[[], Iterable[Rule]], check: ReportCheck = no_check) -> Report:
    """Compare and judge what Helm is rendering. A side that fails becomes the report's error, never an empty side."""
    asked, how, engine, answers = begun.sides, begun.how, begun.engine, begun.answers
    charts, loaded = [side.load() for side in asked], tuple(rules())  # while Helm works
    templates = [by_chance(chart.files) for chart in charts]  # as well
    rows = zip(asked, charts, answers, strict=True)
    read = [answer if isinstance(answer, RenderError) else _side(one, c, answer, how) for one, c, answer in rows]
    sides = zip(asked, charts, _doubted(asked, read, templates, begun), strict=True)
    before, after = (_snapshot(one, chart, side, how, engine) for one, chart, side in sides)
    targets = Targets({"": how.kube_version}, how.capabilities, how.stated)
    report = build(before, after, loaded, targets)
    check(before, after, report)
    return report


def _doubted(
    asked: Sequence[ChartSide],
    sides: Sequence[Side | RenderError],
    templates: Sequence[Mapping[str, frozenset[str]]],
    begun: Begun,
) -> list[Side | RenderError]:
    """Each side again that may hold a value made at random, to tell that from a change; the others as they are.

    ``templates`` are the random functions of each side's templates.
    """
    how, engine = begun.how, begun.engine
    found = [
        frozenset[str]() if isinstance(side, RenderError) else _functions(side, reached)
        for side, reached in zip(sides, templates, strict=True)
    ]

    def render(doubted: list[int]) -> Iterable[RenderedChart | RenderError]:
        return engine.render_all([order_of(asked[number], how) for number in doubted])

    rows = zip(sides, found, second_renders(found, how.pause, render), strict=True)
    return [_settled(side, functions, second, how) for side, functions, second in rows]


def _functions(side: Side, templates: Mapping[str, frozenset[str]]) -> frozenset[str]:
    assert side.chart is not None, "BUG: a chart's side without a chart"
    files = side.chart.files
    known = [text for path, text in files.items() if path.endswith("values.yaml")] if templates else []
    return suspects(side.manifests, templates, [*known, *(layer.text for layer in side.values)])


def _settled(
    side: Side | RenderError, functions: frozenset[str], second: RenderedChart | RenderError | None, how: How
) -> Side | RenderError:
    if isinstance(side, RenderError) or isinstance(second, RenderError):
        return side
    other = side.manifests if second is None else _manifests(second, how)
    if isinstance(other, RenderError):
        return side
    found = volatile(side.manifests, other)
    names = {one.id: str(one.shown) for one in found if one.is_name}
    ids = {one.id: replace(one.id, name=names.get(one.id, one.id.name)) for one in found}
    paths = tuple(VolatilePath(ids[one.id], one.path, one.whole) for one in found)
    return replace(side, notes=Notes(paths, tuple(sorted(functions)) if paths else ()), chance=found)


def _snapshot(asked: ChartSide, chart: Chart, side: Side | RenderError, how: How, engine: Engine) -> Snapshot:
    key = ReleaseKey("", how.release)
    if isinstance(side, RenderError):
        failure = RenderFailure(how.release, f"{chart.name} {chart.version}", side.template, side.line, side.detail)
        bare = _release(how, Side(ManifestSet(), chart, asked.values), chart)
        return Snapshot(asked.source, {}, {key: failure}, engine.name, engine.version, {key: bare})
    return Snapshot(asked.source, {key: _release(how, side, chart)}, {}, engine.name, engine.version)


def _release(how: How, side: Side, chart: Chart) -> ReleaseSide:
    return ReleaseSide(how.namespace, side, chart.name, chart.version, chart.digest)


def _manifests(answer: RenderedChart, how: How, chart: str = "") -> ManifestSet | RenderError:
    try:
        return parse(answer.text, namespace=how.namespace, release=how.release, kept=how.kept)
    except ManifestError as error:
        return not_readable(RenderOrder(how.release, how.namespace, chart), error)


def _side(side: ChartSide, chart: Chart, answer: RenderedChart, how: How) -> Side | RenderError:
    manifests = _manifests(answer, how, side.path)
    if isinstance(manifests, RenderError):
        return manifests
    return Side(manifests, chart, side.values, warnings=answer.warnings)
