"""RBAC rules as single grants, so that regrouped rules compare equal and a wildcard covers what it grants."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.words import listed

AGGREGATES = "rbac.authorization.k8s.io/aggregate-to-"
"""Prefix of the labels that add a role's permissions to another role (aggregation)."""
_WRITE = frozenset({"create", "update", "patch", "delete", "deletecollection", "*"})
_READ = frozenset({"get", "list", "watch", "*"})
_RBAC_GROUP = "rbac.authorization.k8s.io"
_RUN = frozenset(
    {"pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers", "serviceaccounts/token", "nodes/proxy"}
)
_CONTROL_PLANE = frozenset(
    {"mutatingwebhookconfigurations", "validatingwebhookconfigurations", "customresourcedefinitions", "apiservices"}
    | {"validatingadmissionpolicies", "validatingadmissionpolicybindings", "certificatesigningrequests/approval"}
)
_EVERYONE = (
    "system:authenticated",
    "system:unauthenticated",
    "system:anonymous",
    "system:serviceaccounts",
    "system:masters",
)


def is_everyone(subject: str) -> bool:
    """Whether a subject of a binding, by its name, is a group of whoever comes, or of administrators."""
    return subject.startswith(_EVERYONE)


class Grant(NamedTuple):
    """One verb on one resource. ``name`` is empty where all objects are meant; non-resource URLs have group ``url``."""

    group: str
    resource: str
    verb: str
    name: str = ""

    def __str__(self) -> str:
        resource = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {resource}" + (f" {self.name}" if self.name else "")

    def covers(self, other: "Grant") -> bool:
        """Whether who has this may do the other."""
        names = not self.name or self.name == other.name
        resource = self.resource in ("*", other.resource) or self._any_of(other.resource)
        return names and resource and self.group in ("*", other.group) and self.verb in ("*", other.verb)

    def _any_of(self, resource: str) -> bool:
        """``*/scale`` is the subresource of everything, ``*`` everything with its subresources."""
        return self.resource.startswith("*/") and resource.endswith(self.resource[1:])

    @property
    def dangerous(self) -> str:
        """What makes it more than an ordinary grant; empty where nothing does."""
        if "*" in (self.resource, self.verb):
            return "a wildcard"
        if self.verb in ("escalate", "bind", "impersonate") or (self.group == _RBAC_GROUP and self.verb in _WRITE):
            return "granting itself more"
        if (self.group, self.resource) == ("", "secrets") and self.verb in _READ and not self.name:
            return "reading every Secret in scope"
        if self.resource in _RUN and self.verb in ("create", "get", "*"):
            return "running code in other pods"
        if self.resource in _CONTROL_PLANE and self.verb in _WRITE:
            return "changing the API server's own behaviour"
        return ""


def grants(resource: Resource | None) -> frozenset[Grant]:
    """Of a Role or ClusterRole; none for a role that collects others' rules, and for None."""
    if resource is None or "aggregationRule" in resource.body:
        return frozenset()
    return frozenset(grant for rule in sequence(resource.body.get("rules")) for grant in _expanded(mapping(rule)))


def beyond(grants_of_one: Iterable[Grant], covered_by: frozenset[Grant]) -> tuple[Grant, ...]:
    """Those that nothing in ``covered_by`` covers, sorted."""
    wild = [grant for grant in covered_by if "*" in grant or grant.resource.startswith("*/") or not grant.name]
    return tuple(sorted(g for g in grants_of_one if g not in covered_by and not any(other.covers(g) for other in wild)))


def _expanded(rule: Any) -> Iterator[Grant]:
    verbs = [str(verb) for verb in sequence(rule.get("verbs"))]
    names = [str(name) for name in sequence(rule.get("resourceNames"))] or [""]
    for url in sequence(rule.get("nonResourceURLs")):
        yield from (Grant("url", str(url), verb) for verb in verbs)
    for group in sequence(rule.get("apiGroups")):
        for resource in sequence(rule.get("resources")):
            yield from (Grant(str(group), str(resource), verb, name) for verb in verbs for name in names)


def by_resource(several_grants: Iterable[Grant]) -> str:
    """``get, list pods; …``: the verbs of one resource together."""
    verbs: dict[str, list[str]] = {}
    for grant in several_grants:
        name = str(Grant(grant.group, grant.resource, "", grant.name)).strip()
        verbs.setdefault(name, []).append(grant.verb)
    return listed((f"{', '.join(words)} {name}" for name, words in verbs.items()), between="; ")
