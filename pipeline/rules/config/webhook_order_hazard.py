"""One apply contains objects that depend on each other: a CRD and objects of its kind, or a webhook and what it checks.

## Why it matters

``pipeline apply`` waits for the CRD to be established and for the webhook's backend to answer. A single
``helm upgrade`` or ``kubectl apply`` does not: the objects are rejected (``no matches for kind``,
``connection refused``), and the release stays half applied.

## What to do

Use ``pipeline apply``, or apply in steps: CRDs, workloads, webhooks, and custom resources last.
"""

from collections.abc import Iterator

from pipeline.core.analysis.backends import backends
from pipeline.core.analysis.removal import naming
from pipeline.core.analysis.selection import home
from pipeline.core.cluster.plan.phases import Phase, guarded_by, phase_of
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.resource import CRD_KIND, Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing

_HOOKS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})
_REMEDY = "Use pipeline apply, which waits; with other tools, apply custom resources last."


def check(upgrade: Upgrade) -> Iterator[Hit]:
    custom = [change for change in upgrade.diff.of_action(Action.ADDED) if not built_in_group(change.id.group)]
    if not custom:
        return
    for change in upgrade.diff.of_action(Action.ADDED):
        if change.id.kind == CRD_KIND and (
            own := [resource for resource in custom if _defines(change.resource, resource)]
        ):
            yield _hit(
                change.resource,
                (),
                own,
                f"{agreeing(len(own), 'is')} added together with the CRD {change.id.name}",
                "The kind may not exist yet when the custom resources are applied: no matches for kind.",
            )
    for resource, name in _closed(upgrade):
        own = [one for one in custom if phase_of(one.id, guarded_by([resource])) is Phase.ADMITTED]
        if own:
            yield _hit(
                resource,
                ("webhooks", Entry.of(name=name)),
                own,
                f"{agreeing(len(own), 'is')} added together with the webhook {name}, which checks such objects",
                "The webhook's backend starts in the same apply: until it answers, such objects are rejected.",
            )


def _hit(cause: Resource, path: Path, own: list[ResourceChange], what: str, impact: str) -> Hit:
    kinds = {change.id.kind for change in own}
    return Hit(
        place(cause, path),
        title=f"{naming(own) if len(kinds) == 1 else f'{len(own)} custom resources'} {what}",
        impact=impact,
        fix=_REMEDY,
        also=tuple(at(change) for change in own),
        claims=(Claim(cause.id, ("order",)),),  # what is added or removed is said by others
    )


def _defines(definition: Resource, change: ResourceChange) -> bool:
    spec = mapping(definition.body.get("spec"))
    return (spec.get("group"), mapping(spec.get("names")).get("kind")) == (change.id.group, change.id.kind)


def _closed(upgrade: Upgrade) -> Iterator[tuple[Resource, str]]:
    """Webhooks that refuse what they cannot judge and did not do so before, with a backend of the release's own."""
    before = {(resource.id, name) for resource in upgrade.before.manifests.resources for name in _failing(resource)}
    services = {(service.id.namespace, service.id.name) for service in upgrade.after.manifests.of_kind("Service", "")}
    for resource in upgrade.after.manifests.resources:
        own = any(
            (backend.namespace, backend.name) in services for backend in backends(resource, home(resource, upgrade))
        )
        for name in _failing(resource) if own else ():
            if (resource.id, name) not in before:
                yield resource, name


def _failing(resource: Resource) -> Iterator[str]:
    default = "Ignore" if resource.version == "v1beta1" else "Fail"
    for webhook in map(mapping, sequence(resource.body.get("webhooks"))) if resource.kind in _HOOKS else ():
        if (webhook.get("failurePolicy") or default) == "Fail":
            yield str(webhook.get("name"))


_CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: routes.example.org}\n"
    "spec: {group: example.org, names: {kind: Route, plural: routes}}\n---\n"
)
_ROUTE = "apiVersion: example.org/v1\nkind: Route\nmetadata: {name: a}\n---\n"
_HOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: w}\n"
    "webhooks: [{name: w.x.io, rules: [{apiGroups: [example.org], resources: [routes]}],\n"
    "  clientConfig: {service: {name: a, namespace: shop}}}]\n---\n"
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks("a CRD and an object of its kind", ("medium", ""), after=_CRD + _ROUTE),
        speaks("a webhook and an object that it checks", ("medium", "webhooks[name=w.x.io]"), after=_HOOK + _ROUTE),
        quiet("the CRD existed before", before=_CRD, after=_CRD + _ROUTE),
        quiet("the webhook existed before", before=_HOOK, after=_HOOK + _ROUTE),
        quiet("a CRD alone", after=_CRD),
    ),
)
