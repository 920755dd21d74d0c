"""Builds overlays with the real Kustomize: ``kustomize``, or the one in ``kubectl``."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.adapters.process import Command, bare_environment, run
from pipeline.core.errors import WorldError
from pipeline.core.render.overlay import CHART, FOLDER, NAMES, Overlay

_HINT = "install kustomize or kubectl, or: pip install helm-pipeline[kustomize]"
_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class KustomizeCli:
    """``argv`` is the program with what comes before the folder."""

    argv: tuple[str, ...]

    def build(self, overlay: Overlay, chart: str) -> str:
        with TemporaryDirectory(prefix="pipeline-kustomize-") as home:
            base, folder = Path(home, FOLDER, overlay.release), Path(home, overlay.folder)
            for name, data in overlay.files.items():
                _write(base / name, data)
                if Path(name).name in NAMES:  # a base beside the overlay may be what takes the chart in
                    _write((base / name).with_name(CHART), chart.encode())
            try:
                done = run(
                    Command(
                        (*self.argv, str(folder)),
                        env=bare_environment(HOME=home, KUBECONFIG=os.devnull),
                        timeout_seconds=_TIMEOUT_SECONDS,
                    )
                )
            except WorldError as error:
                message = f"overlay {overlay.folder}: {error.message.replace(f'{home}/', '')}"
                raise WorldError(
                    message, hint=error.hint or f"kustomization.yaml there decides; {CHART} is the chart"
                ) from error
        return done.stdout.decode()


def find() -> KustomizeCli:
    """The first that is there: on PATH, or beside this Python.

    Raises:
        WorldError: there is none.
    """
    places = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    for argv in (("kustomize", "build"), ("kubectl", "kustomize")):
        binary = shutil.which(argv[0], path=places)
        if binary:
            return KustomizeCli((binary, *argv[1:]))
    raise WorldError("there is an overlay, and no Kustomize to build it", hint=_HINT)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
