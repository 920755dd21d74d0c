"""``pipeline diff --double-check``: an unreported difference is exit 70 with object and path; real charts have none."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.cli import run
from pipeline.core.diff import compare
from tests.support.tools import corpus, tool

EVERY = int(os.environ.get("PIPELINE_CORPUS_EVERY", "20"))
"""One in so many upgrades of the corpus is checked; 1 is all of them."""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: i}}
  template:
    metadata: {labels: {app: i}}
    spec:
      initContainers: [%s]
      containers: [{name: w, image: "r.example.org/web:1"}]
"""
ONE, TWO = "{name: wait, image: 'r.example.org/w:1'}", "{name: migrate, image: 'r.example.org/m:1'}"


def folders(tmp_path: Path) -> list[str]:
    names = []
    for name, entries in (("old", f"{ONE}, {TWO}"), ("new", f"{TWO}, {ONE}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "web.yaml").write_text(DEPLOYMENT % entries)
        names.append(f"dir:{tmp_path / name}")
    return names


def test_it_agrees_with_what_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-q", "diff", *folders(tmp_path), "--double-check", "--detailed-exitcode"]) == 2
    assert "initContainers" in capsys.readouterr().out


def test_what_the_comparison_leaves_out_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare, "fields_of", lambda _old, _new: ())
    sides = folders(tmp_path)
    assert run(["-q", "diff", *sides]) == 0
    capsys.readouterr()
    assert run(["-q", "diff", *sides, "--double-check"]) == 70
    said = capsys.readouterr()
    assert "Deployment.apps shop/web spec.template.spec.initContainers[0].name" in said.err
    assert said.out == ""


def upgrades() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((corpus() / "truth.yaml").read_text())
    return entries[::EVERY]


def command(entry: dict[str, Any], folder: Path) -> list[str]:
    """The comparison of one documented upgrade, as its entry says."""
    how = entry["render_with"]
    sides = [f"chart:{corpus() / entry[key]}" for key in ("from_archive", "to_archive")]
    found = [tool("pipeline"), "-q", "diff", *sides, "--release-name", how["release"], "-n", how["namespace"]]
    for flag, key in (("-f", "values"), ("--new-values", "values_to")):
        if entry.get(key):
            (folder / f"{key}.yaml").write_text(entry[key])
            found += [flag, str(folder / f"{key}.yaml")]
    found += ["--kube-version", how["kube_version"]] if how.get("kube_version") else []
    for api in how.get("api_versions") or []:
        found += ["-a", api]
    return [*found, "--double-check", "-o", f"json={folder / 'report.json'}"]


def test_real_upgrades_hold_nothing_untold(tmp_path: Path) -> None:
    wrong = []
    for entry in upgrades():
        done = subprocess.run(command(entry, tmp_path), capture_output=True, text=True, check=False)
        if done.returncode == 70 or not (tmp_path / "report.json").exists():
            wrong.append((entry["id"], done.returncode, done.stderr[-2000:]))
        (tmp_path / "report.json").unlink(missing_ok=True)
    assert wrong == []
