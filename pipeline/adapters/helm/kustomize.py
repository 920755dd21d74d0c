"""Builds overlays with the real Kustomize: ``kustomize``, or the one in ``kubectl``."""

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.adapters.guard import private_folder
from pipeline.adapters.process import NOWHERE, bare_environment, go_memory, tail
from pipeline.core.budget import RenderLimits
from pipeline.core.errors import WorldError
from pipeline.core.render.overlay import CHART, FOLDER, NAMES, REFUSES, Overlay
from pipeline.core.render.overlay_references import OverlayError, check
from pipeline.core.safe_path import SafePath

if TYPE_CHECKING:
    from pipeline.adapters.contained import Loop

_INSIDE = f"an overlay is built of files below {FOLDER}/: copy what it needs there, and name it by its relative path"
_HINT = "install kustomize or kubectl, or: pip install chart-verdict[kustomize]"


@dataclass(frozen=True, slots=True)
class KustomizeCli:
    """``argv`` is the program with what comes before the folder."""

    argv: tuple[str, ...]
    limits: RenderLimits = field(default_factory=RenderLimits)

    @property
    def identity(self) -> str:
        """What tells this program from another."""
        about = Path(self.argv[0]).stat()
        return repr((self.argv, about.st_size, about.st_mtime_ns, about.st_ino))

    def build(self, overlay: Overlay, chart: str) -> str:
        from pipeline.adapters.contained import Loop, Surroundings, collected, run_in  # noqa: PLC0415 - asyncio: 20 ms

        try:
            check(overlay)
        except OverlayError as error:
            where = f"{FOLDER}/{error.file}{f':{error.line}' if error.line else ''}"
            raise WorldError(f"{where}: {error}", hint=_INSIDE) from error
        with private_folder("kustomize") as home:
            base, folder = home / SafePath(FOLDER), home / SafePath(overlay.folder)
            for name, data in overlay.by_path.items():
                _write(base / SafePath(name), data)
                if Path(name).name in NAMES:  # a base beside the overlay may be what takes the chart in
                    _write((base / SafePath(name)).with_name(CHART), chart.encode())
            loop = Loop(Surroundings(_environment(self.limits), self.limits))
            try:
                code, stdout = run_in(loop, collected((*self.argv, str(folder))))
            except OSError as error:
                raise WorldError(f"{self.argv[0]} does not start: {error.strerror}", hint=_HINT) from error
            if code != 0:
                raise _refused(overlay, loop, str(home))
        return stdout.decode()


def _environment(limits: RenderLimits) -> dict[str, str]:
    """No PATH: Kustomize fetches remote bases with the git that it finds there."""
    return bare_environment(HOME=NOWHERE, KUBECONFIG=os.devnull, **go_memory(limits)) | {"PATH": NOWHERE}


def _refused(overlay: Overlay, loop: "Loop", home: str) -> WorldError:
    if loop.exceeded is not None:
        return WorldError(f"overlay {overlay.folder}: {loop.exceeded.message}", hint=loop.exceeded.hint)
    said = _unlogged(tail(loop.stderr.decode(errors="replace"))).replace(f"{home}/", "")
    hint = f"kustomization.yaml there decides; {CHART} is the chart"
    if re.search(r"no (resource )?matches for Id [^ ]+\.(?!\[noNs])[^ .;]+;", said):
        hint = f"leave metadata.namespace out of the patch where {CHART}, the chart's output, has none"
    elif "missing metadata.name" in said:
        hint = "Kustomize takes no object with generateName: have the chart leave it out, or do without the overlay"
    return WorldError(f"overlay {overlay.folder}: {REFUSES}: {said}", hint=hint)


def _unlogged(said: str) -> str:
    """The message of a line that kubectl logs: ``E1128 19:09:34.7 29105 run.go:72] "command failed" err="…"``."""
    match = re.search(r'^E\d{4} .*? err=(".*")$', said, re.DOTALL | re.MULTILINE)
    try:
        return str(json.loads(match[1])) if match else said
    except ValueError:
        return said


def find(limits: RenderLimits | None = None) -> KustomizeCli:
    """The first that is there: on PATH, or beside this Python.

    Raises:
        WorldError: there is none.
    """
    places = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    for argv in (("kustomize", "build"), ("kubectl", "kustomize")):
        binary = shutil.which(argv[0], path=places)
        if binary:
            return KustomizeCli((binary, *argv[1:]), limits or RenderLimits())
    raise WorldError("there is an overlay, but no Kustomize to build it", hint=_HINT)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
