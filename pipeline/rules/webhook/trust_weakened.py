"""An aggregated API is no longer verified, or an admission policy or webhook lets through what it cannot judge.

## Why it matters

With ``insecureSkipTLSVerify`` the API server sends requests, with the callers' names, to whoever answers at the
Service's address. With ``failurePolicy: Ignore`` a policy that fails to evaluate enforces nothing.

## What to do

APIService: set ``caBundle`` and leave the verification on. Policy: keep ``Fail``, or know who watches instead.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Path, get
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_UNVERIFIED: Path = ("spec", "insecureSkipTLSVerify")
_POLICY: Path = ("spec", "failurePolicy")
_POLICIES = frozenset({"ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"})


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.CHANGED or change.before is None or change.after is None:
        return
    old, new = change.before.body, change.after.body
    name = f"{change.id.kind} {change.id.name}"
    if change.id.kind == "APIService" and get(new, _UNVERIFIED) is True and get(old, _UNVERIFIED) is not True:
        yield Hit(
            place(change.after, _UNVERIFIED),
            title=f"{name}: the certificate of its backend is no longer verified",
            impact="The API server sends requests to any server that answers at the Service's address.",
            fix=f"{name}: set caBundle and leave the verification on.",
            claims=(Claim(change.id, _UNVERIFIED), Claim(change.id, ("spec", "caBundle"))),
        )
    if change.id.kind in _POLICIES and get(new, _POLICY) == "Ignore" and get(old, _POLICY) != "Ignore":
        yield Hit(
            place(change.after, _POLICY),
            title=f"{name}: what it cannot evaluate is accepted from now on",
            impact="A policy that fails to evaluate enforces nothing.",
            fix=f"{name}: keep failurePolicy Fail.",
            severity=Severity.MEDIUM,
            claims=(Claim(change.id, _POLICY),),
        )


_API = "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.x.io}\nspec: {group: x.io%s}\n"
_GUARD = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: g}\n"
    "spec: {failurePolicy: %s}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("admission-policy-enforced", "webhook-behaviour-changed"),
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({"APIService", *_POLICIES}),
    cases=(
        speaks(
            "an aggregated API is not verified",
            ("high", "spec.insecureSkipTLSVerify"),
            before=_API % ", caBundle: YQ==",
            after=_API % ", insecureSkipTLSVerify: true",
        ),
        speaks(
            "a policy fails open", ("medium", "spec.failurePolicy"), before=_GUARD % "Fail", after=_GUARD % "Ignore"
        ),
        quiet(
            "it is verified from now on", before=_API % ", insecureSkipTLSVerify: true", after=_API % ", caBundle: YQ=="
        ),
        quiet("a policy fails closed", before=_GUARD % "Ignore", after=_GUARD % "Fail"),
    ),
)
