"""What took how long: steps are added up, Helm's renders by release, the slowest first."""

import re

import pytest

from pipeline.adapters.helm.timed import RenderRecord
from pipeline.cli import run
from pipeline.cli.support.timings import Timings
from tests.support.platforms import write


def test_steps_are_added_up_and_renders_are_sorted() -> None:
    timings = Timings()
    for _ in range(2):
        with timings.step("read"):
            pass
    for number in range(12):
        timings.rendered(RenderRecord(f"r{number:02}", "web 1.0.0", number / 10))
    timings.rendered(RenderRecord("r03", "web 1.0.0", 2.0))
    lines = timings.text().splitlines()
    assert [line.split("  ")[-1] for line in lines[1:4]] == ["read", "everything else", "in all"]
    assert lines[4] == "Helm: 13 renders, 8.60 seconds if one after the other"
    assert lines[5] == "      2.30  r03 (web 1.0.0), 2 renders"
    assert lines[6] == "      1.10  r11 (web 1.0.0), 1 render"
    assert lines[-1].endswith("and 2 more releases")


def test_a_comparison_says_it_on_stderr_and_only_when_asked(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(str(tmp_path))
    from pathlib import Path

    write(
        Path.cwd(),
        {
            "old/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "old/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        },
    )
    line = ["diff", "chart:old", "chart:old", "--engine", "embedded", "-o", "json"]
    assert run(line) == 0
    plain = capsys.readouterr()
    assert run([*line, "--timings"]) == 0
    timed = capsys.readouterr()
    assert timed.out == plain.out
    assert "timings" not in plain.err
    assert re.search(r"(?m)^ +\d+\.\d\d  render and compare$", timed.err)
    assert re.search(r"(?m)^Helm: 2 renders, ", timed.err)
    assert "release (old), 2 renders" in timed.err


def test_a_verb_that_fails_says_it_too(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(str(tmp_path))
    assert run(["--timings", "render"]) != 0
    assert "in all" in capsys.readouterr().err
