"""The desired objects of an environment, from its rendered tree: each as it is sent, with wave, phase and file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.core.cluster.api.canonical import digest_of
from pipeline.core.cluster.inventory.inventory import Inventory, labelled
from pipeline.core.cluster.plan.apply_hooks import Hook, hook_of
from pipeline.core.cluster.plan.phases import Phase, guarded_by, phase_of, waves
from pipeline.core.cluster.plan.plan import PlanProblem
from pipeline.core.cluster.plan.ssa_body import normalised
from pipeline.core.kube.resource import Body, Delivery, Resource, ResourceId


@dataclass(frozen=True, slots=True)
class DesiredObject:
    """One object. ``resource`` has the body that is sent; ``hook`` is None for what stays.

    ``release`` is empty for a release's own namespace: it is made where no one renders it, and never in the inventory.
    """

    resource: Resource
    file: str
    release: str
    wave: int
    phase: Phase
    hook: Hook | None = None

    @property
    def id(self) -> ResourceId:
        return self.resource.id

    @property
    def is_unnamed(self) -> bool:
        """Whether no apply can find it again. A hook is created anew for each run."""
        return self.resource.is_named_by_server and self.hook is None

    @property
    def manifest(self) -> str:
        """The digest of what is sent, empty for a Secret: a few guesses would find its value."""
        return manifest_digest(self.resource)


def manifest_digest(resource: Resource) -> str:
    secret = resource.kind == "Secret" and not resource.group
    return "" if secret else digest_of(resource.body)


def desired(
    objects: Iterable[tuple[str, Resource]],
    needs: Mapping[str, Iterable[str]],
    inventory: Inventory,
    namespaces: Mapping[str, str],
) -> tuple[tuple[DesiredObject, ...], tuple[PlanProblem, ...]]:
    """Everything wanted in the order of apply, and what is wrong with it.

    ``objects`` are files with what they hold; ``needs`` and ``namespaces`` are by release.
    """
    objects_wanted = list(objects)
    guarded = guarded_by(resource for _, resource in objects_wanted)
    wave_of = waves(needs)
    installed = {entry.release for entry in inventory.entries.values()}
    wanted = [
        _wanted(
            file,
            resource,
            wave_of.get(resource.release, 0),
            inventory,
            guarded,
            installing=resource.release not in installed,
        )
        for file, resource in objects_wanted
    ]
    own = list(_own_namespaces({item.id for item in wanted}, wave_of, namespaces, inventory))
    ordered = sorted(wanted + own, key=order)
    return tuple(ordered), (*_twice(ordered), *_unnamed(ordered))


def order(wanted: DesiredObject) -> tuple[int, int, int, ResourceId]:
    """Waves, phases, weights of hooks, then by name."""
    return wanted.wave, wanted.phase, wanted.hook.weight if wanted.hook else 0, wanted.id


def sent(resource: Resource, inventory: Inventory | None) -> Resource:
    """The resource with the body that is sent: what only servers may say taken out, ours marked as a member."""
    metadata = {
        key: value
        for key, value in resource.metadata.items()
        if key not in ("creationTimestamp", "managedFields", "resourceVersion", "uid", "generation", "selfLink")
    }
    body: Body = {key: value for key, value in resource.body.items() if key != "status"} | {"metadata": metadata}
    body = normalised(body)
    return resource.with_body(labelled(body, inventory) if inventory else body)


def _wanted(
    file: str,
    resource: Resource,
    wave: int,
    inventory: Inventory,
    guarded: frozenset[tuple[str, str]],
    *,
    installing: bool,
) -> DesiredObject:
    if resource.delivery is Delivery.HOOK:
        hook = hook_of(resource, installing=installing)
        to_send = sent(resource, None)
        return DesiredObject(to_send, file, resource.release, wave, hook.phase or Phase.POST_HOOKS, hook)
    to_send = sent(resource, inventory)
    return DesiredObject(to_send, file, resource.release, wave, phase_of(resource.id, guarded))


def _own_namespaces(
    rendered: set[ResourceId], wave_of: Mapping[str, int], namespaces: Mapping[str, str], inventory: Inventory
) -> Iterator[DesiredObject]:
    names: dict[str, int] = {}
    for release, name in namespaces.items():
        names[name] = min(names.get(name, wave_of.get(release, 0)), wave_of.get(release, 0))
    for name, wave in sorted(names.items()):
        resource = Resource.of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        if resource.id not in rendered and resource.id not in inventory.entries:
            yield DesiredObject(resource, "", "", wave, Phase.NAMESPACES)


def _twice(wanted: Iterable[DesiredObject]) -> Iterator[PlanProblem]:
    seen: dict[ResourceId, DesiredObject] = {}
    for item in wanted:
        other = seen.setdefault(item.id, item)
        if other is not item:
            message = f"both {other.file} and {item.file} are that object: each run would overwrite the other's"
            yield PlanProblem("twice", str(item.id), message, "remove it from one of the releases with an overlay")


def _unnamed(wanted: Iterable[DesiredObject]) -> Iterator[PlanProblem]:
    """Server-side apply refuses an object without a name."""
    for item in wanted:
        if item.is_unnamed:
            message = f"{item.file} has generateName and no name: no apply can find it again"
            fix = "set the values so that the chart gives it a name, or leaves it out"
            yield PlanProblem("unnamed", str(item.id), message, fix)
