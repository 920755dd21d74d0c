"""A chart named by a relative path is the one below the current folder, whichever engine renders it."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.cli import run

LATTICE = Path(__file__).parent.parent.parent / "examples" / "lattice"


def test_charts_by_relative_paths_render(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(LATTICE, tmp_path / "lattice")
    monkeypatch.chdir(tmp_path)
    sides = ("chart:lattice/1.4.0", "chart:lattice/2.0.0")
    options = ["--kube-version", "1.34.0", "--engine", "embedded", "-o", "json=report.json"]
    assert run(["diff", *sides, *options]) in (0, 3)
    report = json.loads(Path("report.json").read_text())
    assert report["errors"] == []
    assert report["summary"]["changed"] > 0
