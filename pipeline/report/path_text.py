"""The steps of an upgrade: which versions, what blocks each step, and what to do before it."""

from collections.abc import Iterable, Iterator

from pipeline.core.upgrade.judged import JudgedFinding, JudgedPath, JudgedVersion
from pipeline.core.words import counted
from pipeline.report.look import PLAIN, Look
from pipeline.report.plain import line

_VERDICT_STYLE = {"no-changes": "green", "safe": "green", "review": "yellow", "blocked": "red", "failed": "magenta"}


def terminal(path: JudgedPath, look: Look = PLAIN) -> str:
    """Text that ends in a newline."""
    return "".join(f"{text}\n" for text in _lines(path, look))


def _lines(path: JudgedPath, look: Look) -> Iterator[str]:
    head = f"{path.release} {path.current} -> {path.wanted}"
    if not path.steps:
        yield look.style(line(f"{head}: no version on the way renders"), "bold")
        return
    yield look.style(line(f"{head}: {counted(len(path.steps), 'step')}"), "bold")
    for number, step in enumerate(path.steps, 1):
        yield from _step(number, step, path, look)


def _step(number: int, step: JudgedVersion, path: JudgedPath, look: Look) -> Iterator[str]:
    verdict = look.style(str(step.verdict), _VERDICT_STYLE[step.verdict])
    yield f"{number:>3}. {line(step.version)}  {verdict}"
    if step.skips:
        yield "     The chart says that no version may be skipped, and this step does."
    yield from told("blocker", step.blocking)
    yield from told("high", step.advised)
    if number < len(path.steps):
        yield "     Before the next step: every object healthy, every hook and migration done (pipeline status)."


def told(level: str, findings: Iterable[JudgedFinding]) -> Iterator[str]:
    """Each finding with its fix and the commands of that."""
    for finding in findings:
        yield f"     {level.upper():8}{line(finding.title)}"
        if finding.fix:
            yield f"       Fix  {line(finding.fix)}"
        yield from (f"            {line(command)}" for command in finding.commands)
