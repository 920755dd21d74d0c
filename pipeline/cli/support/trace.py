"""Writes the trace of a bug to a private file in the user's state folder, with secrets removed."""

import os
import platform
import re
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipeline import __version__
from pipeline.adapters.user_folders import make_private, state_folder
from pipeline.core.redaction.run import hide

_SECRET_NAME = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|API_?KEY|PRIVATE", re.IGNORECASE)
_PATTERNS = (
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@]+@", re.IGNORECASE), r"\1***@"),
    (re.compile(r"(?i)\b(authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer)?\s*)[^\s\"',}]+"), r"\1***"),
    (
        re.compile(
            r"(?i)((?:password|passwd|secret|token|api_?key)[\"']?\s*[:=]\s*[\"']?)"
            r"(?!<secret #)[^\s\"',}&]+"
        ),
        r"\1***",
    ),
    (re.compile(r"\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}"), "***"),
    (
        re.compile(
            r"-----BEGIN [^-\n]{0,60}PRIVATE KEY-----.{0,20000}?-----END [^-\n]{0,60}PRIVATE KEY-----", re.DOTALL
        ),
        "***",
    ),
)
_SHORTEST = 6
"""A shorter value of a secret variable ("1", "yes") is not a secret, and replacing it would garble the text."""


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """``text`` without what the run knows, values of secret-looking variables, credentials in URLs, and tokens."""
    variables = os.environ if environ is None else environ
    values = {value for name, value in variables.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST}
    text = hide(text)
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "***")
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def trace_of(error: BaseException) -> str:
    return redact("".join(traceback.format_exception(error)))


def save(text: str, args: Sequence[str]) -> Path | None:
    """Write the trace and what else a maintainer asks first. Returns its path, or None where nothing is writable."""
    system = f"pipeline {__version__}, Python {platform.python_version()}, {platform.platform()}"
    whole = f"{system}\n$ pipeline {redact(' '.join(args))}\n\n{text}"
    name = f"bug-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    for folder in _folders():
        try:
            make_private(folder)
            path = folder / name
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", errors="replace") as file:
                file.write(whole)
        except OSError:
            continue
        return path
    return None


def _folders() -> list[Path]:
    """The user's state folder, then one of the user's in the system's temporary one."""
    own = Path(tempfile.gettempdir(), f"pipeline-{os.getuid()}" if sys.platform != "win32" else "pipeline")
    return [state_folder(), own]
