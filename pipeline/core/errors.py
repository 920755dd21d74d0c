"""The exception classes. The branches are what a user can react to differently; each carries its exit code.

PipelineError
├── UsageError        64  the request is not possible (bad flag, unknown release)
│   ├── MissingFileError  64  a file or folder that the user named does not exist or cannot be read
│   ├── NoRepositoryError 64  there is no pipeline.yaml here or above
│   └── ConfigError   64  pipeline.yaml or a values file is wrong: all problems at once, each with file:line:column
├── WorldError         1  helm, git, a registry, the cluster or the disk failed
│   └── RenderError    1  a chart does not render: release, chart, template and line
├── StaleError         4  out of date: lock mismatch, ``--check``, stale plan
├── RefusedError       5  approval missing or invalid, or another run holds the lock
├── UnsafeError        9  the plan violates a safety rule: prune, recreate, adoption, another tool's objects
└── DoubleCheckError  70  DeepDiff sees a difference that our comparison neither reports nor explains: a bug in pipeline

Anything else that reaches the top is a bug in pipeline: exit code 70 and a trace in a file.
"""

from dataclasses import dataclass

OK, FAILED, CHANGES, RISK, STALE, REFUSED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 5, 64, 70, 130
NOT_APPLIED, UNHEALTHY, UNSAFE = 6, 7, 9


class PipelineError(Exception):
    """One clear paragraph: ``message`` says which thing and what is wrong, ``hint`` what to try."""

    exit_code = FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  try: {self.hint}" if self.hint else self.message


class UsageError(PipelineError):
    exit_code = USAGE


class MissingFileError(UsageError):
    """A file or folder that the user named, on the command line or in pipeline.yaml: one wording for every verb."""

    @classmethod
    def of(cls, what: object, error: OSError, *, hint: str = "") -> "MissingFileError":
        """``what`` is the path as the user wrote it, with what it is: ``chart web.tgz``."""
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return cls(f"{what} does not exist", hint=hint)
        return cls(f"{what} cannot be read: {(error.strerror or str(error)).lower()}", hint=hint)


class NoRepositoryError(UsageError):
    """There is no pipeline.yaml here or above."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file that somebody wrote. ``line`` and ``column`` count from 1; 0 is unknown."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.message}"


class ConfigError(UsageError):
    def __init__(self, problems: tuple[Problem, ...], *, hint: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), hint=hint)
        self.problems = problems


class WorldError(PipelineError):
    exit_code = FAILED


class RenderError(WorldError):
    """A chart that does not render. ``template`` and ``line`` are empty and 0 where helm did not say."""

    def __init__(
        self, message: str, *, release: str, chart: str, template: str = "", line: int = 0, hint: str = ""
    ) -> None:
        where = f" at {template}:{line}" if template else ""
        super().__init__(f"release {release!r}: chart {chart} does not render{where}: {message}", hint=hint)
        self.detail = message
        self.release, self.chart, self.template, self.line = release, chart, template, line


class StaleError(PipelineError):
    exit_code = STALE


class RefusedError(PipelineError):
    exit_code = REFUSED


class UnsafeError(PipelineError):
    exit_code = UNSAFE


class DoubleCheckError(PipelineError):
    exit_code = BUG
