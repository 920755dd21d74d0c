"""The only access to Git: the environment it runs in, how its errors are worded, and GitPython for writing.

Reading asks ``git`` itself through ``adapters/process.py``. Importing GitPython takes 0.35 s, more than half of a whole
``pipeline diff``, and its own object reader knows neither SHA-256 nor reftable repositories. ``pipeline commit``, which
has seconds to spare, writes with it (adapters/git/commit.py).

Variables of Git that lead it elsewhere are cleared as one set: every ``GIT_*`` but those of ``_KEPT``. A hook, an alias
or a script that runs pipeline has them set for its own repository, and half of them (a GIT_WORK_TREE without its
GIT_DIR) would mix two work trees. The repository is always the one around the folder of pipeline.yaml.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.adapters.process import Command, Completed, ToolMissingError, run
from pipeline.core.errors import UsageError, WorldError

if TYPE_CHECKING:
    from git import Repo

_TIMEOUT_SECONDS = 120
_KEPT = (
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_ASKPASS",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_HTTP_",
    "GIT_PROXY_",
    "GIT_SSH",
    "GIT_SSL_",
    "GIT_TERMINAL_PROMPT",
    "GIT_TRACE",
)
"""Who commits, which configuration is the user's, how servers are reached: none of them names a repository."""
_REAL_OBJECTS = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull}
"""What is approved by its digest is what is stored under it: no ``git replace``, no grafts."""
_NO_GIT = "git is not installed, or not on the PATH"
_INSTALL = "install git; pipeline doctor says which tools are found"


class GitMissingError(ToolMissingError):
    """There is no git on the PATH."""


def environment(**extra: str) -> dict[str, str]:
    """The environment that Git is asked with; it speaks English, and a question takes no lock."""
    inherited = {name: value for name, value in os.environ.items() if not _leads_elsewhere(name)}
    return inherited | _REAL_OBJECTS | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"} | extra


def _leads_elsewhere(name: str) -> bool:
    return name.startswith("GIT_") and not name.startswith(_KEPT)


def ask(
    root: Path,
    *arguments: str,
    stdin: bytes = b"",
    fine: Iterable[int] = (0,),
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Completed:
    """What ``git`` answers in ``root``, with pathspecs taken literally.

    Raises:
        GitMissingError: there is no git.
        WorldError: Git takes too long, or exits with a code that is not ``fine``; its own reason is told.
    """
    argv = ("git", "--literal-pathspecs", "-C", str(root), *arguments)
    asked = environment() if env is None else env
    try:
        done = run(
            Command(
                argv,
                env=asked,
                stdin=stdin,
                timeout_seconds=_TIMEOUT_SECONDS if seconds is None else seconds,
                fine=frozenset(range(256)),
            )
        )
    except ToolMissingError as error:
        raise GitMissingError(_NO_GIT, hint=_INSTALL) from error
    if done.code not in frozenset(fine):
        raise WorldError(f"git {arguments[0]} failed: {reason(done.stderr)}")
    return done


_NEWER = "install a newer Git: this is {}, and the repository needs what it does not know (reftable: 2.45)"


def reason(stderr: str) -> str:
    """Git's own words, without its marks of severity."""
    lines = (line.removeprefix("fatal: ").removeprefix("error: ") for line in stderr.strip().splitlines())
    return "\n".join(lines) or "it gave no reason"


def repository_root(start: Path) -> Path:
    """The top of the Git work tree around ``start``.

    Raises:
        UsageError: there is none.
        WorldError: there is one, and Git does not open it: its reason is quoted (somebody else owns it, for example).
    """
    done = ask(start, "rev-parse", "--show-toplevel", fine=range(256))
    if done.code == 0:
        return Path(done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n"))
    if marked(start) is None:
        raise UsageError(f"{start} is not inside a Git repository", hint="git init, or compare directories: dir:PATH")
    why = reason(done.stderr).replace(":\n\t", ": ")
    hint = _NEWER.format(_version(start)) if "repository extension" in why or "repository format" in why else ""
    raise WorldError(f"Git does not open the repository around {start}: {why}", hint=hint)


def _version(start: Path) -> str:
    said = ask(start, "version", fine=range(256)).stdout.decode(errors="replace").split()
    return said[2] if len(said) > 2 else "unknown"  # noqa: PLR2004 - git version 2.39.5


def marked(start: Path) -> Path | None:
    """The nearest folder at or above ``start`` that has a ``.git``; None where there is none."""
    here = start.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)


def object_format(root: Path) -> str:
    """The hash function that names objects here: ``sha1`` or ``sha256``. Git before 2.29 knows the first alone."""
    done = ask(root, "rev-parse", "--show-object-format", fine=range(256))
    said = done.stdout.decode().strip()
    return said if done.code == 0 and said in ("sha1", "sha256") else "sha1"


def git_python(top: Path) -> "Repo":
    """GitPython on the repository at ``top``. It hands on this process's environment, which is therefore cleared.

    Raises:
        WorldError: Git is missing, or GitPython does not open the repository.
    """
    for name in [name for name in os.environ if _leads_elsewhere(name)]:
        del os.environ[name]
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # else a missing git is an ImportError
    from git import Repo  # noqa: PLC0415 - slow to import: see above
    from git.exc import GitError  # noqa: PLC0415 - as above

    try:
        repository = Repo(top)
    except (GitError, OSError, ValueError) as error:
        raise WorldError(f"GitPython does not open the repository at {top}: {error}") from error
    repository.git.update_environment(**_REAL_OBJECTS)
    return repository
