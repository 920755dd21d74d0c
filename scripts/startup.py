"""Prints what starting pipeline costs, in bare Pythons. A figure, not a test: a busy machine must fail nothing.

The aim is at most 5. What --help may import is the test (tests/house/test_shape.py).
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 21
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "python -c 'import click'": ["-c", "import click"],
    "pipeline --help": ["-c", "from pipeline.cli import main; main(['--help'])"],
    "pipeline --version": ["-c", "from pipeline.cli import main; main(['--version'])"],
}


def main() -> None:
    """The rounds are interleaved, so that a slow moment hits every command alike."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
            times[name].append(time.perf_counter() - start)
    bare = statistics.median(times["python -c pass"])
    for name, taken in times.items():
        print(f"{name:<26} {statistics.median(taken) * 1000:6.1f} ms  {statistics.median(taken) / bare:4.1f}x")


if __name__ == "__main__":
    main()
