"""helmfile itself, where it is installed. It is asked to run nothing that a helmfile.yaml names."""

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.process import Command, ToolMissingError, run
from pipeline.core.errors import WorldError

_SAFE = {"HELMFILE_DISABLE_INSECURE_FEATURES": "true", "HELMFILE_DISABLE_HOOKS": "true"}
"""Programs, files and hooks that templates name. Who trusts them sets the variable otherwise."""
_TIMEOUT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class HelmfileProgram:
    """Builds the helmfile.yaml at ``file``."""

    file: Path

    @property
    def folder(self) -> str:
        return self.file.resolve().parent.as_posix()

    def printed(self, environment: str) -> str | None:
        """What ``helmfile build`` prints for an environment; None where there is no helmfile.

        Raises:
            WorldError: it fails, or prints what is not text.
        """
        argv = ("helmfile", "--file", str(self.file.resolve()), "--environment", environment, "build", "--embed-values")
        try:
            done = run(Command(argv, env=_SAFE | dict(os.environ), timeout_seconds=_TIMEOUT_SECONDS))
        except ToolMissingError:
            return None
        try:
            return done.stdout.decode()
        except UnicodeDecodeError as error:
            raise WorldError(f"it prints what is not text: {error}") from error
