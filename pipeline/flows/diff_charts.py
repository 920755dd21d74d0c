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
from pipeline.core.render.random_functions import at_work, by_chance, in_values
from pipeline.core.risk.rule import Rule
from pipeline.core.risk.upgrade import Side
from pipeline.flows.chart_sides import Begun, ChartSide, How, order_of
from pipeline.flows.render.render_again import ComparedRenders, pairs_of


def diff_charts(begun: Begun, rules: Callable[[], Iterable[Rule]], check: ReportCheck = no_check) -> Report:
    """Compare and judge what Helm is rendering. A side that fails becomes the report's error, never an empty side."""
    asked, how, engine, answers = begun.sides, begun.how, begun.engine, begun.answers
    charts, loaded = [side.load() for side in asked], tuple(rules())  # while Helm works
    templates = [by_chance(chart.files) for chart in charts]  # as well
    read, texts = list[Side | RenderError](), list[str]()
    for one, chart, answer in zip(asked, charts, answers, strict=True):
        read.append(answer if isinstance(answer, RenderError) else _side(one, chart, answer, how))
        texts.append("" if isinstance(answer, RenderError) else answer.text)
    sides = zip(asked, charts, _doubted(read, texts, templates, begun), strict=True)
    before, after = (_snapshot(one, chart, side, how, engine) for one, chart, side in sides)
    targets = Targets({"": how.kube_version}, how.capabilities, how.stated)
    report = build(before, after, loaded, targets)
    check(before, after, report)
    return report


def _doubted(
    sides: Sequence[Side | RenderError],
    texts: Sequence[str],
    templates: Sequence[Mapping[str, frozenset[str]]],
    begun: Begun,
) -> list[Side | RenderError]:
    """Each side with what varies in it from render to render, to tell that from a change.

    ``templates`` are the random functions of each side's templates.
    """
    asked, how, engine = begun.sides, begun.how, begun.engine
    found = [
        frozenset[str]() if isinstance(side, RenderError) else _functions(side, reached)
        for side, reached in zip(sides, templates, strict=True)
    ]

    def render(doubted: list[int], stand_ins: int) -> Iterable[RenderedChart | RenderError]:
        return engine.render_all([replace(order_of(asked[number], how), stand_ins=stand_ins) for number in doubted])

    pairs = pairs_of(found, texts, how.pause, render)
    return [_settled(side, functions, pair, how) for side, functions, pair in zip(sides, found, pairs, strict=True)]


def _functions(side: Side, templates: Mapping[str, frozenset[str]]) -> frozenset[str]:
    assert side.chart is not None, "BUG: a chart's side without a chart"
    files = side.chart.files
    values = [text for path, text in files.items() if path.endswith("values.yaml")]
    packed = [path for path in side.chart.names if path.endswith(".tgz")]
    called = in_values(
        (text for path, text in files.items() if "templates/" in path),
        [*values, *(layer.text for layer in side.values)],
    )
    return at_work(side.manifests, templates, packed) | called


def _settled(
    side: Side | RenderError, functions: frozenset[str], pair: ComparedRenders | None, how: How
) -> Side | RenderError:
    if isinstance(side, RenderError):
        return side
    one, other = (_manifests(text, how) for text in (pair.one, pair.other)) if pair else (side.manifests,) * 2
    if isinstance(one, RenderError) or isinstance(other, RenderError):
        return side
    found = volatile(side.manifests, one, other, by_stand_ins=pair is None or pair.by_stand_ins)
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


def _manifests(text: str, how: How, chart: str = "") -> ManifestSet | RenderError:
    try:
        return parse(text, namespace=how.namespace, release=how.release, kept=how.kept)
    except ManifestError as error:
        return not_readable(RenderOrder(how.release, how.namespace, chart), error)


def _side(side: ChartSide, chart: Chart, answer: RenderedChart, how: How) -> Side | RenderError:
    manifests = _manifests(answer.text, how, side.path)
    if isinstance(manifests, RenderError):
        return manifests
    return Side(manifests, chart, side.values, warnings=answer.warnings)
