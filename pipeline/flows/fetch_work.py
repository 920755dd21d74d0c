"""Many charts fetched as one piece of work: one after the other or side by side, all tried, all errors at the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pipeline.core.errors import MissingFileError, PipelineError, StaleError, UsageError, WorldError
from pipeline.core.ports import Progress, no_progress
from pipeline.core.words import listed, noun_for

T = TypeVar("T")


class SideBySide(Protocol):
    """What each task returns, or the error it ends with, by its name and in the order of the tasks."""

    def __call__(
        self, tasks: Mapping[str, Callable[[], T]], progress: Progress, /
    ) -> Mapping[str, T | PipelineError]: ...


def in_turn(tasks: Mapping[str, Callable[[], T]], progress: Progress, /) -> Mapping[str, T | PipelineError]:
    """One after the other, for those who start no threads."""
    done: dict[str, T | PipelineError] = {}
    for number, (name, task) in enumerate(tasks.items()):
        progress(number, len(tasks), name)
        try:
            done[name] = task()
        except PipelineError as error:  # the others are tried too
            done[name] = error
    return done


def _nowhere(_folder: str, _digest: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Work:
    """How charts are fetched, who is told, and where their files are kept until all are there.

    ``lies_there`` says whether a folder has that digest already, where it will be written: such a chart is not kept.
    """

    side_by_side: SideBySide = in_turn
    progress: Progress = no_progress
    keep: Callable[[Mapping[str, bytes]], Mapping[str, bytes]] = dict
    lies_there: Callable[[str, str], bool] = _nowhere

    def run(self, tasks: Mapping[str, Callable[[], T]]) -> Mapping[str, T | PipelineError]:
        return self.side_by_side(tasks, self.progress)


IN_TURN = Work()


def together(errors: Sequence[tuple[str, PipelineError]]) -> PipelineError:
    """One error as it is; several as one, of their common kind where they have one. The same one is told once."""
    if len(errors) == 1:
        name, error = errors[0]
        return _of_releases([name], error)
    alike: dict[str, tuple[list[str], PipelineError]] = {}
    for name, error in errors:
        alike.setdefault(str(error), ([], error))[0].append(name)
    told = [_of_releases(names, error) for names, error in alike.values()]
    if len(told) == 1:
        return told[0]
    kinds = {kind for kind in (StaleError, UsageError, WorldError) for error in told if isinstance(error, kind)}
    kind = kinds.pop() if len(kinds) == 1 else WorldError
    return kind("\n".join(map(str, told)), hint="fix each of these; nothing was vendored")


def _of_releases(names: Sequence[str], error: PipelineError) -> PipelineError:
    """What went wrong in the world is no release's fault, and says whom it concerns; other errors say so themselves."""
    if not isinstance(error, WorldError | MissingFileError):
        return error
    kind = WorldError if isinstance(error, WorldError) else MissingFileError
    whose = f"{noun_for(len(names), 'release')} {listed(map(repr, names))}"
    return kind(f"{whose}: {error.message}", hint=error.hint)
