"""What ``pipeline diff`` does once its options are read: gather both sides, judge, show."""

from pathlib import Path

from pipeline import rules
from pipeline.cli.diff import ChartOptions
from pipeline.core.chart import ValuesLayer
from pipeline.core.errors import ConfigError, Problem, UsageError
from pipeline.core.finding import Severity
from pipeline.core.render import DEFAULT_KUBE_VERSION
from pipeline.core.report import Report
from pipeline.core.resource import mapping
from pipeline.core.source import Source
from pipeline.core.verdict import with_verdict
from pipeline.core.yaml_read import YamlError, load
from pipeline.flows.diff_charts import ChartSide, How, diff_charts

DEFAULT_FAIL_ON = Severity.BLOCKER


def charts(old: Source, new: Source, options: ChartOptions, fail_on: str | None) -> Report:
    """Render two charts the same way and compare them."""
    from pipeline.wiring import engine_for

    before = _chart_side(old, options.values)
    after = _chart_side(new, options.new_values or options.values)
    how = How(
        options.release_name,
        options.namespace,
        options.kube_version or DEFAULT_KUBE_VERSION,
        options.api_versions,
        stated=options.kube_version is not None,
    )
    report = diff_charts(before, after, how, engine_for(options.engine), rules.load)
    return with_verdict(report, severity(fail_on))


def severity(label: str | None) -> Severity:
    return Severity[label.upper()] if label else DEFAULT_FAIL_ON


def repository(_old: Source, _new: Source, _environments: object, _releases: object, _fail_on: str | None) -> Report:
    raise UsageError("comparing rendered trees is not there yet", hint="pipeline diff chart:OLD chart:NEW")


def _chart_side(source: Source, files: tuple[Path, ...]) -> ChartSide:
    from pipeline.adapters.charts import load_chart

    return ChartSide(str(source), source.argument, load_chart(source.argument), tuple(map(_layer, files)))


def _layer(path: Path) -> ValuesLayer:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"values file {path}: {getattr(error, 'strerror', None) or error}", hint="check -f") from error
    try:
        return ValuesLayer(str(path), text, mapping(load(text)))
    except YamlError as error:
        raise ConfigError((Problem(str(path), error.line, error.column, error.message),)) from error
