"""The only error handler: turns every way in which a run can fail into one clear paragraph and an exit code."""

import os
import re
import sys
from collections.abc import Callable, Sequence

import click

from pipeline.core.errors import BUG, FAILED, INTERRUPTED, OK, USAGE, PipelineError

_OF_A_PATH = re.compile(r"(?:File|Directory|Path) '(.*)' ((?:does not exist|is )[^']*)\.", re.DOTALL)
"""What click says of a path that does not exist, or is of the wrong type."""


def guarded(action: Callable[[], object], args: Sequence[str]) -> int:
    """Do ``action`` and return the exit code: its own int, or that of the error which ended it."""
    try:
        result = action()
        sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.UsageError as error:
        return _usage(error)
    except click.ClickException as error:
        return _say(error.format_message(), USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        return _reader_left()
    except PipelineError as error:
        return _say(_explained(error, args), error.exit_code, error, debug=_debugging(args))
    except OSError as error:
        return _say(_system(error), FAILED, error, debug=_debugging(args))
    except Exception as error:  # noqa: BLE001  (the last line of defence: no user sees a traceback without --debug)
        return _say("interrupted", INTERRUPTED) if _interrupted(error) else _bug(error, args)
    return result if isinstance(result, int) and not isinstance(result, bool) else OK


def _say(message: str, code: int, error: BaseException | None = None, *, debug: bool = False) -> int:
    from pipeline.cli.support.log_lines import unheard_where_needed
    from pipeline.cli.support.trace import redact, trace_of
    from pipeline.report.safe_text import safe

    if error is not None and debug:
        _write(unheard_where_needed(safe(trace_of(error))))
    _write(unheard_where_needed(safe(f"pipeline: {redact(message)}\n")))
    return code


def _explained(error: PipelineError, args: Sequence[str]) -> str:
    from pipeline.cli.support.git_use import explained

    return explained(error, args)


def _usage(error: click.UsageError) -> int:
    """Click's own message, with the help to ask for; click's exit code 2 would read as "changes found"."""
    command = error.ctx.command_path if error.ctx else "pipeline"
    message = error.format_message().removesuffix(".")
    named = _OF_A_PATH.fullmatch(error.message) if isinstance(error, click.BadParameter) else None
    if named:
        message = f"{named[1]} {named[2]}"  # as our own errors say it
    first = message[:1].lower() if message[1:2].islower() and not named else message[:1]
    return _say(f"{first}{message[1:]}\n  try: {command} --help", USAGE)


def _system(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason.lower()}" if error.filename else reason


def _bug(error: Exception, args: Sequence[str]) -> int:
    from pipeline.cli.support.trace import save, trace_of

    path = save(trace_of(error), args)
    where = f"The trace is in {path}" if path else "Its trace could not be written; --debug shows it"
    summary = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    message = f"this is a bug in pipeline ({summary}).\n  {where}; please report it with that file."
    return _say(message, BUG, error, debug=_debugging(args))


def _interrupted(error: BaseException | None) -> bool:
    """Python, and libraries in C, put an error of their own in place of an interrupt that meets them half way."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _reader_left() -> int:
    """``pipeline diff | head``: the reader has what it wanted. Python's own flush at exit must not complain either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _debugging(args: Sequence[str]) -> bool:
    """Not from click's context, which is gone by now (and never was, if parsing failed)."""
    return "--debug" in args or os.environ.get("PIPELINE_DEBUG", "").lower() in ("1", "true", "yes", "on", "t", "y")


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:  # no one is left to tell
        return
