"""Fields that the API server refuses to change once an object exists, and which of them differ between two bodies.

The facts were derived from the validation code of Kubernetes 1.37 (pkg/apis/*/validation) and agree with a real API
server's answers to 1,095 single changes (tests/data/mutations). Both bodies are taken with the server's defaults, so
that leaving out a default is not a change.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.diff.equivalence import same_meaning
from pipeline.core.diff.value_changes import canonical, values_of
from pipeline.core.kube.apis import lookup
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.fields import bounds
from pipeline.core.kube.path import MISSING, Path, get
from pipeline.core.kube.resource import Body, Delivery, Resource
from pipeline.core.risk.rule import Claim, EachCheck, Hit, place
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, deletion

Fix = tuple[str, tuple[str, ...]]
"""A fix, and the whole command lines that it speaks of."""


def bodies(change: ResourceChange, *, hooks: bool = False) -> tuple[Body, Body] | None:
    """Both sides of an edit, with the server's defaults; None for what is not edited in place.

    Hooks are not: they are deleted and created again. ``hooks`` gives their bodies all the same.
    """
    if change.action is not Action.CHANGED or change.before is None or change.after is None:
        return None
    if change.after.delivery is Delivery.HOOK and not hooks:
        return None
    return normal(change.before), normal(change.after)


def differing(old: Body, new: Body, *paths: Path) -> tuple[Path, ...]:
    """Those of ``paths`` whose values differ in meaning."""
    return tuple(path for path in paths if not same(get(old, path), get(new, path)))


def same(old: Any, new: Any) -> bool:
    """Whether two values are one to the API server: quantities count by value."""
    if old is MISSING or new is MISSING:
        return old is new
    if canonical(old) == canonical(new):
        return True
    return all(same_meaning(change) for change in values_of(old, new))


def claims(change: ResourceChange, *paths: Path) -> tuple[Claim, ...]:
    return tuple(Claim(change.id, path) for path in paths)


def first_below(change: ResourceChange, path: Path) -> Path:
    """The first changed path at or below ``path``: where a message points."""
    paths = [field.path for field in change.fields if field.path[: len(path)] == path]
    return paths[0] if paths else path


def others(body: Body, parent: Path, allowed: frozenset[str]) -> Iterator[Path]:
    """The paths of every key below ``parent`` but the ``allowed``."""
    below = get(body, parent)
    return ((*parent, key) for key in below if key not in allowed) if isinstance(below, dict) else iter(())


def immutable_check(
    refused: Callable[[Body, Body, int], tuple[Path, ...]], fix: Callable[[ResourceChange], Fix] | None = None
) -> EachCheck:
    """One finding for an object of which ``refused`` names paths.

    It is given the old and the new body, with defaults, and the target's minor (the newest known where none is stated).

    ``fix`` is what to do, and the commands that it speaks of.
    """

    def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
        both = bodies(change)
        paths = () if both is None else refused(*both, target_minor(upgrade))
        if paths:
            yield rejected(change, paths, (fix or _another_object)(change))

    return check


def rejected(change: ResourceChange, paths: Sequence[Path], fix: Fix, names: str = "") -> Hit:
    """That the API server does not let ``paths``, one or more, change. ``names`` is how the title calls them."""
    names = names or ", ".join(".".join(map(str, path)) for path in paths)
    places = [place(change.resource, first_below(change, path)) for path in paths]
    told, commands = fix
    return Hit(
        places[0],
        title=f"{change.id.kind} {change.id.name}: {names} {agreeing(len(paths), 'is')} immutable",
        impact="The API server rejects it, and the apply stops there.",
        fix=told,
        commands=commands,
        also=tuple(places[1:]),
        claims=claims(change, *paths),
    )


def target_minor(upgrade: Upgrade) -> int:
    """The minor of Kubernetes that judges the upgrade: the target's, or the newest known where there is none."""
    return upgrade.facts.target[1] if upgrade.facts.target else bounds()[1]


def _another_object(change: ResourceChange) -> Fix:
    text = "Keep the old value, give it another name, or delete it in a separate step first."
    return text, (deletion(change.id.kind, change.id.name, namespace=change.id.namespace),)


def applied_to_target(before: Resource, upgrade: Upgrade) -> bool:
    """Whether the old manifest is one that the target takes: else it is unknown what the cluster holds of it."""
    api = lookup(before.group, before.version, before.kind)
    return api is None or upgrade.facts.target is None or api.exists(upgrade.facts.target[1])
