"""The user's identity, as Git would write it into a commit."""

import re
from pathlib import Path

from pipeline.adapters.git.door import ask
from pipeline.core.errors import UsageError

_REFUSED = 128
"""Git's exit code where it cannot do what was asked."""


def identity(root: Path) -> str:
    """``Name <email>`` from GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, or the configuration. Nothing vouches for it.

    Raises:
        UsageError: Git has none; it is never made up from the machine's name.
        WorldError: Git is missing.
    """
    done = ask(root, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT", fine=(0, _REFUSED))
    if done.code == _REFUSED:
        hint = "git config user.email YOU@EXAMPLE.ORG; git config user.name 'YOUR NAME'"
        raise UsageError("Git does not know who you are", hint=hint)
    return re.sub(r" \d+ [+-]\d{4}\s*$", "", done.stdout.decode(errors="replace"))


def known(root: Path) -> str:
    """The same; empty where Git does not know."""
    try:
        return identity(root)
    except UsageError:
        return ""
