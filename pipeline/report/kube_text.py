"""What a raised Kubernetes version asks for: which releases move before it, and what it refuses of what runs."""

from collections.abc import Iterable, Iterator

from pipeline.core.upgrade.kube_moves import KubeMove, KubePlan, KubeTurn
from pipeline.core.words import command, counted
from pipeline.report.look import Look
from pipeline.report.path_text import told
from pipeline.report.plain import line

_PLAIN = Look()
_HEADS = {
    KubeTurn.BEFORE: "Before the control plane, in this order:",
    KubeTurn.WITH: "Together with the control plane, because the new chart does not take the old Kubernetes:",
    KubeTurn.STUCK: "In the way, and no newer version helps:",
}


def terminal(plans: Iterable[KubePlan], look: Look = _PLAIN) -> str:
    """Text that ends in a newline; a block for each environment."""
    return "\n".join("".join(f"{text}\n" for text in _lines(plan, look)) for plan in plans)


def _lines(plan: KubePlan, look: Look) -> Iterator[str]:
    yield look.style(line(f"{plan.environment}: Kubernetes {plan.before} -> {plan.after}"), "bold")
    if len(plan.minors) > 1:
        yield f"  The control plane moves one minor version at a time: {', '.join(plan.minors)}."
    for turn, head in _HEADS.items():
        moves = [move for move in plan.moves if move.turn is turn]
        if moves:
            yield f"  {head}"
        for number, move in enumerate(moves, 1):
            yield from _move(number, move, plan)
    staying = [move for move in plan.moves if move.turn is KubeTurn.STAYS]
    if plan.is_open:
        yield f"  Nothing is in the way: {counted(len(staying), 'release')} judged."
    elif staying:
        yield f"  May stay as they are: {line(', '.join(f'{move.pin} {move.current}' for move in staying))}"


def _move(number: int, move: KubeMove, plan: KubePlan) -> Iterator[str]:
    least = move.least
    if least is None:
        tried = f"; tried {line(', '.join(map(str, move.tried)))}" if move.tried else ""
        yield f"  {number:>3}. {line(f'{move.pin} {move.current}')}{tried}"
        last = move.tried[-1].problem if move.tried else ""
        yield from (f"       {line(problem)}" for problem in (move.problem, last) if problem)
    else:
        verdict = "" if least.problem else f", which is {least} today"
        yield f"  {number:>3}. {line(f'{move.pin} {move.current} -> {least.version} or newer{verdict}')}"
        release = move.pin.rpartition("/")[2]
        yield f"       {line(command('pipeline', 'upgrade', f'{release}@{least.version}', '-e', plan.environment))}"
        if least.blocking:
            way = command("pipeline", "upgrade", f"{release}@{least.version}", "-e", plan.environment, "--path")
            yield f"       That step is blocked itself: {line(way)}"
    if move.refused.problem:
        yield f"       {line(move.refused.problem)}"
    yield from (f"  {text}" for text in told("blocker", move.refused.blocking))
