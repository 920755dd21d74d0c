"""Finds the Helm engine that the configuration asks for."""

import shutil

from pipeline.core.budget import RenderLimits
from pipeline.core.charts.semver import Range, Version
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.render.order import Engine

SETTINGS = ("auto", "cli", "embedded")


def choose(setting: str, version_range: str, limits: RenderLimits | None = None) -> Engine:
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


def _cli(limits: RenderLimits | None, binary: str | None = None) -> Engine:
    from pipeline.adapters.helm.cli import HelmCli  # noqa: PLC0415 - each engine loads much that the other never needs

    binary = binary or shutil.which("helm")
    if binary is None:
        raise WorldError("no helm binary on PATH", hint="install helm 4, or set helm.engine: embedded")
    return HelmCli.at(binary, limits)


def _embedded(limits: RenderLimits | None) -> Engine:
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
