"""An AuthorizationPolicy is new or says more, so that Istio refuses requests that it let through.

## Why it matters

The first policy with action ALLOW closes a workload to all requests that no ALLOW rule names; one without rules closes
it altogether. DENY comes before every ALLOW. Clients get 403, or their connection is reset.

## What to do

Compare the policy with who calls the workload: service accounts, namespaces, gateways, probes and metrics. Try it with
the annotation ``istio.io/dry-run: "true"`` first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.api_groups import SECURITY
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_DRY = "istio.io/dry-run"
_ALLOW, _DENY = "ALLOW", "DENY"


def _action(policy: Resource) -> str:
    return str(spec(policy).get("action") or _ALLOW)


def _target(policy: Resource) -> list[object]:
    return [spec(policy).get(key) for key in ("selector", "targetRef", "targetRefs")]


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    if resource.id.group != SECURITY or str(resource.annotations.get(_DRY)).lower() == "true":
        return
    rules = [mapping(rule) for rule in sequence(spec(resource).get("rules"))]
    if _action(resource) == _DENY and rules:
        for index, rule in enumerate(rules):
            what = "every request" if not rule else "the requests of a rule"
            yield StateFault(
                resource,
                ("spec", "rules", index),
                (_DENY, repr(rule)),
                f"denies {what} from now on",
                certain=True,
                foreign=True,
            )
    elif _action(resource) == _ALLOW:
        which = "its target" if any(map(_seen, _target(resource))) else "all workloads of its namespace"
        if not rules:
            yield StateFault(
                resource,
                ("spec",),
                ("nothing", repr(_target(resource))),
                f"allows no request to {which}",
                certain=True,
                foreign=True,
            )
        elif not any(not rule for rule in rules):
            title = f"closes {which} to all requests that no ALLOW rule names"
            about = (_ALLOW, repr(_target(resource)), side.home(resource))
            certain = not _is_closed_by_another(resource, side)
            yield StateFault(resource, ("spec",), about, title, certain=certain, foreign=True)


def _seen(value: object) -> bool:
    """What chooses workloads: a selector without labels chooses all."""
    return bool(mapping(value).get("matchLabels") or mapping(value).get("name") or sequence(value))


def _is_closed_by_another(policy: Resource, side: SideIndex) -> bool:
    others = (
        authorization_policy
        for authorization_policy in side.of("AuthorizationPolicy", SECURITY)
        if authorization_policy.id != policy.id
    )
    return any(
        side.home(one) == side.home(policy) and _action(one) == _ALLOW and _target(one) == _target(policy)
        for one in others
    )


_POLICY = (
    "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
    "metadata: {name: p, namespace: shop%s}\nspec: {selector: {matchLabels: {app: web}}%s}\n---\n"
)
_NAMED = ", rules: [{from: [{source: {namespaces: [shop]}}]}]"
_DENIED = ", action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]"
_WEB = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}]}\n---\n"
_TRIED = ", annotations: {istio.io/dry-run: 'true'}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=fault_check(
        frozenset({"AuthorizationPolicy"}),
        _faults,
        impact="Clients that the policy does not name get 403, or their connection is reset.",
        fix="Compare it with who calls the workload; try it with the annotation istio.io/dry-run first.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks("the first that allows something", ("medium", "spec"), before=_WEB, after=_WEB + _POLICY % ("", _NAMED)),
        quiet("nothing ran before that could be refused", after=_WEB + _POLICY % ("", _NAMED)),
        speaks("its rules are gone", ("medium", "spec"), before=_POLICY % ("", _NAMED), after=_POLICY % ("", "")),
        speaks(
            "it denies something", ("medium", "spec.rules[0]"),
            before=_POLICY % ("", ", rules: [{}]"), after=_POLICY % ("", _DENIED),
        ),
        quiet("it was so before", before=_POLICY % ("", _NAMED), after=_POLICY % ("", _NAMED.replace("shop", "api"))),
        quiet("it allows everything", before=_WEB, after=_WEB + _POLICY % ("", ", rules: [{}]")),
        quiet("it is only tried", before=_WEB, after=_WEB + _POLICY % (_TRIED, _DENIED)),
        quiet("it only audits", before=_WEB, after=_WEB + _POLICY % ("", ", action: AUDIT, rules: [{}]")),
    ),
)  # fmt: skip
