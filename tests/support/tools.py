"""Tools that tests want: absent means a skip that says why, except in CI, where nothing skips for want of a tool."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.ci import IN_CI

CORPUS = Path(os.environ.get("PIPELINE_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))


def tool(name: str, also: str = "") -> str:
    """The absolute path of a program on PATH, beside this Python, in the repository's ``.tools``, or in ``also``."""
    places = os.pathsep.join(
        [os.environ["PATH"], str(Path(sys.executable).parent), str(Path(__file__).parents[2] / ".tools"), also]
    )
    found = shutil.which(name, path=places)
    if found is None:
        reason = f"{name} is not installed"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def corpus() -> Path:
    """The folder of real charts, which are not part of the repository."""
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS} (PIPELINE_CORPUS)")
    return CORPUS


def fetched(name: str) -> bytes:
    """What scripts/fetch_tools.py put into ``.tools``."""
    path = Path(__file__).parents[2] / ".tools" / name
    if not path.exists():
        reason = f"{name} is not there: make set-up-test fetches it"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return path.read_bytes()
