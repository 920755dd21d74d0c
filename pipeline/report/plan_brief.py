"""A plan in a few lines for its approver: what it is about, and everything in it that cannot be undone."""

from collections.abc import Iterator

from pipeline.core.cluster.plan.plan import Operation, Plan, PlannedAction
from pipeline.report.plain import line
from pipeline.report.plan_text import counts

_BY_NAME = {
    Operation.DELETE: "deletes",
    Operation.RECREATE: "deletes and creates again",
    Operation.ADOPT: "takes over",
    Operation.RETIRE: "retires",
}
_WIDTH = 13


def brief(plan: Plan, plan_digest: str) -> str:
    """Text for a terminal, with nothing in it that a terminal would obey."""
    return "\n".join([f"plan {line(plan_digest)}", *(f"  {row}" for row in _rows(plan))]) + "\n"


def _rows(plan: Plan) -> Iterator[str]:
    target, source = plan.target, plan.source
    yield _row("environment", f"{target.environment} (context {target.context}, cluster {target.cluster_uid})")
    if target.user:
        yield _row("asked as", target.user)
    yield _row("commit", f"{source.commit} {source.path}")
    yield _row("made", f"{plan.created} by {plan.author or 'an unknown author'}, expires {plan.expires}")
    if plan.releases:
        yield _row("releases", ", ".join(plan.releases))
    yield _row("actions", counts(plan.actions))
    for op, verb in _BY_NAME.items():
        for action in plan.of(op):
            yield _row(verb, _named(action))
    for action in plan.actions:
        if action.force:
            owners = sorted({field.owner for field in action.fields if field.owner})
            yield _row("takes fields", f"of {_named(action)} from {', '.join(owners)}")
    yield from (_row("warning", warning) for warning in plan.warnings)
    yield from (_row("note", note) for note in plan.notes)
    for problem in plan.problems:
        fix = f" (try: {problem.fix})" if problem.fix else ""
        yield _row("PROBLEM", f"{problem.code} {problem.what}: {problem.message}{fix}")


def _named(action: PlannedAction) -> str:
    name = f"{action.namespace}/{action.name}" if action.namespace else action.name
    why = f": {action.reason}" if action.reason else ""
    return f"{action.kind} {name} ({action.api_version}, release {action.release}){why}"


def _row(label: str, text: str) -> str:
    return f"{label.ljust(_WIDTH)} {line(text)}"
