"""``pipeline policy`` says what is in force, and in which line."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run

CONFIG = """\
releases: []
environments:
  dev: {policy: dev}
  prod: {}
policy:
  failOn: high
  profiles:
    base: {failOn: blocker}
    dev:
      extends: base
      overrides: {category:mesh: low}
  waivers:
    - {id: W-1, rule: image-changed, reason: agreed with the team, owner: ada, expires: 2020-01-01, to: 2.*}
"""


def test_each_setting_names_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pipeline.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    assert run(["policy", "dev"]) == 0
    shown = capsys.readouterr().out
    assert "dev (profile dev extends base)" in shown
    assert "fails from blocker on    pipeline.yaml:8 (profile base)" in shown
    assert "category:mesh is low    pipeline.yaml:11 (profile dev)" in shown
    assert "waiver W-1: rule image-changed, * -> 2.*    pipeline.yaml:13" in shown
    assert "prod" not in shown
    assert run(["policy", "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["prod"]["failOn"] == {"severity": "high", "where": "pipeline.yaml:6"}
    assert data["prod"]["waivers"][0]["state"] == "expired"
    assert run(["policy", "test"]) == 64
