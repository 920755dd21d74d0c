"""Which of Helm's hooks a plan runs: those of releases that change, and those whose own manifest changed."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.plan.desired import DesiredObject
from pipeline.core.cluster.plan.plan import WRITES, Operation, PlannedAction
from pipeline.core.cluster.plan.preparing import base_action


def hook_actions(
    wanted: Iterable[DesiredObject], actions: Iterable[PlannedAction], inventory: Inventory, *, enabled: bool
) -> list[PlannedAction]:
    """One action a hook; IGNORE for what does not run, with why."""
    changing = {action.release for action in actions if action.op in WRITES or action.op is Operation.DELETE}
    return list(_actions(wanted, changing, inventory, enabled=enabled))


def key(action: PlannedAction) -> str:
    """Under which the inventory remembers a hook's manifest."""
    return f"{action.release}/{action.group}/{action.kind}/{action.namespace}/{action.name}"


def _actions(
    wanted: Iterable[DesiredObject], changing: set[str], inventory: Inventory, *, enabled: bool
) -> Iterator[PlannedAction]:
    for item in wanted:
        hook = item.hook
        if hook is None:
            continue
        action = replace(base_action(item), op=Operation.HOOK, weight=hook.weight, deletes=tuple(sorted(hook.deletes)))
        why = _why_not(item, action, changing, inventory, enabled=enabled)
        yield replace(action, op=Operation.IGNORE, reason=why) if why else action


def _why_not(
    item: DesiredObject, action: PlannedAction, changing: set[str], inventory: Inventory, *, enabled: bool
) -> str:
    assert item.hook is not None, "BUG: not a hook"
    if not enabled:
        return "apply.hooks is false"
    if item.hook.phase is None:
        return f"a hook of {', '.join(item.hook.events)}, which does not happen in this run"
    same = item.manifest and inventory.hooks.get(key(action)) == item.manifest
    return "nothing of its release changes" if same and item.release not in changing else ""
