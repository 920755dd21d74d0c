"""Service accounts: their cloud identities, and who refers to them besides workloads."""

from collections.abc import Iterable, Iterator, Mapping

from pipeline.core.kube.path import Entry
from pipeline.core.kube.resource import Resource, ResourceId, mapping, sequence
from pipeline.core.risk.finding import Place
from pipeline.core.risk.rule import place

IDENTITY = frozenset(
    {
        "eks.amazonaws.com/role-arn",
        "iam.gke.io/gcp-service-account",
        "azure.workload.identity/client-id",
        "azure.workload.identity/tenant-id",
    }
)
"""Annotations that give an account permissions of AWS (IRSA), Google Cloud or Azure."""
_BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})


def identity(resource: Resource | None) -> Mapping[str, str]:
    """The cloud identities that a service account carries, by annotation."""
    notes = resource.annotations if resource is not None else {}
    return {key: str(notes[key]) for key in sorted(IDENTITY & notes.keys())}


def bound(account: ResourceId, resources: Iterable[Resource]) -> Iterator[Place]:
    """Role bindings that name the account."""
    for resource in resources:
        if resource.kind not in _BINDINGS:
            continue
        for subject in map(mapping, sequence(resource.body.get("subjects"))):
            names = (subject.get("kind"), subject.get("namespace") or resource.id.namespace, subject.get("name"))
            if names == (account.kind, account.namespace, account.name):
                entry = Entry.of(kind=subject.get("kind"), namespace=subject.get("namespace"), name=account.name)
                yield place(resource, ("subjects", entry))
