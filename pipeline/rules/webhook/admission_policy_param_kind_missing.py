"""An admission policy takes its parameters from a kind that no CRD here defines.

## Why it matters

While the API server does not know the kind of ``paramKind``, it cannot evaluate the policy. If its ``failurePolicy`` is
``Fail``, which is the default, and anything binds it, the server then rejects every request that the policy's own
constraints match: also one that no binding matches, and whatever the binding's actions are.

## What to do

Apply the CRD before the policy, or set ``failurePolicy: Ignore`` until it is there.
"""

from collections.abc import Iterator

from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.find import definitions, known
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_POLICIES = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
_BINDINGS = tuple(f"{kind}Binding" for kind in _POLICIES)
_PATH = ("spec", "paramKind")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    own = [resource for resource in upgrade.after.manifests.resources if resource.kind in _POLICIES]
    known_before, after = known_objects(upgrade)
    before = known_before.among({policy.id for policy in own})
    bound = (
        {mapping(binding.body.get("spec")).get("policyName") for binding in after.of_kinds(*_BINDINGS)}
        if own
        else set()
    )
    defined = definitions(upgrade.before.manifests) if own else {}
    had = {(definition.group, definition.kind) for definition in defined.values()}
    for policy in own:
        wanted = _param_kind(policy)
        if not wanted[1] or built_in_group(wanted[0]) or wanted in known(upgrade):
            continue
        old = before.get(policy.id)
        if old is not None and _param_kind(old) == wanted and _ignores(old) == _ignores(policy) and wanted not in had:
            continue
        yield _hit(policy, wanted, certain=wanted in had, bound=policy.id.name in bound)


def _hit(policy: Resource, wanted: tuple[str, str], *, certain: bool, bound: bool) -> Hit:
    return Hit(
        place(policy, _PATH),
        title=f"{policy.kind} {policy.id.name}: no CRD here defines {wanted[1]}.{wanted[0]}, its paramKind",
        impact="Until the cluster has that CRD, the policy does nothing."
        if _ignores(policy)
        else "Until the cluster has that CRD, all that its own constraints match is rejected, once anything binds it.",
        fix=f"{policy.kind} {policy.id.name}: apply the CRD first, or set failurePolicy: Ignore until it is there.",
        severity=Severity.LOW if _ignores(policy) else None if bound else Severity.MEDIUM,
        confidence=Confidence.PROVEN if certain else None,
        claims=(Claim(policy.id, _PATH),),
    )


def _param_kind(policy: Resource) -> tuple[str, str]:
    """Group and kind; an empty kind where it takes no parameters."""
    spec = mapping(policy.body.get("spec"))
    kind = mapping(spec.get("paramKind"))
    return str(kind.get("apiVersion") or "").rpartition("/")[0], str(kind.get("kind") or "")


def _ignores(policy: Resource) -> bool:
    return mapping(policy.body.get("spec")).get("failurePolicy") == "Ignore"


_POLICY = (
    "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: guard}\n"
    "spec:\n  paramKind: {apiVersion: %s, kind: %s}\n  failurePolicy: %s\n"
    "  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], "
    "resources: [deployments]}]}\n  validations: [{expression: object.spec.replicas <= 5}]\n"
)
_BINDING = (
    "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n"
    "metadata: {name: guard}\nspec: {policyName: guard, validationActions: [Audit]}\n"
)
_WIDGET = _POLICY % ("example.com/v1", "Widget", "Fail")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    shares=("admission-policy-enforced",),
    cases=(
        speaks("a new policy needs a kind that nobody defines", ("high", "spec.paramKind"), after=_WIDGET + _BINDING),
        speaks("nothing here binds it", ("medium", "spec.paramKind"), after=_WIDGET),
        speaks(
            "the CRD is removed",
            ("high", "spec.paramKind"),
            before=crd() + _WIDGET + _BINDING,
            after=_WIDGET + _BINDING,
        ),
        speaks(
            "requests pass that it cannot judge",
            ("low", "spec.paramKind"),
            after=_POLICY % ("example.com/v1", "Widget", "Ignore"),
        ),
        quiet("its CRD comes along", after=crd() + _WIDGET),
        quiet("the kind is built in", after=_POLICY % ("v1", "ConfigMap", "Fail")),
        quiet("it was so before", before=_WIDGET, after=_WIDGET),
    ),
)
