"""The two charts given to ``pipeline diff``: reads our values and starts Helm. Imports little, to start fast."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.config.diff_source import DiffSource
from pipeline.core.errors import ConfigError, MissingFileError, Problem, UsageError
from pipeline.core.render.order import DEFAULT_KUBE_VERSION
from pipeline.flows.chart_sides import Begun, ChartSide, How, begin

if TYPE_CHECKING:
    from pipeline.adapters.helm.timed import RenderRecord

_VERSION = re.compile(r"v?\d+\.\d+(\.\d+)?([-+][\w.+-]*)?")


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """How two ``chart:`` sources are rendered."""

    release_name: str
    namespace: str
    values: tuple[Path, ...]
    new_values: tuple[Path, ...]
    kube_version: str | None
    api_versions: tuple[str, ...]
    engine: str


def begun(
    old: DiffSource,
    new: DiffSource,
    options: ChartOptions,
    told: "Callable[[RenderRecord], object] | None" = None,
) -> Begun:
    """Both charts rendered the same way, as soon as Helm is through; ``told`` hears how long each render took.

    Raises:
        UsageError, ConfigError: a values file cannot be read, or is not valid YAML.
        WorldError: a chart cannot be fetched, or there is no Helm.
    """
    from pipeline.adapters.helm.engines import (
        choose,
    )  # not by way of wiring.py, which loads what only repositories need

    stated = () if options.kube_version is None else _apis(options.kube_version)
    before = _side(old, options.values)
    after = _side(new, options.new_values or options.values)
    how = How(
        options.release_name,
        options.namespace,
        options.kube_version or DEFAULT_KUBE_VERSION,
        tuple(dict.fromkeys((*stated, *options.api_versions))),
        capabilities=options.kube_version is not None,
        stated=options.kube_version is not None,
        pause=time.sleep,
    )
    engine = choose(options.engine, "")
    if told is not None:
        from pipeline.adapters.helm.timed import TimedEngine

        engine = TimedEngine(engine, told)
    return begin(before, after, how, engine)


def _apis(kube_version: str) -> tuple[str, ...]:
    """Every API that the version serves by default: what a chart renders for want of another is then proven.

    Raises:
        UsageError: it is not a version, or one that no table knows.
    """
    from pipeline.core.kube.capabilities import known_minors, minor_of, offered

    if not _VERSION.fullmatch(kube_version):
        raise UsageError(f"--kube-version {kube_version!r} is not a version", hint="--kube-version 1.34.0")
    oldest, newest = known_minors()
    if not (1, oldest) <= minor_of(kube_version) <= (1, newest):
        raise UsageError(
            f"--kube-version {kube_version}: no table knows this Kubernetes version",
            hint=f"the newest known version is 1.{newest}, the oldest 1.{oldest}",
        )
    return tuple(sorted(offered(kube_version)))


def _side(source: DiffSource, files: tuple[Path, ...]) -> ChartSide:
    from pipeline.adapters.fetch.store import local_chart

    chart = local_chart(source.argument)
    return ChartSide(str(source), chart.path, chart.load, tuple(map(_layer, files)))


def _layer(path: Path) -> ValuesLayer:
    from pipeline.adapters.below import read_bounded
    from pipeline.core.budget import LimitError
    from pipeline.core.charts.values import values_of
    from pipeline.core.yaml.reader import YamlError

    try:
        text = read_bounded(path).decode()
    except LimitError as error:
        raise UsageError(f"values file {error.message}", hint="check -f") from error
    except OSError as error:
        raise MissingFileError.of(f"values file {path}", error, hint="check -f") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"values file {path} is not UTF-8", hint="check -f") from error
    try:
        return ValuesLayer(str(path), text, values_of(text))
    except YamlError as error:
        raise ConfigError(
            (Problem(str(path), error.line, error.column, f"not valid YAML: {error.message}"),)
        ) from error
