"""A bar for a person, lines for a log, nothing for --quiet; foreign names cannot drive the terminal."""

import io

import pytest

from pipeline.cli.support.progress import bar, progress, visible


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_one_plain_line_a_step() -> None:
    out = io.StringIO()
    with progress("render", out) as told:
        told(0, 2, "prod/web")
        told(1, 2, "prod/db")
    assert out.getvalue() == "render prod/web (0/2)\nrender prod/db (1/2)\n"


def test_a_terminal_gets_a_bar_that_is_wiped_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setenv("CI", "")
    monkeypatch.setenv("TERM", "xterm")
    with progress("render", out) as told:
        told(1, 2, "prod/db")
    assert "render ████████████░░░░░░░░░░░░ 1/2 prod/db" in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")


def test_a_bar_fits_its_terminal_and_survives_no_work() -> None:
    assert len(bar("render", 1, 2, "x" * 200, 80)) == 79
    assert "0/0" in bar("render", 0, 0, "", 80)


def test_control_characters_are_made_harmless() -> None:
    assert visible("a\x1b]0;x\x07\nb") == "a�]0;x��b"
