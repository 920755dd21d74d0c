"""A report on a terminal: as wide as it is, in its pager, with links where they are shown; in a pipe none of that."""

import io
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.cli.support.settings import colored
from pipeline.cli.support.terminal_view import links_shown
from tests.support import terminal
from tests.support.platforms import write

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%d}\ndata: {a: '%s'}\n---\n"


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for side, value in (("old", "x"), ("new", "y")):
        write(tmp_path, {f"{side}/all.yaml": "".join(CONFIG % (n, value * 200) for n in range(40))})
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "environment", "paged"),
    [
        ([], {"PAGER": "sed s/^/paged:/"}, True),
        ([], {"PIPELINE_PAGER": "sed s/^/paged:/", "PAGER": "cat"}, True),
        ([], {"PIPELINE_PAGER": "cat", "PAGER": "sed s/^/paged:/"}, False),
        (["--no-pager"], {"PAGER": "sed s/^/paged:/"}, False),
        ([], {"PAGER": "there-is-no-such-pager"}, False),
        ([], {"PAGER": "sed s/^/paged:/", "TERM": "dumb"}, False),
    ],
)
def test_a_long_report_goes_through_the_pager(
    here: Path, arguments: list[str], environment: dict[str, str], *, paged: bool
) -> None:
    code, screen = terminal.pipeline(["diff", "dir:old", "dir:new", "--full", *arguments], here, [], **environment)
    assert code == 0
    assert ("paged:" in screen) is paged
    assert "a39" in screen


def test_a_short_one_does_not(here: Path) -> None:
    _, screen = terminal.pipeline(["diff", "dir:old", "dir:old"], here, [], PAGER="sed s/^/paged:/")
    assert "paged:" not in screen
    assert "NO CHANGES" in screen


def test_in_a_pipe_no_line_is_wrapped_or_cut(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(here)
    monkeypatch.delenv("COLUMNS", raising=False)
    assert run(["diff", "dir:old", "dir:new", "--only", "ConfigMap/a7"]) == 0
    text = capsys.readouterr().out
    assert f"    - a: {'x' * 200}\n    + a: {'y' * 200}\n" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({}, False),
        ({"VTE_VERSION": "7200"}, True),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"TERM_PROGRAM": "vscode", "TERM": "dumb"}, False),
        ({"TERM_PROGRAM": "vscode", "FORCE_HYPERLINK": "0"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
    ],
)
def test_links_are_shown_where_the_terminal_can(environment: dict[str, str], *, shown: bool) -> None:
    assert links_shown(Tty(), environment) is shown


@pytest.mark.parametrize(
    ("environment", "stream", "found"),
    [
        ({}, Tty(), True),
        ({}, io.StringIO(), False),
        ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, Tty(), False),
        ({"CLICOLOR_FORCE": "1"}, io.StringIO(), True),
        ({"CLICOLOR_FORCE": "0"}, io.StringIO(), False),
        ({"CLICOLOR": "0"}, Tty(), False),
    ],
)
def test_colours_follow_what_other_programs_heed(
    environment: dict[str, str], stream: io.StringIO, *, found: bool
) -> None:
    assert colored("auto", stream, environment) is found


def test_only_links_to_rules_leave_the_report(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(here)
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    hostile = "\x1b]8;;https://e.vil/\x1b\\x"
    write(here, {"new/all.yaml": (CONFIG % (1, "z")).replace("a: 'z'", f'a: "{hostile.encode().hex()}"')})
    for address, links in (("https://docs.example.org/rules/", True), ("https://e.vil/\x1b", False), ("", False)):
        monkeypatch.setenv("PIPELINE_RULES_URL", address)
        run(["diff", "dir:old", "dir:new", "--full"])
        assert ("\x1b]8;;https://docs.example.org/rules/" in capsys.readouterr().out) is links
