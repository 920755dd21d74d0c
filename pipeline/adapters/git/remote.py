"""The branches of ``origin``: which commits they have, and pushing to them.

A token goes to the server that it is for and nowhere else, in Git's environment: a command line is readable by others.
"""

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.adapters.git.door import ask, environment, reason
from pipeline.core.errors import UsageError, WorldError

_ORIGIN = "origin"
_SERVER = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?")
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Remote:
    """``server`` is the address that ``token`` is for, as ``https://github.com``."""

    root: Path
    server: str = ""
    token: str = field(default="", repr=False)

    def commit(self, branch: str) -> str:
        """The branch's last commit there; empty where there is no such branch.

        Raises:
            UsageError, WorldError: there is no ``origin``, or it does not answer.
        """
        lines = self._ask("ls-remote", self._address(), f"refs/heads/{branch}")
        return next((line.split("\t")[0] for line in lines.splitlines() if line.endswith(f"\trefs/heads/{branch}")), "")

    def push(self, branch: str, commit: str, before: str) -> None:
        """Put the branch there at ``commit``, if it still is at ``before`` (empty: if there is none).

        Raises:
            WorldError: it is elsewhere by now, or the server refuses.
        """
        name = f"refs/heads/{branch}"
        self._ask("push", "--quiet", f"--force-with-lease={name}:{before}", self._address(), f"{commit}:{name}")

    def delete(self, branch: str, before: str) -> None:
        """Remove the branch there, if it still is at ``before``.

        Raises:
            WorldError: as above.
        """
        self.push(branch, "", before)

    def _address(self) -> str:
        done = ask(self.root, "remote", "get-url", "--push", _ORIGIN, fine=range(256))
        if done.code:
            raise UsageError("there is no remote origin to push to", hint="git remote add origin URL")
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def _ask(self, *arguments: str) -> str:
        done = ask(self.root, *arguments, env=self._environment(), seconds=_SECONDS, fine=range(256))
        if done.code:
            said = reason(done.stderr)
            if self.token:
                said = said.replace(self.token, "***")
            raise WorldError(f"git {arguments[0]} failed: {said}", hint="the token needs contents: write there")
        return done.stdout.decode("utf-8", "surrogateescape")

    def _environment(self) -> dict[str, str]:
        extra = {"GIT_TERMINAL_PROMPT": "0"}
        if self.token and _SERVER.fullmatch(self.server):
            credentials = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
            key = f"http.{self.server}/.extraheader"
            extra |= {
                "GIT_CONFIG_COUNT": "2",
                "GIT_CONFIG_KEY_0": key,
                "GIT_CONFIG_VALUE_0": "",  # whatever a checkout left: two of them are refused
                "GIT_CONFIG_KEY_1": key,
                "GIT_CONFIG_VALUE_1": f"Authorization: Basic {credentials}",
            }
        return environment(**extra)


def address(root: Path) -> str:
    """Where ``origin`` is; empty where there is none."""
    done = ask(root, "remote", "get-url", _ORIGIN, fine=range(256))
    return done.stdout.decode("utf-8", "replace").strip() if done.code == 0 else ""


def current_branch(root: Path) -> str:
    """The branch that is checked out; empty where HEAD is on none."""
    done = ask(root, "symbolic-ref", "--quiet", "--short", "HEAD", fine=(0, 1))
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def object_id(root: Path, name: str) -> str:
    """What ``name`` is: ``HEAD``, ``COMMIT^{tree}``.

    Raises:
        WorldError: there is nothing of that name.
    """
    return ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name).stdout.decode().strip()


def has_unpushed(root: Path, commit: str) -> bool:
    """Whether HEAD has commits that ``commit``, which may be unknown here, has not: they were never pushed."""
    known = ask(root, "cat-file", "-e", f"{commit}^{{commit}}", fine=range(256)).code == 0
    return known and ask(root, "merge-base", "--is-ancestor", "HEAD", commit, fine=range(256)).code != 0
