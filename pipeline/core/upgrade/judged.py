"""What an upgrade to each newer version would be called, and how far one can go."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core.judge.report import Verdict


@dataclass(frozen=True, slots=True)
class JudgedFinding:
    """What is said of a finding, with no secret value left in it."""

    title: str
    fix: str = ""
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedVersion:
    """``problem`` says why there is no verdict."""

    version: str
    verdict: Verdict
    problem: str = ""
    skips: bool = False
    """Whether the chart itself forbids that jump."""
    blocking: tuple[JudgedFinding, ...] = ()
    advised: tuple[JudgedFinding, ...] = ()
    """Findings of high severity that do not block, and say what to do first."""

    @property
    def blockers(self) -> int:
        """How many proven findings block."""
        return len(self.blocking)

    @property
    def is_open(self) -> bool:
        """Whether nothing blocks the way there."""
        return self.verdict not in (Verdict.BLOCKED, Verdict.FAILED)

    @property
    def is_step(self) -> bool:
        """Whether nothing blocks the way there, and the chart does not forbid that jump."""
        return self.is_open and not self.skips

    def __str__(self) -> str:
        return f"{self.version} {self.verdict}" + (f" ({self.blockers})" if self.blockers else "")


def farthest(judged: Sequence[JudgedVersion]) -> JudgedVersion | None:
    """The newest version without blockers, of those sorted newest first; None where each is blocked or fails."""
    return next((each for each in judged if each.is_open), None)


@dataclass(frozen=True, slots=True)
class JudgedPath:
    """The steps of one release from ``current`` to ``wanted``; none where no version renders on the way."""

    release: str
    current: str
    wanted: str
    steps: tuple[JudgedVersion, ...]

    @property
    def is_open(self) -> bool:
        return bool(self.steps) and all(step.is_open for step in self.steps)
