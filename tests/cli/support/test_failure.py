"""Every way in which a run can end: the exit code, and what a person reads."""

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from pipeline.cli import run
from pipeline.cli.support.failure import guarded
from pipeline.core.errors import ConfigError, PipelineError, Problem, RefusedError, StaleError, UsageError, WorldError
from tests.support.platforms import platform, verbs
from tests.support.runner_log import heard


def ending(error: BaseException) -> Callable[[], object]:
    def action() -> object:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("release 'web': not there", hint="pipeline status"), 64, "release 'web': not there\n  try: pipe"),
        (ConfigError((Problem("a.yaml", 2, 3, "no"), Problem("a.yaml", 4, 1, "nor"))), 64, "a.yaml:4:1: nor"),
        (WorldError("helm: not found"), 1, "pipeline: helm: not found\n"),
        (StaleError("the lock is out of date"), 4, "out of date"),
        (RefusedError("not approved"), 5, "not approved"),
        (KeyboardInterrupt(), 130, "pipeline: interrupted\n"),
        (click.Abort(), 130, "pipeline: interrupted\n"),
        (click.UsageError("No such thing"), 64, "pipeline: no such thing\n  try: pipeline --help\n"),
        (OSError(errno.ENOSPC, "No space left on device", "rendered/x.yaml"), 1, "rendered/x.yaml: no space left"),
    ],
)
def test_an_error_is_one_paragraph_and_its_exit_code(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(ending(error), []) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


class Interrupted:
    def __set_name__(self, owner: type, name: str) -> None:
        raise KeyboardInterrupt


def test_an_interrupt_that_became_another_error_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Python 3.11 raises a RuntimeError of its own where a class is made."""
    assert guarded(lambda: type("Made", (), {"field": Interrupted()}), []) == 130
    assert capsys.readouterr().err == "pipeline: interrupted\n"


def test_a_verb_returns_its_exit_code() -> None:
    values: tuple[object, ...] = (None, 0, 3, True, "x")
    assert [guarded(iter((value,)).__next__, []) for value in values] == [0, 0, 3, 0, 0]


def test_a_bug_exits_70_and_leaves_its_trace_in_a_private_file_without_secrets(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("REGISTRY_PASSWORD", "hunter2hunter2")
    error = KeyError("https://me:word@charts.example.org hunter2hunter2")
    assert guarded(ending(error), ["diff", "--token=abcdef"]) == 70
    said = capsys.readouterr().err
    found = re.search(r"trace is in (\S+);", said)
    assert found is not None
    path = Path(found[1])
    assert path.parent == tmp_path / "pipeline"
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text()
    assert "Traceback" in text
    assert "KeyError" in text
    for secret in ("hunter2", "word@", "abcdef"):
        assert secret not in text + said


def test_a_bug_where_no_folder_is_writable_still_exits_70(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/dev/null")
    assert guarded(ending(ValueError("x")), []) == 70
    assert "--debug shows it" in capsys.readouterr().err


def test_debug_shows_the_traceback_with_its_cause(capsys: pytest.CaptureFixture[str]) -> None:
    error = WorldError("helm failed")
    error.__cause__ = ValueError("the cause")
    assert guarded(ending(error), ["--debug"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "ValueError: the cause" in said


def test_an_unknown_verb_and_an_unknown_flag_are_usage_errors_with_a_suggestion(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.cli.support.group.VerbGroup.list_commands", lambda _self, _ctx: ["diff", "render"])
    assert run(["rendr"]) == 64
    assert capsys.readouterr().err == (
        "pipeline: there is no verb 'rendr'; did you mean render?\n  try: pipeline --help\n"
    )
    assert run(["--colr", "always"]) == 64
    assert "--color" in capsys.readouterr().err


def test_a_reader_that_leaves_early_is_no_error() -> None:
    script = "import sys; from pipeline.cli.support.failure import guarded\n"
    script += "sys.exit(guarded(lambda: print('x' * 1_000_000), []))"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_interrupting_the_process_exits_130(tmp_path: Path) -> None:
    script = "import os, signal, sys, time; from pipeline.cli.support.failure import guarded\n"
    script += "sys.exit(guarded(lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(10)), []))"
    environ = os.environ | {"XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, env=environ, check=False)
    assert (done.returncode, done.stderr) == (130, b"pipeline: interrupted\n")


def test_the_branches_of_the_error_tree_have_the_codes_that_help_lists() -> None:
    from pipeline.cli.support.exits import MEANING

    codes = {kind.exit_code for kind in (PipelineError, UsageError, WorldError, StaleError, RefusedError)}
    assert codes <= set(MEANING)


def test_what_a_chart_says_in_an_error_is_obeyed_by_no_terminal_and_no_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "\\n::error::x\\n ::set-env name=A::b\\n##[group]y \\u001b[2J \\u202e"
    files = {"charts/web/templates/c.yaml": f'{{{{ fail "{words}" }}}}\n'}
    monkeypatch.chdir(platform(tmp_path, files))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    verbs("vendor")
    for options in ([], ["--debug"]):
        assert run(["render", *options]) == 1
        err = capsys.readouterr().err
        assert "set-env" in err
        assert list(heard(err)) == []
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", err)


@pytest.mark.parametrize(
    "line",
    [
        "apply nope",
        "approve nope",
        "comment nope",
        "diff chart:nope chart:nope",
        "diff chart:nope chart:nope -f nope",
        "diff dir:nope dir:nope",
        "init --from nope",
        "report nope",
    ],
)
def test_a_file_that_does_not_exist_is_said_alike_by_every_verb(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(line.split()) == 64
    assert re.fullmatch(
        r"pipeline: (dir:|chart |values file )?nope does not exist\n  try: .+\n", capsys.readouterr().err
    )
