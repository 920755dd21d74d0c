"""A program that works on untrusted input ends at its limits with all that it started, and sees what it is given."""

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.adapters.contained import Exceeded, Loop, Surroundings, collected, ran_out_of_memory, run_in
from pipeline.core.budget import RenderLimits
from tests.adapters.test_guard import alive, until

QUIET = RenderLimits(seconds=20, memory_mib=512, output_mib=1)


def ran(*argv: str, limits: RenderLimits = QUIET, files: tuple[int, ...] = ()) -> tuple[int, bytes, Loop]:
    loop = Loop(Surroundings({"PATH": os.environ["PATH"], "ONLY": "this"}, limits, files))
    code, stdout = run_in(loop, collected(argv))
    return code, stdout, loop


def test_output_code_stderr_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    code, stdout, loop = ran("sh", "-c", "echo $ONLY$TOKEN; cat; echo warning >&2; exit 3")
    assert (code, stdout, loop.stderr, loop.exceeded) == (3, b"this\n", b"warning\n", None)


_HOLDS = 'import time; held = b"x" * (1 << 30); time.sleep(30)'


@pytest.mark.parametrize(
    ("script", "limits", "setting"),
    [
        ("trap '' TERM INT HUP; while :; do :; done", RenderLimits(seconds=1), "seconds"),
        ("sleep 60 & trap '' TERM; sleep 60", RenderLimits(seconds=1), "seconds"),
        ("exec >&- 2>&-; sleep 60", RenderLimits(seconds=1), "seconds"),
        ("yes", RenderLimits(seconds=30, output_mib=1), "outputMiB"),
        (f"exec {sys.executable} -S -c '{_HOLDS}'", RenderLimits(seconds=30, memory_mib=256), "memoryMiB"),
        ("yes >&2", RenderLimits(seconds=1), "seconds"),
    ],
)
def test_each_limit_ends_the_program_and_says_which(script: str, limits: RenderLimits, setting: str) -> None:
    begun = time.monotonic()
    code, _, loop = ran("sh", "-c", f"echo $$ >&2; {script}", limits=limits)
    assert code != 0
    assert loop.exceeded is not None
    assert loop.exceeded.setting == setting
    assert time.monotonic() - begun < 25
    group = int(loop.stderr.split()[0])
    assert until(lambda: not alive(group))


def test_a_shell_line_is_taken_apart_and_no_shell_reads_it() -> None:
    async def asked() -> bytes:
        shell = await asyncio.create_subprocess_shell("printf %s '$(id); `id`'", stdout=asyncio.subprocess.PIPE)
        return (await shell.communicate())[0]

    assert run_in(Loop(Surroundings({"PATH": os.environ["PATH"]}, QUIET)), asked()) == b"$(id); `id`"


def test_only_the_files_that_are_named_are_open_in_it(tmp_path: Path) -> None:
    (tmp_path / "values").write_text("a: b")
    with (tmp_path / "values").open() as given, (tmp_path / "values").open() as other:
        os.set_inheritable(other.fileno(), True)
        code, stdout, _ = ran(
            "sh",
            "-c",
            "cat /dev/fd/$1; ls /dev/fd/$2",
            "x",
            str(given.fileno()),
            str(other.fileno()),
            files=(given.fileno(),),
        )
    assert (code == 0, stdout) == (False, b"a: b")


def test_an_interrupt_ends_the_program_and_passes_on() -> None:
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    loop = Loop(Surroundings({"PATH": os.environ["PATH"]}, QUIET))
    with pytest.raises(KeyboardInterrupt):
        run_in(loop, collected(("sh", "-c", "trap '' INT TERM; echo $$ >&2; while :; do :; done")))
    assert until(lambda: not alive(int(loop.stderr)))


def test_the_message_names_the_limit_and_its_key() -> None:
    found = Exceeded("it takes longer than 1 s", "seconds")
    assert found.hint.startswith("limits.render.seconds in pipeline.yaml")


def test_the_last_words_of_a_process_without_memory_are_known() -> None:
    assert ran_out_of_memory(b"orjson.JSONDecodeError: Not enough memory to allocate buffer for parsing")
    assert ran_out_of_memory(b"fatal error: runtime: out of memory")
    crash = (
        b"SIGSEGV: segmentation violation\nPC=0x7f m=3 sigcode=1 addr=%s\n\ngoroutine 0 gp=0x2a m=3 [idle]:\n%s(0x1)\n"
    )
    assert ran_out_of_memory(crash % (b"0x0", b"runtime.(*spanQueue).tryDrain"))
    assert not ran_out_of_memory(crash % (b"0x0", b"text/template.(*state).walk"))
    assert not ran_out_of_memory(crash % (b"0x7f21", b"runtime.(*spanQueue).tryDrain"))
    assert not ran_out_of_memory(b"template: memory/templates/a.yaml:1: unexpected EOF")
