"""Finds the Helm engine that the configuration asks for."""

import shutil

from pipeline.adapters.helm_cli import HelmCli
from pipeline.core.errors import WorldError
from pipeline.core.render import Engine


def choose(setting: str, version_range: str) -> Engine:  # noqa: ARG001 - ranges come with the embedded engine
    """A helm binary on PATH."""
    binary = shutil.which("helm")
    if binary is None:
        raise WorldError("no helm binary on PATH", hint=f"install helm 4 (helm.engine is {setting!r})")
    return HelmCli.at(binary)
