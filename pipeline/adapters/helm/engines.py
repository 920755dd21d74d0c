"""Finds the Helm engine that the configuration asks for."""

import os
import shutil
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from pipeline.core.budget import Limits
from pipeline.core.charts.semver import Range, Version
from pipeline.core.errors import RenderError, UsageError, WorldError
from pipeline.core.render.order import Engine, RenderedChart, RenderOrder

SETTINGS = ("auto", "cli", "embedded")


def choose(setting: str, version_range: str, limits: Limits | None = None) -> Engine:
    """``auto`` is the binary on PATH where its version is in the range, else the embedded library.

    Raises:
        UsageError: ``version_range`` is not a range, or ``setting`` no engine.
        WorldError: the engine is not there, or its version is not in the range.
    """
    if setting not in SETTINGS:
        raise UsageError(f"helm.engine {setting!r} is unknown", hint=" or ".join(SETTINGS))
    asked = _range(version_range)
    if setting == "embedded":
        return _fitting(_embedded(limits), asked, version_range)
    if setting == "cli":
        return _fitting(_cli(limits), asked, version_range)
    binary = shutil.which("helm")
    if binary is not None:
        engine = _cli(limits, binary)
        if _fits(engine, asked):
            return engine
    return _fitting(_embedded(limits), asked, version_range)


def _cli(limits: Limits | None, binary: str | None = None) -> Engine:
    from pipeline.adapters.helm.cli import HelmCli  # noqa: PLC0415 - each engine loads much that the other never needs

    binary = binary or shutil.which("helm")
    if binary is None:
        raise WorldError("no helm binary on PATH", hint="install helm 4, or set helm.engine: embedded")
    return HelmCli.at(binary, limits)


def _embedded(limits: Limits | None) -> Engine:
    from pipeline.adapters.helm.embedded import HelmEmbedded  # noqa: PLC0415 - as above

    return HelmEmbedded.here(limits)


def _range(text: str) -> Range | None:
    if not text:
        return None
    try:
        return Range.parse(text)
    except ValueError as error:
        raise UsageError(f"helm.version {text!r}: {error}", hint='a range in Helm\'s syntax: ">=4.1"') from error


def _fits(engine: Engine, asked: Range | None) -> bool:
    return asked is None or asked.admits(Version.parse(engine.version))


def _fitting(engine: Engine, asked: Range | None, text: str) -> Engine:
    if _fits(engine, asked):
        return engine
    message = f"the {engine.name} engine is Helm {engine.version}, and helm.version asks for {text}"
    raise WorldError(message, hint="install a Helm in that range, or widen helm.version in pipeline.yaml")


class LazyEngine:
    """The Helm of ``choose``, found and started when something is to be rendered; a warm run needs none."""

    def __init__(self, setting: str, version_range: str, limits: Limits | None = None) -> None:
        self._asked = (setting, version_range, limits)
        self._found: Engine | None = None

    @property
    def _engine(self) -> Engine:
        if self._found is None:
            self._found = choose(*self._asked)
        return self._found

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def version(self) -> str:
        return self._engine.version

    def render(self, order: RenderOrder) -> RenderedChart:
        return self._engine.render(order)

    def render_all(self, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        return self._engine.render_all(orders)

    @property
    def identity(self) -> str:
        """What tells the Helm that would be chosen from any other, without starting it."""
        setting, version_range, _ = self._asked
        parts = [setting, version_range]
        if setting != "embedded":
            parts.append(_stamp(shutil.which("helm") or ""))
        if setting != "cli":
            spec = find_spec("helm_python")
            parts += sorted(map(_stamp, _libraries(spec.origin))) if spec is not None and spec.origin else ["none"]
        return repr(parts)


def _libraries(origin: str) -> list[str]:
    """Names there that are not sources of their own, and the name that covers the rest."""
    return [origin, *map(str, Path(origin).parent.rglob("*.so*"))]


def _stamp(file: str) -> str:
    """Empty for what is not there."""
    try:
        about = Path(file).stat()
    except OSError:
        return ""
    real = os.path.realpath(file)
    return repr((real, about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)) if file else ""
