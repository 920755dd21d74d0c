"""A plan, or its outcome, for people: first what is written, then the plan problems, then what to do."""

from collections.abc import Iterable, Iterator

from pipeline.core.cluster.api.error_text import clean
from pipeline.core.cluster.approval.approval import first_digits
from pipeline.core.cluster.plan.managed_fields import FieldPath, dotted
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.plan.plan import STEPS, WRITES, FieldEdit, Operation, Plan, PlannedAction
from pipeline.core.words import left_over
from pipeline.report.look import PLAIN, Look

_MARKS = {
    Operation.CREATE: ("+", "green"),
    Operation.UPDATE: ("~", "yellow"),
    Operation.ADOPT: ("»", "yellow"),
    Operation.RECREATE: ("!", "red"),
    Operation.HOOK: ("*", "blue"),
    Operation.DELETE: ("-", "red"),
    Operation.KEEP: ("=", "dim"),
    Operation.FORGET: ("?", "dim"),
    Operation.IGNORE: ("·", "dim"),
    Operation.REPAIR: ("^", "yellow"),
    Operation.FINISH: ("~", "yellow"),
    Operation.MIGRATE: ("^", "yellow"),
    Operation.RETIRE: ("-", "red"),
}
_FIELDS_SHOWN = 12


def counts(actions: Iterable[PlannedAction]) -> str:
    """``3 create, 1 update, 12 unchanged`` in the order of Operation."""
    numbers = dict.fromkeys(Operation, 0)
    for action in actions:
        numbers[action.op] += 1
    return ", ".join(f"{number} {op}" for op, number in numbers.items() if number) or "nothing"


def terminal(plan: Plan, digest: str, look: Look = PLAIN) -> str:
    """The whole plan as text that ends in a newline."""
    target = plan.target
    head = look.style(f"plan {first_digits(digest)}", "bold")
    asked = f", as {clean(target.user)}" if target.user else ""
    where = f"cluster {target.cluster_uid} ({clean(target.context)}, {clean(target.server_version)}{asked})"
    lines = [
        f"{head}  {plan.source.path} at {plan.source.commit[:10]} -> {clean(target.environment)}",
        "  offline, from a recorded inventory" if plan.offline else f"  {where}",
        f"  {counts(plan.actions)}",
    ]
    shown = plan.of(*STEPS, *WRITES, Operation.DELETE, Operation.KEEP, Operation.FORGET, Operation.IGNORE)
    lines += [""] if shown else []
    for action in shown:
        lines += _action(action, look, silent=plan.offline)
    lines += _list("cannot be undone", plan.notes, look, "yellow")
    lines += _list("warnings", plan.warnings, look, "yellow")
    problems = [f"{p.what}: {p.message}" + (f"\n      try: {p.fix}" if p.fix else "") for p in plan.problems]
    lines += _list("plan problems", problems, look, "red")
    return "\n".join(lines) + "\n"


def markdown(plan: Plan, digest: str) -> str:
    """The same for a job summary: untrusted text only inside a fence that it cannot close."""
    text = terminal(plan, digest)
    fence = "`" * max(3, _longest_run(text) + 1)
    verdict = "cannot be applied" if plan.problems else "changes nothing" if plan.empty else "waits for approval"
    verdict = "was made offline" if plan.offline else verdict
    return f"### Plan `{first_digits(digest)}` {verdict}\n\nDigest: `{digest}`\n\n{fence}text\n{text}{fence}\n"


def _action(action: PlannedAction, look: Look, *, silent: bool) -> Iterator[str]:
    mark, colour = _MARKS[action.op]
    name = clean(f"{action.namespace}/{action.name}" if action.namespace else action.name)
    reason = f" ({clean(action.reason)})" if action.reason else ""
    where = f"  [{Phase(action.phase).title}]" if action.op in WRITES else ""
    unchecked = action.op in WRITES and action.predicted == "offline" and not silent
    guess = ", not checked with the API server" if unchecked else ""
    yield look.style(f"{mark} {action.op:<9} {clean(action.kind)} {name}", colour) + look.style(
        reason + where + guess, "dim"
    )
    for field in action.fields[:_FIELDS_SHOWN]:
        yield f"      {field_text(field)}"
    if rest := left_over(len(action.fields) - _FIELDS_SHOWN, "field"):
        yield look.style(f"      {rest}", "dim")
    if action.half:
        yield "      in two steps: its storage version and conversion change once the conversion webhook is ready"
    if action.patch:
        yield f"      by a merge patch before the apply: {', '.join(_names(action.patch))}"
    if action.nulls:
        yield f"      not sent, since null means absent: {', '.join(_names(action.nulls))}"
    if action.migrate:
        yield f"      takes over all fields of {', '.join(map(clean, action.migrate))}"
    for warning in action.warnings:
        yield look.style(f"      warning: {clean(warning)}", "yellow")


def _names(paths: Iterable[FieldPath]) -> list[str]:
    return [clean(dotted(path).lstrip(".")) for path in paths]


def field_text(field: FieldEdit) -> str:
    owner = f"  (owned by {clean(field.owner)})" if field.owner else ""
    if field.kind == "change":
        return f"{clean(field.path)}: {clean(field.old)} -> {clean(field.new)}{owner}"
    if field.kind == "reorder":
        return f"{clean(field.path)}: different order{owner}"
    value = field.new if field.kind == "add" else field.old
    return f"{'+' if field.kind == 'add' else '-'} {clean(field.path)}" + (f": {clean(value)}" if value else "") + owner


def _list(title: str, items: Iterable[str], look: Look, colour: str) -> list[str]:
    rows = list(items)
    if not rows:
        return []
    return ["", look.style(f"{title}:", "bold", colour), *(f"  - {row}" for row in rows)]


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
