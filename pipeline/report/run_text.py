"""The outcome of a run, for people: first what went wrong, then the counts, then what to do."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipeline.core.cluster.api.error_text import clean
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.run.outcome import BAD, Outcome, OutcomeState, RunResult
from pipeline.core.words import command
from pipeline.report.look import PLAIN, Look

_STYLE = {
    OutcomeState.CREATED: ("+", "green"),
    OutcomeState.UPDATED: ("~", "yellow"),
    OutcomeState.ADOPTED: ("»", "yellow"),
    OutcomeState.RECREATED: ("!", "yellow"),
    OutcomeState.RAN: ("*", "blue"),
    OutcomeState.DELETED: ("-", "red"),
    OutcomeState.KEPT: ("=", "dim"),
    OutcomeState.SKIPPED: ("·", "dim"),
    OutcomeState.STALE: ("x", "red"),
    OutcomeState.FAILED: ("x", "red"),
    OutcomeState.UNHEALTHY: ("x", "magenta"),
}


def counts(result: RunResult) -> str:
    """``3 created, 12 unchanged`` in the order of OutcomeState."""
    numbers = Counter(outcome.state for outcome in result.outcomes)
    return ", ".join(f"{numbers[state]} {state}" for state in OutcomeState if numbers[state]) or "nothing to do"


def terminal(result: RunResult, look: Look = PLAIN, *, plan: str = "PLAN", before: str = "") -> str:
    """Text that ends in a newline. ``plan`` is its path, ``before`` the commit that was applied before; for hints."""
    lines = [line for outcome in result.outcomes for line in _outcome(outcome, look)]
    word = "applied" if result.exit_code == 0 else "interrupted" if result.interrupted else "not everything applied"
    if {OutcomeState.UNHEALTHY} == {outcome.state for outcome in result.outcomes} & BAD and not result.stopped:
        word = "applied, but not healthy"
    style = ("bold", "green") if result.exit_code == 0 else ("bold", "red")
    lines += [f"{look.style(word, *style)}: {counts(result)} (run {result.run})"]
    if result.stopped:
        lines.append(f"  stopped early: {clean(result.stopped)}")
    return "\n".join([*lines, *_next(result, plan, before)]) + "\n"


def data(result: RunResult) -> dict[str, Any]:
    """The same for scripts; contains no object's body."""
    return {
        "schema": "pipeline.run/v1",
        "run": result.run,
        "exit": result.exit_code,
        "stopped": result.stopped,
        "outcomes": [
            {
                "number": outcome.action.number,
                "phase": Phase(outcome.action.phase).title,
                "op": str(outcome.action.op),
                "object": str(outcome.action.id),
                "state": str(outcome.state),
                "message": outcome.message,
                "warnings": list(outcome.warnings),
            }
            for outcome in result.outcomes
        ],
    }


def _outcome(outcome: Outcome, look: Look) -> Iterator[str]:
    if outcome.state is OutcomeState.UNCHANGED:
        return
    mark, colour = _STYLE[outcome.state]
    said = f": {clean(outcome.message)}" if outcome.message else ""
    yield look.style(f"{mark} {outcome.state:<9} {clean(str(outcome.action.id))}", colour) + said
    for warning in outcome.warnings:
        yield look.style(f"      warning: {clean(warning)}", "yellow")


def _next(result: RunResult, plan: str, before: str) -> Iterator[str]:
    states = {outcome.state for outcome in result.outcomes}
    if OutcomeState.STALE in states:
        yield "  next: create a new plan with pipeline plan, and approve that"
    elif result.exit_code and (result.interrupted or result.stopped or OutcomeState.FAILED in states):
        yield f"  next: fix what is named above, then apply the same plan again: {command('pipeline', 'apply', plan)}"
    elif OutcomeState.UNHEALTHY in states:
        back = f", or roll back: {command('pipeline', 'rollback', before[:10])}" if before else ""
        yield f"  next: fix what is named above and apply again{back}"
