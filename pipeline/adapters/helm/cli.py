"""The ``cli`` engine: pyhelm3 drives a helm binary. Helm's home and kubeconfig are never the user's.

pyhelm3's ``template()`` knows neither ``--kube-version`` nor ``--api-versions``, so its ``Command.run`` is given the
arguments. ``run`` passes no environment and drops stderr of a success, where helm puts its warnings; so the program
that it starts is ``sh`` with one fixed line, whose arguments are never parsed as shell.
"""

import asyncio
import logging
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.adapters.helm import pyhelm3_command
from pipeline.adapters.helm.version import version_of
from pipeline.adapters.helm.workers import worker_count
from pipeline.adapters.process import bare_environment
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.errors import RenderError
from pipeline.core.render.helm_apis import HELM_API_VERSIONS
from pipeline.core.render.helm_errors import render_error
from pipeline.core.render.helm_output import trim
from pipeline.core.render.manifests import CRD_INSTALL
from pipeline.core.render.order import RenderedChart, RenderOrder

_TIMEOUT_SECONDS = 300
_KEEP_STDERR = 'exec "$@" 2>"$0"'
# Rendering allocates much and lives shortly: without collecting garbage, up to a limit, it takes a fifth less time.
_GARBAGE = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
_DROPPED = "skipping unknown hooks"
_LOG_PREFIX = re.compile(r"^(?:time=\S+ )?level=[A-Z]+ (?:source=\S+ )?")

HelmCommand, helm_errors = pyhelm3_command.load()
# It logs each command line that fails, to stderr where nobody set logging up; our error says it better.
logging.getLogger("pyhelm3.command").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class HelmCli:
    """``binary`` is an absolute path. What version it is, is asked while the first chart renders."""

    binary: str
    _asked: "Future[str]" = field(repr=False, compare=False)
    name: str = "cli"

    @classmethod
    def at(cls, binary: str) -> "HelmCli":
        pool = ThreadPoolExecutor(1)
        asked = pool.submit(version_of, binary)
        pool.shutdown(wait=False)
        return cls(binary, asked)

    @property
    def version(self) -> str:
        """What the binary says of itself, without the v.

        Raises:
            WorldError: it does not run, or is no helm.
        """
        return self._asked.result()

    def render(self, order: RenderOrder) -> RenderedChart:
        with TemporaryDirectory(prefix="pipeline-helm-") as home:
            stderr = Path(home, "stderr")
            files = _write_values(Path(home), order.values)
            argv = ["-c", _KEEP_STDERR, str(stderr), *_environment(Path(home)), self.binary, *_template(order, files)]
            try:
                stdout = asyncio.run(_run(argv))
            except helm_errors.Error as error:
                said = stderr.read_text(errors="replace") if stderr.exists() else str(error)
                raise render_error(order, _with_layer_names(said, order.values, files)) from error
            except TimeoutError as error:
                message = f"helm took longer than {_TIMEOUT_SECONDS} s"
                raise RenderError(message, release=order.release, chart=order.title) from error
            said = _with_layer_names(stderr.read_text(errors="replace"), order.values, files)
        text, warnings = trim(_decode(stdout, order)), _warnings(said)
        if any(_DROPPED in line for line in warnings):
            text, warnings = _rescued(order, text, tuple(line for line in warnings if _DROPPED not in line))
        return RenderedChart(text, warnings, self.name, self.version)

    def render_all(self, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        pool = ThreadPoolExecutor(worker_count())
        answers = pool.map(self._attempt, orders)  # under way from here on, whenever they are asked for
        pool.shutdown(wait=False)
        return answers

    def _attempt(self, order: RenderOrder) -> RenderedChart | RenderError:
        try:
            return self.render(order)
        except RenderError as error:
            return error


async def _run(argv: list[str]) -> bytes:
    helm = HelmCommand(executable="/bin/sh")
    return bytes(await asyncio.wait_for(helm.run(argv), _TIMEOUT_SECONDS))


def _environment(home: Path) -> list[str]:
    """``env -i NAME=VALUE …``: nothing of the user's shell reaches helm, so nothing of it reaches a render."""
    folders = {"HELM_CONFIG_HOME": "config", "HELM_CACHE_HOME": "cache", "HELM_DATA_HOME": "data", "HOME": "home"}
    variables = bare_environment(
        **{name: str(home / folder) for name, folder in folders.items()},
        KUBECONFIG=os.devnull,
        HELM_NO_PLUGINS="1",
        **_GARBAGE,
    )
    return ["env", "-i", *(f"{name}={value}" for name, value in sorted(variables.items()))]


def _template(order: RenderOrder, files: list[Path]) -> list[str]:
    apis = ",".join(sorted({*HELM_API_VERSIONS, *order.api_versions}))
    argv = ["template", "--namespace", order.namespace, "--kube-version", order.kube_version, "--api-versions", apis]
    if order.include_crds:
        argv.append("--include-crds")
    for file in files:
        argv += ["--values", str(file)]
    return [*argv, "--", order.release, str(Path(order.chart).absolute())]


def _write_values(home: Path, layers: tuple[ValuesLayer, ...]) -> list[Path]:
    """The layers as this order holds them, which may come from a Git revision rather than from the disk."""
    files = []
    for index, layer in enumerate(layers):
        file = home / f"values-{index}.yaml"
        file.write_text(layer.text, encoding="utf-8")
        files.append(file)
    return files


def _with_layer_names(said: str, layers: tuple[ValuesLayer, ...], files: list[Path]) -> str:
    for layer, file in zip(layers, files, strict=True):
        said = said.replace(str(file), layer.file)
    return said


def _rescued(order: RenderOrder, text: str, warnings: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """With the CRDs that helm drops for Helm 2's hook. Only the library still has their text."""
    try:
        from pipeline.adapters.helm.embedded import HelmEmbedded  # noqa: PLC0415 - 80 MB that few charts need
    except ImportError:
        return text, (*warnings, f"helm drops objects with hooks that it does not know ({CRD_INSTALL}?)")
    more, lines = HelmEmbedded.here().lost(order, text)
    return text + more, (*warnings, *lines)


def _decode(stdout: bytes, order: RenderOrder) -> str:
    try:
        return stdout.decode()
    except UnicodeDecodeError as error:
        message = f"a template's output is not UTF-8 (byte {stdout[error.start]:#x})"
        raise RenderError(message, release=order.release, chart=order.title) from error


def _warnings(said: str) -> tuple[str, ...]:
    """``level=WARN msg="this chart is deprecated"`` without what every line has."""
    lines = (_LOG_PREFIX.sub("", line.strip()) for line in said.splitlines())
    return tuple(re.sub(r'^msg="([^"]*)"', r"\1", line) for line in lines if line)
