"""What a library warns its developers of never reaches a person, unless that person asks for it."""

import subprocess
import sys

import pytest

_PROGRAM = """
import warnings
import pipeline.cli

def run(arguments):
    warnings.warn("Unverified HTTPS request", UserWarning)
    return 0

pipeline.cli.run = run
pipeline.cli.main()
"""


@pytest.mark.parametrize(("options", "shown"), [((), False), (("-W", "default"), True)])
def test_a_warning_of_a_library_is_shown_to_who_asks_for_it(options: tuple[str, ...], *, shown: bool) -> None:
    done = subprocess.run([sys.executable, *options, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert ("Unverified HTTPS request" in done.stderr) is shown
