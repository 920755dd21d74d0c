"""DestinationRules: which one applies to a host, for a client of a namespace, once equal ones are merged.

istio/istio: pilot/pkg/model/destination_rule.go and push_context.go (setDestinationRules, destinationRule).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core.kube.resource import Resource, ResourceId, mapping
from pipeline.core.mesh.hosts import is_wildcard, most_specific, resolve_host
from pipeline.core.mesh.values import entries, export_to, exported, labels, namespace_of, text, within


@dataclass(frozen=True, slots=True)
class Subset:
    name: str
    labels: Mapping[str, str] = field(hash=False)
    policy: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class DestinationRule:
    """``policy`` is its trafficPolicy as written. ``selector`` is None where the rule is for all clients."""

    name: str
    namespace: str
    host: str
    policy: Mapping[str, Any] = field(hash=False)
    subsets: tuple[Subset, ...]
    exports: frozenset[str]
    selector: Mapping[str, str] | None = field(hash=False)
    sources: tuple[ResourceId, ...] = ()

    @property
    def is_private(self) -> bool:
        return self.exports in (frozenset({"."}), frozenset({self.namespace}))


def destination_rule(resource: Resource) -> DestinationRule:
    spec, namespace = mapping(resource.body.get("spec")), namespace_of(resource)
    chosen = mapping(spec.get("workloadSelector")).get("matchLabels")
    selector = labels(chosen) if isinstance(spec.get("workloadSelector"), dict) else None
    return DestinationRule(
        name=resource.id.name,
        namespace=namespace,
        host=resolve_host(text(spec.get("host")), namespace),
        policy=mapping(spec.get("trafficPolicy")),
        subsets=tuple(
            Subset(text(entry.get("name")), labels(entry.get("labels")), mapping(entry.get("trafficPolicy")))
            for entry in entries(spec.get("subsets"))
        ),
        exports=frozenset({"."}) if selector is not None else export_to(spec),
        selector=selector,
        sources=(resource.id,),
    )


class _ByHost:
    """The rules of some namespace, by host; wildcards apart."""

    def __init__(self) -> None:
        self.exact: dict[str, list[DestinationRule]] = {}
        self.wild: dict[str, list[DestinationRule]] = {}

    def merge(self, new: DestinationRule) -> None:
        """Join rules of one host that are for the same clients: the subsets add up, the first traffic policy stays."""
        known = (self.wild if is_wildcard(new.host) else self.exact).setdefault(new.host, [])
        for place, old in enumerate(known):
            if old.selector == new.selector and old.exports == new.exports:
                names = {subset.name for subset in old.subsets}
                added = tuple(subset for subset in new.subsets if subset.name not in names)
                known[place] = replace(
                    old, policy=old.policy or new.policy, subsets=old.subsets + added, sources=old.sources + new.sources
                )
                return
        general = next((old for old in known if old.selector is None), None)
        if new.selector is not None and general is not None and not new.policy:
            new = replace(new, policy=general.policy)
        known.append(new)

    def specific(self, host: str) -> tuple[DestinationRule, ...]:
        return tuple(most_specific(host, self.exact, self.wild) or ())


class DestinationRules:
    """All of a mesh, the oldest first, asked by client and host."""

    def __init__(self, rules: Iterable[DestinationRule], root: str) -> None:
        self._root = root
        self._local: dict[str, _ByHost] = {}
        self._exported: dict[str, _ByHost] = {}
        self._private_root = _ByHost()
        self._known: dict[tuple[str, str, str], tuple[DestinationRule, ...]] = {}
        for rule in rules:
            self._add(rule)

    def _add(self, rule: DestinationRule) -> None:
        if not rule.exports or rule.exports & {"*", ".", rule.namespace}:
            self._local.setdefault(rule.namespace, _ByHost()).merge(rule)
        if not rule.is_private:
            self._exported.setdefault(rule.namespace, _ByHost()).merge(rule)
        elif rule.namespace == self._root:
            self._private_root.merge(rule)

    def applied(self, host: str, owner: str, client: str, pod: Mapping[str, str]) -> DestinationRule | None:
        """The rule that a client of namespace ``client`` with the labels ``pod`` follows for ``host`` of ``owner``."""
        key = (host, owner, client)
        if key not in self._known:
            self._known[key] = self._found(host, owner, client)
        general = None
        for rule in self._known[key]:
            if rule.selector is None:
                general = rule
            elif rule.namespace == client and within(rule.selector, pod):
                return rule
        return general

    def _found(self, host: str, owner: str, client: str) -> tuple[DestinationRule, ...]:
        own = self._private_root if client == self._root else self._local.get(client, _ByHost())
        specific = own.specific(host)
        if specific:
            return specific
        for namespace in (owner, self._root):
            rules = self._exported.get(namespace, _ByHost()).specific(host)
            visible = tuple(rule for rule in rules if exported(rule.exports, rule.namespace, client))
            if visible:
                return visible
        return ()
