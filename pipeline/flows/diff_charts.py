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
from pipeline.core.kube.scope import BUILT_IN, Scopes
from pipeline.core.render.helm_errors import not_readable
from pipeline.core.render.manifests import ManifestError, parse
from pipeline.core.render.needless_files import needless_files
from pipeline.core.render.nondeterminism import volatile
from pipeline.core.render.notes import Notes, VolatilePath
from pipeline.core.render.order import Engine, RenderedChart, RenderOrder
from pipeline.core.render.random_functions import at_work, by_chance, in_values, templates_of
from pipeline.core.risk.rule import Rule
from pipeline.core.risk.upgrade import Side
from pipeline.flows.chart_sides import Begun, ChartSide, How, order_of
from pipeline.flows.render.render_again import ComparedRenders, compared, rendered
from pipeline.flows.render.safe_messages import failing_chart


def diff_charts(begun: Begun, rules: Callable[[], Iterable[Rule]], check: ReportCheck = no_check) -> Report:
    """Compare and judge what Helm is rendering. A side that fails becomes the report's error, never an empty side."""
    asked, how, engine = begun.sides, begun.how, begun.engine
    charts = [side.load() for side in asked]  # while Helm works
    templates = [by_chance(chart.files) for chart in charts]  # as well
    needless = list(map(_needless, asked, charts, templates))
    loaded, answers = tuple(rules()), list(begun.answers)
    functions = list(map(_functions, asked, charts, answers, templates))
    again = _Again(begun, functions, needless)
    read = [
        answer if isinstance(answer, RenderError) else _side(request, chart, answer, how)
        for request, chart, answer in zip(asked, charts, answers, strict=True)
    ]
    targets = Targets({"": how.kube_version}, how.capabilities, how.stated)

    def judged(pairs: Sequence[ComparedRenders | None]) -> tuple[Snapshot, Snapshot, Report]:
        settled = [_settled(side, used, pair, how) for side, used, pair in zip(read, functions, pairs, strict=True)]
        sides = zip(asked, charts, settled, strict=True)
        before, after = (_snapshot(request, chart, side, how, engine) for request, chart, side in sides)
        return before, after, build(before, after, loaded, targets)

    first = judged([None, None])  # as if nothing varied, which is so for most charts, while Helm renders again
    pairs = again.pairs([answer.text if isinstance(answer, RenderedChart) else "" for answer in answers])
    before, after, report = judged(pairs) if any(pairs) else first
    check(before, after, report)
    return report


def _needless(side: ChartSide, chart: Chart, templates: Mapping[str, frozenset[str]]) -> frozenset[str]:
    files = dict.fromkeys(chart.names, "") | dict(chart.files)  # what is no text has a name all the same
    return needless_files(files, templates, (layer.text for layer in side.values))


class _Again:
    """Renders each side whose render may vary with both stand-ins, to tell that from a change. All begin at once."""

    def __init__(self, begun: Begun, functions: Sequence[frozenset[str]], needless: Sequence[frozenset[str]]) -> None:
        """``needless`` are the files without which that shows as well; where it then fails, they are not left out."""
        self._begun, self._needless = begun, needless
        self._asked = [(number, variant) for number, used in enumerate(functions) if used for variant in (1, 2)]
        self._answers = self._render(self._asked, partly=True)

    def pairs(self, texts: Sequence[str]) -> list[ComparedRenders | None]:
        """What shows where each side varies; None for a side that does not. ``texts`` are the first renders."""
        answers = dict(zip(self._asked, self._answers, strict=True))
        failed = [request for request in self._asked if not rendered(answers[request]) and self._needless[request[0]]]
        if failed:
            answers |= zip(failed, self._render(failed, partly=False), strict=True)
        both = {number: (answers[number, 1], answers[number, 2]) for number, _ in self._asked}
        return compared(texts, both, self._begun.how.pause, self._whole)

    def _whole(self, doubted: list[int], stand_ins: int) -> Iterable[RenderedChart | RenderError]:
        return self._render([(number, stand_ins) for number in doubted], partly=False)

    def _render(self, asked: Iterable[tuple[int, int]], *, partly: bool) -> Iterable[RenderedChart | RenderError]:
        sides, how = self._begun.sides, self._begun.how
        orders = [
            replace(
                order_of(sides[number], how),
                stand_ins=variant,
                without=tuple(sorted(self._needless[number])) if partly else (),
            )
            for number, variant in asked
        ]
        return self._begun.engine.render_all(orders) if orders else ()


def _functions(
    side: ChartSide, chart: Chart, answer: RenderedChart | RenderError, templates: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The random functions that may be at work in a side's render; ``templates`` are those of each template."""
    if isinstance(answer, RenderError):
        return frozenset()
    values = [text for path, text in chart.files.items() if path.endswith("values.yaml")]
    packed = [path for path in chart.names if path.endswith(".tgz")]
    called = in_values(
        (text for path, text in chart.files.items() if "templates/" in path),
        [*values, *(layer.text for layer in side.values)],
    )
    return at_work(templates_of(answer.text), templates, packed) | called


def _settled(
    side: Side | RenderError, functions: frozenset[str], pair: ComparedRenders | None, how: How
) -> Side | RenderError:
    if isinstance(side, RenderError):
        return side
    scopes = BUILT_IN.with_crds(side.manifests.resources)  # the other renders may be without CRDs
    one, other = (_manifests(text, how, scopes) for text in (pair.one, pair.other)) if pair else (side.manifests,) * 2
    if isinstance(one, RenderError) or isinstance(other, RenderError):
        return side
    varying = volatile(side.manifests, one, other, by_stand_ins=pair is None or pair.by_stand_ins)
    names = {varied.id: str(varied.shown) for varied in varying if varied.is_name}
    ids = {varied.id: replace(varied.id, name=names.get(varied.id, varied.id.name)) for varied in varying}
    paths = tuple(VolatilePath(ids[varied.id], varied.path, varied.whole) for varied in varying)
    return replace(side, notes=Notes(paths, tuple(sorted(functions)) if paths else ()), chance=varying)


def _snapshot(asked: ChartSide, chart: Chart, side: Side | RenderError, how: How, engine: Engine) -> Snapshot:
    key = ReleaseKey("", how.release)
    if isinstance(side, RenderError):
        said = failing_chart(chart, asked.values, (how.release, how.namespace))(side.detail)
        failure = RenderFailure(how.release, f"{chart.name} {chart.version}", side.template, side.line, said)
        bare = _release(how, Side(ManifestSet(), chart, asked.values), chart)
        return Snapshot(asked.source, {}, {key: failure}, engine.name, engine.version, {key: bare})
    return Snapshot(asked.source, {key: _release(how, side, chart)}, {}, engine.name, engine.version)


def _release(how: How, side: Side, chart: Chart) -> ReleaseSide:
    return ReleaseSide(how.namespace, side, chart.name, chart.version, chart.digest)


def _manifests(text: str, how: How, scopes: Scopes = BUILT_IN, chart: str = "") -> ManifestSet | RenderError:
    try:
        return parse(text, namespace=how.namespace, release=how.release, scopes=scopes, kept=how.kept)
    except ManifestError as error:
        return not_readable(RenderOrder(how.release, how.namespace, chart), error)


def _side(side: ChartSide, chart: Chart, answer: RenderedChart, how: How) -> Side | RenderError:
    manifests = _manifests(answer.text, how, chart=side.path)
    if isinstance(manifests, RenderError):
        return manifests
    return Side(manifests, chart, side.values, warnings=answer.warnings)
