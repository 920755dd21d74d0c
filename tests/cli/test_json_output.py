"""Every verb that reports has ``-o json``, and says there what it says on the terminal."""

import json
from pathlib import Path
from typing import Any

import click
import pytest

from pipeline.cli import cli, run
from tests.support.platforms import platform, verbs, write
from tests.support.program import program_context

Output = pytest.CaptureFixture[str]
SILENT = {
    "init", "completion", "vendor", "render", "commit", "add", "approve", "unlock", "comment",  # they do, and say that
    "rbac", "ci shards", "vendor prune",  # what they print is read by programs as it is
}  # fmt: skip


def commands(parent: click.Command, context: click.Context, name: str = "") -> dict[str, click.Command]:
    """Every verb without verbs below it, or that does something itself."""
    if not isinstance(parent, click.Group):
        return {name: parent}
    found: dict[str, click.Command] = {} if name != "vendor" else {name: parent}
    for verb in parent.list_commands(context):
        below = parent.get_command(context, verb)
        assert below is not None
        found |= commands(below, context, f"{name} {verb}".strip())
    return found


def test_every_verb_that_reports_does_so_as_json() -> None:
    with program_context() as context:
        lacking = {
            name
            for name, command in commands(cli, context).items()
            if not any(isinstance(option, click.Option) and "-o" in option.opts for option in command.params)
        }
    assert lacking == SILENT


def test_every_verb_that_takes_some_releases_takes_them_as_arguments() -> None:
    with program_context() as context:
        every = commands(cli, context)
    taking = {name: one for name, one in every.items() if any("--release" in part.opts for part in one.params)}
    assert {"diff", "show", "plan", "rollback", "drift", "render"} <= set(taking)
    for name, command in taking.items():
        many = [part.name for part in command.params if isinstance(part, click.Argument) and part.nargs == -1]
        assert many, name


def said(capsys: Output, line: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert run(["--quiet", *line.split()]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = platform(tmp_path / "platform", {"values/web/common.yaml": "port: 81\npassword: swordfish-1234\n"})
    monkeypatch.chdir(here)
    verbs("vendor")
    return here


def test_values_say_where_each_comes_from_and_hide_what_is_secret(root: Path, capsys: Output) -> None:
    assert root.is_dir()
    place = {"file": "values/web/common.yaml", "layer": "common", "line": 1}
    rows = said(capsys, "values web -o json")
    assert {"path": ["port"], "value": "81", **place} in rows
    assert [row["line"] for row in rows if row["path"] == ["password"]] == [2]
    assert "swordfish" not in json.dumps(rows)
    assert said(capsys, "values web nowhere -o json", 1) == []


def test_doctor_says_each_tool_and_what_is_broken(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    assert root.is_dir()
    found = said(capsys, "doctor -o json")
    assert found["works"] is True
    assert {"git", "engine", "pipeline.yaml"} <= {row["name"] for row in found["checks"] if row["status"] == "ok"}
    monkeypatch.setenv("PATH", "/nowhere")
    found = said(capsys, "doctor -o json", 1)
    assert found["works"] is False
    assert "git is missing" in " ".join(row["said"] for row in found["checks"] if row["status"] == "broken")


def test_vendored_differences_and_rules_are_data(root: Path, capsys: Output) -> None:
    assert said(capsys, "vendor verify -o json --offline")["differences"] == []
    write(root, {"vendor_charts/web/1.0.0/values.yaml": "port: 9\n"})
    (one,) = said(capsys, "vendor verify -o json --offline", 4)["differences"]
    assert one["path"].startswith("vendor_charts/web/1.0.0")
    assert said(capsys, "rules explain image-changed -o json")["id"] == "image-changed"
