"""An annotation that limits who may reach an Ingress or a Service changes.

## Why it matters

Controllers read source ranges and authentication from annotations. Whoever was kept out may be let in, or the other way
round, although no rule and no port of the object differs.

## What to do

Compare the old and the new list of addresses, and the address of the authentication service, with what you allow.
"""

import re
from collections.abc import Iterator

from pipeline.core.diff.change import Action, FieldChange, Op, ResourceChange
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_ACCESS = re.compile(
    r"source-?range|inbound-cidrs|(?:white|allow|black|deny)-?list|(?:^|[./-])auth-|ip-?access", re.IGNORECASE
)
"""Words in annotations of the usual ingress controllers and cloud load balancers."""
_STEPS = ("metadata", "annotations")


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.CHANGED:
        return
    picked = [field for field in change.fields if _limits(field)]
    if picked:
        names = ", ".join(str(field.path[-1]) for field in picked)
        yield Hit(
            at(change, picked[0]),
            title=f"{change.id.kind} {change.id.name}: access settings change ({names})",
            impact=_impact(picked),
            fix=f"{change.id.kind} {change.id.name}: compare the old and the new value with what you allow.",
            also=tuple(at(change, field) for field in picked[1:]),
            claims=tuple(Claim.of(change, field) for field in picked),
        )


def _impact(fields: list[FieldChange]) -> str:
    """What breaks; both directions where the settings do not say one."""
    effects = {_effect(field) for field in fields}
    return effects.pop() if len(effects) == 1 else _EITHER


def _effect(field: FieldChange) -> str:
    name = str(field.path[2])
    if field.op is Op.CHANGED:
        return _EITHER
    if _AUTHENTICATES.search(name):
        return "Requests may no longer be authenticated." if field.op is Op.REMOVED else _ASKED
    removed = field.op is Op.REMOVED  # a list of those who may and one of those who may not alike
    return "Clients that were kept out are let in." if removed else "Clients that were let in may be kept out."


_AUTHENTICATES = re.compile(r"(?:^|[./-])auth-", re.IGNORECASE)
_ASKED = "Clients that do not authenticate are refused."
_EITHER = "Clients that were kept out may be let in, or the other way round."


def _limits(field: FieldChange) -> bool:
    return field.path[:2] == _STEPS and len(field.path) > len(_STEPS) and bool(_ACCESS.search(str(field.path[2])))


_INGRESS = (
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, annotations: {x.io/a: b%s}}\n"
    "spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}\n"
)
_RANGE = ", nginx.ingress.kubernetes.io/whitelist-source-range: "

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("annotations-changed",),
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    each=check,
    kinds=frozenset({"Ingress", "Service", "Gateway", "HTTPRoute"}),
    cases=(
        speaks(
            "the whole internet is let in",
            ("medium", 'metadata.annotations["nginx.ingress.kubernetes.io/whitelist-source-range"]'),
            before=_INGRESS % f"{_RANGE}10.0.0.0/8",
            after=_INGRESS % f"{_RANGE}0.0.0.0/0",
        ),
        speaks(
            "the authentication is removed",
            ("medium", 'metadata.annotations["nginx.ingress.kubernetes.io/auth-url"]'),
            before=_INGRESS % ", nginx.ingress.kubernetes.io/auth-url: a",
            after=_INGRESS % "",
        ),
        speaks(
            "a list of denied clients is added",
            ("medium", 'metadata.annotations["nginx.ingress.kubernetes.io/denylist-source-range"]'),
            before=_INGRESS % "",
            after=_INGRESS % ", nginx.ingress.kubernetes.io/denylist-source-range: 10.0.0.0/8",
        ),
        quiet("another annotation", before=_INGRESS % "", after=_INGRESS % ", x.io/authors: c"),
        quiet("a new Ingress", after=_INGRESS % f"{_RANGE}0.0.0.0/0"),
    ),
)
