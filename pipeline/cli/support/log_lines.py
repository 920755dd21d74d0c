"""Makes text safe for the log of GitHub Actions, whose runner obeys lines that look like its commands.

``::name::`` at a line's start and ``##[name]`` anywhere in it are commands (actions/runner, ActionCommand.cs). Between
``::stop-commands::TOKEN`` and ``::TOKEN::`` nothing is; a machine's format has them spelt otherwise, meaning the same.
"""

import os
import re

_COMMAND = re.compile(r"##\[|^\s*::", re.MULTILINE)
_LINE = re.compile(r"^(\s*)::", re.MULTILINE)


class Unheard(str):
    """Text in which the runner finds no command, or only the commands that are intended."""

    __slots__ = ()


def in_actions() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def unheard(text: str) -> str:
    """``text`` with nothing in it that the runner obeys; outside of Actions the text itself."""
    return _fenced(text) if in_actions() else text


def unheard_where_needed(text: str) -> str:
    """The same for a line or two, without the noise where nothing in them looks like a command."""
    return _fenced(text) if in_actions() and _COMMAND.search(text) else text


def _fenced(text: str) -> str:
    import secrets

    token = secrets.token_hex(16)
    end = "" if text.endswith("\n") else "\n"
    return Unheard(f"::stop-commands::{token}\n{text}{end}::{token}::\n")


def unheard_json(text: str) -> str:
    """The same values: no line of JSON begins with a colon, and a bracket in a string may be written as its number."""
    return text.replace("##[", "#\\u0023[") if in_actions() else text


def unheard_xml(text: str) -> str:
    """The same document, XML or HTML."""
    return _LINE.sub(r"\1&#58;:", text.replace("##[", "#&#35;[")) if in_actions() else text
