"""Where the control plane's programs are: KUBEBUILDER_ASSETS, or the folder that scripts/control_plane.sh built.

Absent means a skip that says why, except in CI, where it is a failure.
"""

import hashlib
import os
from pathlib import Path

import pytest

from tests.support.ci import IN_CI

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "tests" / "controlplane"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager")


def folder() -> Path:
    """The folder with every program, whether it exists or not."""
    named = os.environ.get("KUBEBUILDER_ASSETS")
    return Path(named) if named else ROOT / ".cache" / "control-plane" / _key()


def require() -> Path:
    """The folder with every program; skips where one is missing, and fails in CI."""
    found = folder()
    missing = [name for name in NAMES if not os.access(found / name, os.X_OK)]
    if not missing:
        return found
    reason = f"no control plane: {', '.join(missing)} not in {found}; run: bash scripts/control_plane.sh"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


def _key() -> str:
    """Git's own hash of go.mod and go.sum, as in scripts/control_plane.sh: a new version is a new folder."""
    text = (MODULE / "go.mod").read_bytes() + (MODULE / "go.sum").read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(text) + text, usedforsecurity=False).hexdigest()[:16]
