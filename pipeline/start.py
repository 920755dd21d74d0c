"""Where the console script and ``python -m pipeline`` begin: an interrupt is answered from the first line on.

Nothing has begun while the command line is imported, so that an interrupt may end the process there and then. Before
this module's first line Python itself answers, with a traceback: it takes the signal over while it starts, and no
package has a say then.
"""

import os
import signal
from types import FrameType

_INTERRUPTED = 130
"""As core/errors.py has it, whose import takes longer than everything up to here."""


def main() -> None:
    """Run the command line with the arguments of this process, which ends with its exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else nohup, say
        signal.signal(signal.SIGINT, _end)
    from pipeline.cli import main as with_arguments  # noqa: PLC0415  (what may be interrupted)

    with_arguments()


def _end(_number: int, _frame: FrameType | None) -> None:
    os.write(2, b"pipeline: interrupted\n")
    os._exit(_INTERRUPTED)
