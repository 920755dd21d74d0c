"""The ``cli`` engine: pyhelm3 runs a helm binary, never with the user's own Helm home or kubeconfig.

pyhelm3's ``template()`` knows neither ``--kube-version`` nor ``--api-versions``, so its ``Command.run`` is given the
arguments. The event loop that it runs in gives helm its environment and its limits, and keeps the warnings that ``run``
drops. Values are handed over as open files without a name: nothing of them is ever in a folder.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

from pipeline.adapters.contained import Exceeded, Loop, Surroundings, run_in
from pipeline.adapters.helm import pyhelm3_command
from pipeline.adapters.helm.chart_check import check_contained
from pipeline.adapters.helm.side_by_side import render_side_by_side
from pipeline.adapters.helm.version import version_of
from pipeline.adapters.process import NOWHERE, bare_environment, go_memory
from pipeline.core.budget import ChartLimits, Limits, RenderLimits
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.errors import RenderError, WorldError
from pipeline.core.render.helm_apis import HELM_API_VERSIONS
from pipeline.core.render.helm_errors import render_error
from pipeline.core.render.helm_output import trim
from pipeline.core.render.manifests import CRD_INSTALL
from pipeline.core.render.order import RenderedChart, RenderOrder

_DROPPED = "skipping unknown hooks"
_VALUES_PATH = re.compile(r"/dev/fd/\d+")
_LOG_MESSAGE = re.compile(r'^msg="((?:[^"\\]|\\.)*)"')
_LOG_PREFIX = re.compile(r"^(?:time=\S+ )?level=[A-Z]+ (?:source=\S+ )?")

HelmCommand, helm_errors = pyhelm3_command.load()
# It logs each command line that fails, to stderr where no one set logging up; our error says it better.
logging.getLogger("pyhelm3.command").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class HelmCli:
    """``binary`` is an absolute path. What version it is, is asked while the first chart renders."""

    binary: str
    _asked: "Future[str]" = field(repr=False, compare=False)
    limits: RenderLimits = field(default_factory=RenderLimits)
    charts: ChartLimits = field(default_factory=ChartLimits)
    name: str = "cli"

    @classmethod
    def at(cls, binary: str, limits: Limits | None = None) -> "HelmCli":
        pool = ThreadPoolExecutor(1)
        asked = pool.submit(version_of, binary)
        pool.shutdown(wait=False)
        limits = limits or Limits()
        return cls(binary, asked, limits.render, limits.charts)

    @property
    def version(self) -> str:
        """What the binary says of itself, without the v.

        Raises:
            WorldError: it does not run, or is not helm.
        """
        return self._asked.result()

    def render(self, order: RenderOrder) -> RenderedChart:
        check_contained(order, self.charts)
        with _open_values(order.values) as files:
            loop = Loop(Surroundings(_environment(self.limits), self.limits, tuple(files)))
            try:
                stdout = run_in(loop, HelmCommand(executable=self.binary).run(_template(order, files)))
            except helm_errors.Error as error:
                if loop.exceeded is not None:
                    raise _too_much(order, loop.exceeded) from None
                raise render_error(order, _with_layer_names(error.stderr, order.values, files)) from error
            except OSError as error:
                raise WorldError(f"helm does not start: {self.binary}: {error.strerror}") from error
            said = _with_layer_names(loop.stderr, order.values, files)
        text, warnings = trim(_decode(stdout, order)), _warnings(said)
        if any(_DROPPED in line for line in warnings):
            text, warnings = self._rescued(order, text, tuple(line for line in warnings if _DROPPED not in line))
        return RenderedChart(text, warnings, self.name, self.version)

    def _rescued(self, order: RenderOrder, text: str, warnings: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """With the CRDs that helm drops for Helm 2's hook. Only the library still has their text."""
        from pipeline.adapters.helm.embedded import HelmEmbedded  # noqa: PLC0415 - few charts need it

        try:
            more, lines = HelmEmbedded.here(Limits(self.charts, render=self.limits)).lost(order, text)
        except RenderError:
            raise
        except WorldError:  # it is not installed, or does not load
            return text, (*warnings, f"helm drops objects with hooks that it does not know ({CRD_INSTALL}?)")
        return text + more, (*warnings, *lines)

    def render_all(self, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        return render_side_by_side(self.render, orders)


def _environment(limits: RenderLimits) -> dict[str, str]:
    """Nothing of the user's shell and home reaches helm, so nothing of it reaches a render."""
    nowhere = ("HOME", "HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_DATA_HOME", "HELM_PLUGINS", "HELM_REGISTRY_CONFIG")
    return bare_environment(
        **dict.fromkeys(nowhere, NOWHERE),
        **go_memory(limits),
        KUBECONFIG=os.devnull,
        HELM_NO_PLUGINS="1",
    )


def _too_much(order: RenderOrder, exceeded: Exceeded) -> RenderError:
    return RenderError(exceeded.message, release=order.release, chart=order.title, hint=exceeded.hint)


def _template(order: RenderOrder, files: Iterable[int]) -> list[str]:
    apis = ",".join(sorted({*HELM_API_VERSIONS, *order.api_versions}))
    argv = ["template", "--namespace", order.namespace, "--kube-version", order.kube_version, "--api-versions", apis]
    if order.include_crds:
        argv.append("--include-crds")
    if order.is_upgrade:
        argv.append("--is-upgrade")
    for file in files:
        argv += ["--values", _path(file)]
    return [*argv, "--", order.release, str(Path(order.chart).absolute())]


@contextmanager
def _open_values(layers: tuple[ValuesLayer, ...]) -> Iterator[list[int]]:
    """The layers as this order holds them, which may come from a Git revision rather than from the disk."""
    with ExitStack() as stack:
        files = [stack.enter_context(TemporaryFile()) for _ in layers]
        for file, layer in zip(files, layers, strict=True):
            file.write(layer.text.encode())
            file.seek(0)  # which flushes as well
        yield [file.fileno() for file in files]


def _path(file: int) -> str:
    return f"/dev/fd/{file}"


def _with_layer_names(stderr: bytes, layers: tuple[ValuesLayer, ...], files: list[int]) -> str:
    names = {_path(file): layer.file for file, layer in zip(files, layers, strict=True)}
    return _VALUES_PATH.sub(lambda match: names.get(match[0], match[0]), stderr.decode(errors="replace"))


def _decode(stdout: bytes, order: RenderOrder) -> str:
    try:
        return stdout.decode()
    except UnicodeDecodeError as error:
        message = f"a template's output is not UTF-8 (byte {stdout[error.start]:#x})"
        raise RenderError(message, release=order.release, chart=order.title) from error


def _warnings(said: str) -> tuple[str, ...]:
    """``level=WARN msg="this chart is deprecated"`` alone, each once: helm merges several times."""
    lines = (_LOG_PREFIX.sub("", line.strip()) for line in said.splitlines())
    return tuple(dict.fromkeys(_LOG_MESSAGE.sub(_unquoted, line) for line in lines if line))


def _unquoted(match: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", match[1])
