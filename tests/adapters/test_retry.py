"""The loop for what is tried again: how often, how long it waits, and that no two processes wait alike."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from pipeline.adapters.retry import TryAgainError, tried


def failing(times: int, wait: float | None = None) -> Callable[[], int]:
    """Fails so often, then returns how often it was called."""
    calls: list[int] = []

    def once() -> int:
        calls.append(1)
        if len(calls) <= times:
            raise TryAgainError(f"attempt {len(calls)}", wait)
        return len(calls)

    return once


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    return waits


def test_waits_double_and_differ(slept: list[float]) -> None:
    assert tried(failing(4), 5, 1.0) == 5
    assert [2**n / 2 <= wait <= 2**n for n, wait in enumerate(slept)] == [True] * 4
    slept.clear()
    for _ in range(20):
        tried(failing(1), 2, 1.0)
    assert len(set(slept)) > 10


def test_what_the_server_asks_for_is_kept(slept: list[float]) -> None:
    assert tried(failing(2, 7.0), 5, 1.0) == 3
    assert slept == [7.0, 7.0]


def test_the_last_attempt_is_not_waited_for(slept: list[float]) -> None:
    with pytest.raises(TryAgainError, match="attempt 3"):
        tried(failing(9), 3, 1.0)
    assert len(slept) == 2


def test_two_processes_do_not_wait_alike() -> None:
    script = "from pipeline.adapters.retry import jitter; print(jitter())"
    made = [subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout for _ in range(2)]
    assert made[0] != made[1]
