"""Who works here, as Git would write it into a commit."""

import os
import re
from pathlib import Path

from pipeline.adapters.process import Command, run
from pipeline.core.errors import UsageError, WorldError

_ELSEWHERE = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"})


def identity(root: Path) -> str:
    """``Name <email>`` from GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, or the configuration. Nothing vouches for it.

    Raises:
        UsageError: Git has none; it is never made up from the machine's name.
    """
    env = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    argv = ("git", "-C", str(root), "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT")
    try:
        line = run(Command(argv, env=env, hint="install git")).stdout.decode(errors="replace")
    except WorldError as error:
        if "is not there" in error.message:
            raise
        hint = "git config user.email YOU@EXAMPLE.ORG; git config user.name 'YOUR NAME'"
        raise UsageError("Git does not know who you are", hint=hint) from error
    return re.sub(r" \d+ [+-]\d{4}\s*$", "", line)


def known(root: Path) -> str:
    """The same; empty where Git does not know."""
    try:
        return identity(root)
    except UsageError:
        return ""
