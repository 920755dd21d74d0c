"""An admission policy starts or stops to reject or change requests: it is new, or its binding's actions change.

## Why it matters

A ValidatingAdmissionPolicy acts only through its bindings. With ``Deny`` among the binding's actions the API server
rejects every request that the policy's expressions do not accept, for all namespaces that the binding does not exclude:
deployments of other teams stop, also those that ran yesterday. A MutatingAdmissionPolicy changes objects in the same
way. Either one rejects the requests that it cannot evaluate, unless its failurePolicy is ``Ignore``. A binding that no
longer denies lets pass what the policy kept out.

## What to do

Bind it with ``Audit`` or ``Warn`` first, read the audit log, and deny afterwards. Check which resources and namespaces
it matches.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Path, get
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_BINDINGS = {
    "ValidatingAdmissionPolicyBinding": "ValidatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding": "MutatingAdmissionPolicy",
}
_ACTIONS: Path = ("spec", "validationActions")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    after = {
        (resource.kind, resource.id.name): resource
        for resource in upgrade.after.manifests.resources
        if resource.kind in _POLICIES
    }
    for change in upgrade.diff.changes:
        binding = change.after
        if binding is not None and binding.kind in _BINDINGS and _acted(change) and not _acts(binding):
            yield _passes(binding)
        if binding is None or binding.kind not in _BINDINGS or not _acts(binding) or _acted(change):
            continue
        name = str(mapping(binding.body.get("spec")).get("policyName", ""))
        policy = after.get((_BINDINGS[binding.kind], name))
        yield _hit(change, binding, policy, name)
    yield from _edited(upgrade)


def _edited(upgrade: Upgrade) -> Iterator[Hit]:
    """Policies that judge by other rules from now on: those that were bound to act are felt at once."""
    bound = {
        (_BINDINGS[resource.kind], str(mapping(resource.body.get("spec")).get("policyName", "")))
        for resource in upgrade.before.manifests.resources
        if resource.kind in _BINDINGS and _acts(resource)
    }
    for change in upgrade.diff.changes:
        fields = [field for field in change.fields if not field.noise and field.path[:1] == ("spec",)]
        if fields and change.after is not None and change.id.kind in _POLICIES:
            yield Hit(
                place(change.after, fields[0].path),
                title=f"{change.id.kind} {change.id.name}: judges requests by other rules"
                + (f" for {listed(_matched(change.after), 2)}" if _matched(change.after) else ""),
                impact="Objects that were accepted so far may be rejected, or stored otherwise."
                if (change.id.kind, change.id.name) in bound
                else "No binding here enforces it: others may.",
                fix=f"{change.id.kind} {change.id.name}: compare its expressions with the objects in the cluster.",
                severity=None if (change.id.kind, change.id.name) in bound else Severity.LOW,
                also=tuple(place(change.after, field.path) for field in fields[1:]),
                claims=tuple(Claim.of(change, field) for field in fields),
            )


def _passes(binding: Resource) -> Hit:
    name = str(mapping(binding.body.get("spec")).get("policyName", ""))
    actions = listed(map(str, sequence(get(binding.body, _ACTIONS) or ()))) or "nothing"
    return Hit(
        place(binding, _ACTIONS),
        title=f"{binding.kind} {binding.id.name}: policy {name} no longer rejects requests (Deny -> {actions})",
        impact="Objects that the policy kept out are accepted from now on.",
        fix=f"{binding.kind} {binding.id.name}: keep Deny among its validationActions, if the policy shall hold.",
        severity=Severity.MEDIUM,
        claims=(Claim(binding.id, _ACTIONS),),
    )


def _acts(binding: Resource) -> bool:
    """A mutating binding always acts, a validating one if it denies."""
    return binding.kind == "MutatingAdmissionPolicyBinding" or "Deny" in sequence(get(binding.body, _ACTIONS) or ())


def _acted(change: ResourceChange) -> bool:
    return change.before is not None and _acts(change.before)


def _hit(change: ResourceChange, binding: Resource, policy: Resource | None, name: str) -> Hit:
    new = change.action is Action.ADDED
    path: Path = () if new else _ACTIONS
    asked = _matched(policy)
    does = "changes" if binding.kind.startswith("Mutating") else "rejects"
    return Hit(
        place(binding, path),
        title=f"{binding.kind} {binding.id.name}: policy {name} now {does} requests"
        + (f" for {listed(asked, 2)}" if asked else ""),
        impact="Objects that were accepted so far are rejected when they are created or changed."
        if does == "rejects"
        else "Objects are stored otherwise than they were sent.",
        fix=f"{binding.kind} {binding.id.name}: bind the policy with Audit or Warn first, and deny once the audit "
        "log shows no violation."
        if does == "rejects"
        else f"{binding.kind} {binding.id.name}: check which resources and namespaces it matches.",
        severity=Severity.HIGH if does == "rejects" else Severity.MEDIUM,
        claims=(Claim(change.id, path),),
    )


def _matched(policy: Resource | None) -> list[str]:
    """The resources that a policy names; empty where the policy is not among what is rendered."""
    constraints = mapping(mapping(policy.body.get("spec")).get("matchConstraints")) if policy else {}
    rules: list[Mapping[str, Any]] = [mapping(rule) for rule in sequence(constraints.get("resourceRules"))]
    return list(dict.fromkeys(str(resource) for rule in rules for resource in sequence(rule.get("resources"))))


_POLICIES = frozenset(_BINDINGS.values())
_POLICY = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: guard}\nspec:\n"
    "  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], "
    "resources: [deployments]}]}\n  validations: [{expression: object.spec.replicas <= 5}]\n"
)
_BINDING = (
    "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n"
    "metadata: {name: guard}\nspec: {policyName: guard, validationActions: [%s]}\n"
)
_MUTATING = _BINDING.replace("Validating", "Mutating").replace(", validationActions: [%s]", "")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks("a new policy denies", ("high", ""), after=_POLICY + _BINDING % "Deny"),
        speaks(
            "a binding denies what it only reported",
            ("high", "spec.validationActions"),
            before=_POLICY + _BINDING % "Audit",
            after=_POLICY + _BINDING % "Deny",
        ),
        speaks(
            "a policy that denies gets another rule",
            ("high", "spec.validations[0].expression"),
            before=_POLICY + _BINDING % "Deny",
            after=_POLICY.replace("<= 5", "<= 3") + _BINDING % "Deny",
        ),
        speaks(
            "a policy that only reports gets another rule",
            ("low", "spec.validations[0].expression"),
            before=_POLICY + _BINDING % "Audit",
            after=_POLICY.replace("<= 5", "<= 3") + _BINDING % "Audit",
        ),
        speaks("a mutating policy is bound", ("medium", ""), after=_MUTATING),
        quiet("a new policy only reports", after=_POLICY + _BINDING % "Audit, Warn"),
        quiet("it denied before", before=_POLICY + _BINDING % "Deny", after=_POLICY + _BINDING % "Deny, Audit"),
        speaks(
            "it no longer denies",
            ("medium", "spec.validationActions"),
            before=_POLICY + _BINDING % "Deny",
            after=_POLICY + _BINDING % "Audit",
        ),
    ),
)
