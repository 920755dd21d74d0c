"""A bar for a person, lines for a log, nothing for --quiet; foreign names cannot drive the terminal."""

import io
import threading

import pytest

from pipeline.cli.support.output import GuardedStream, guarded_output
from pipeline.cli.support.progress import BarState, bar, progress, visible
from pipeline.core.redaction.mask import Mask


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


def test_the_bar_says_how_many_seconds_are_left_and_what_is_slow() -> None:
    clock = [100.0]
    state = BarState(lambda: clock[0])
    state.tell(0, 10, "prod/web")
    assert state.line == (0, 10, "prod/web")
    clock[0] += 4
    assert state.line == (0, 10, "prod/web, 4 s already")
    state.tell(2, 10, "prod/db")
    assert state.line == (2, 10, "about 16 s left: prod/db")
    clock[0] += 130
    assert state.line == (2, 10, "about 8 min 56 s left: prod/db, 2 min 10 s already")
    state.tell(10, 10, "prod/db")
    assert state.line == (10, 10, "prod/db")


def test_a_second_round_is_timed_by_itself() -> None:
    clock = [0.0]
    state = BarState(lambda: clock[0])
    state.tell(0, 4, "a")
    clock[0] += 100
    state.tell(4, 4, "a")
    state.tell(0, 2, "b")
    clock[0] += 1
    state.tell(1, 2, "b")
    assert state.line == (1, 2, "about 1 s left: b")


def test_no_thread_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    monkeypatch.setenv("TERM", "xterm")
    with progress("render", Terminal()) as told:
        told(1, 2, "prod/db")
        assert [one.name for one in threading.enumerate()].count("progress") == 1
    assert "progress" not in {one.name for one in threading.enumerate()}


def test_the_thread_writes_only_what_was_masked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with guarded_output():
        mask = Mask()
        mask.hidden(["Kx7vQm29LpZt4Rw"])
        with progress("render", GuardedStream(out)) as told:  # type: ignore[arg-type]  # as sys.stderr is one
            told(1, 2, "prod/Kx7vQm29LpZt4Rw")
    assert "render ████████████░░░░░░░░░░░░ 1/2" in out.getvalue()
    assert "Kx7vQm29LpZt4Rw" not in out.getvalue()
