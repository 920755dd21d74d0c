"""A certificate refers to an issuer that the upgrade removes.

Certificates and CertificateRequests of cert-manager, and the annotations of Ingresses and Gateways. Issuers of other
groups are not cert-manager's own and are not checked.

## Why it matters

Existing certificates work until they expire, weeks later; then nothing renews them.

## What to do

Keep the issuer, or let the certificates refer to one that exists.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.dangling import dangling
from pipeline.core.analysis.references import Reference
from pipeline.core.analysis.selection import home
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, ResourceId, mapping
from pipeline.core.risk.finding import Place, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, counted, listed

_GROUP = "cert-manager.io"
_NOTES = {"cert-manager.io/issuer": "Issuer", "cert-manager.io/cluster-issuer": "ClusterIssuer"}
_KINDS = frozenset({"Certificate", "CertificateRequest", "Ingress", "Gateway"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    users: dict[ResourceId, list[Place]] = {}
    for resource, reference in dangling(upgrade, _KINDS, partial(_issuers, upgrade)):
        users.setdefault(reference.id, []).append(place(resource, reference.path))
    for issuer, places in sorted(users.items()):
        first, many = places[0].resource, len(places) > 1
        names = listed(one.resource.name for one in places)
        who = f"{counted(len(places), 'object')} ({names})" if many else f"{first.kind} {first.name}"
        refer = agreeing(len(places), "refers")
        yield Hit(
            places[0],
            title=f"{who} {refer} to {issuer.kind} {issuer.name}, which is no longer rendered",
            impact="After it is pruned, the certificate is not renewed and expires weeks later.",
            fix="Keep the issuer, or refer to one that exists.",
            also=tuple(places[1:]),
        )


def _issuers(upgrade: Upgrade, resource: Resource) -> Iterator[Reference]:
    if resource.id.group == _GROUP:
        ref = mapping(mapping(resource.body.get("spec")).get("issuerRef"))
        if ref.get("group", _GROUP) == _GROUP:
            yield _reference(
                upgrade, resource, str(ref.get("kind") or "Issuer"), ref.get("name"), ("spec", "issuerRef")
            )
    elif resource.annotations.get("cert-manager.io/issuer-group", _GROUP) == _GROUP:
        for note, kind in _NOTES.items():
            if note in resource.annotations:
                name = resource.annotations[note]
                yield _reference(upgrade, resource, kind, name, ("metadata", "annotations", note))


def _reference(upgrade: Upgrade, resource: Resource, kind: str, name: object, path: Path) -> Reference:
    namespace = home(resource, upgrade) if kind == "Issuer" else ""
    known = {one.id.namespace for one in upgrade.before.manifests.of_kind(kind, _GROUP) if one.id.name == name}
    # A custom kind of unknown scope has no namespace in its identity.
    return Reference(ResourceId(_GROUP, kind, "" if known == {""} else namespace, str(name)), path)


_ISSUER = "apiVersion: cert-manager.io/v1\nkind: %s\nmetadata: {name: ca}\n---\n"
_CERTIFICATE = (
    "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\n"
    "spec: {secretName: tls, issuerRef: {name: ca%s}}\n"
)
_INGRESS = (
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
    "metadata: {name: web, annotations: {cert-manager.io/cluster-issuer: ca}}\n"
)
_FOREIGN = _CERTIFICATE % ", group: example.org"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks(
            "its issuer is removed",
            ("high", "spec.issuerRef"),
            before=_ISSUER % "Issuer" + _CERTIFICATE % "",
            after=_CERTIFICATE % "",
        ),
        speaks(
            "an Ingress's issuer is removed",
            ("high", 'metadata.annotations["cert-manager.io/cluster-issuer"]'),
            before=_ISSUER % "ClusterIssuer" + _INGRESS,
            after=_INGRESS,
        ),
        quiet("another cluster issuer", before=_CERTIFICATE % "", after=_CERTIFICATE % ", kind: ClusterIssuer"),
        quiet("somebody else's issuer", before=_ISSUER % "Issuer" + _FOREIGN, after=_FOREIGN),
        quiet("both are removed", before=_ISSUER % "Issuer" + _CERTIFICATE % ""),
    ),
)
