"""What Istio's admission webhook refuses of Sidecars and of the policies of pods beyond their CRDs.

Source: istio pkg/config/validation/validation.go; the messages follow Istio's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.istio_names import PORTS, Refusal, is_range, maps, repeated, scoped_host
from pipeline.core.mesh.route_parts import spec, texts
from pipeline.core.mesh.values import number

_FROM = ("principals", "requestPrincipals", "namespaces", "ipBlocks", "remoteIpBlocks", "serviceAccounts")
_TO = ("ports", "methods", "paths", "hosts")
_CUSTOM_LACKS = ("principals", "namespaces", "serviceaccounts")
_ATTRIBUTES = ("source.", "remote.ip", "request.", "destination.", "connection.sni", "experimental.envoy.filters.")
_TARGETS = frozenset(
    {("", "Service"), ("core", "Service"), ("networking.istio.io", "ServiceEntry")}
    | {("gateway.networking.k8s.io", "Gateway"), ("gateway.networking.k8s.io", "GatewayClass")}
)
_SIDECAR = ("egress", "ingress", "outboundTrafficPolicy", "inboundConnectionPool")


def selector_refusals(resource: Resource) -> Iterator[Refusal]:
    """Faults of selectors and targets, which many kinds have."""
    body = spec(resource)
    targets = [key for key in ("targetRef", "targetRefs") if body.get(key)]
    if targets and isinstance(body.get("selector"), dict):
        yield ("spec", targets[0]), "only one of targetRefs or workloadSelector can be set"
    references: list[tuple[Path, Mapping[str, Any]]] = []
    references += [(("spec", "targetRef"), mapping(body["targetRef"]))] if body.get("targetRef") else []
    references += [(("spec", "targetRefs", n), one) for n, one in enumerate(maps(body.get("targetRefs")))]
    for path, one in references:
        if not one.get("name"):
            yield path, "targetRef name must be set"
        if one.get("namespace"):
            yield path, "targetRef must not have a namespace"
        if (str(one.get("group") or ""), one.get("kind")) not in _TARGETS:
            yield path, f"targetRef must not be to a {one.get('kind')} of that group"
    for key, inner in (
        ("selector", "matchLabels"),
        ("workloadSelector", "labels"),
        ("workloadSelector", "matchLabels"),
    ):
        for label, value in mapping(mapping(body.get(key)).get(inner)).items():
            if "*" in f"{label}{value}":
                yield ("spec", key), f"wildcard is not supported in selector: {label}={value}"


def peer_authentication_refusals(policy: Resource) -> Iterator[Refusal]:
    ports = mapping(spec(policy).get("portLevelMtls"))
    if ports and not mapping(spec(policy).get("selector")).get("matchLabels"):
        yield ("spec", "portLevelMtls"), "port level mTLS needs a selector"
    for port in ports:
        if number(port) not in PORTS:
            yield ("spec", "portLevelMtls"), f"port must be in range 1..65535: {port}"


def request_authentication_refusals(policy: Resource) -> Iterator[Refusal]:
    for index, rule in enumerate(maps(spec(policy).get("jwtRules"))):
        path, uri = ("spec", "jwtRules", index), rule.get("jwksUri")
        if not rule.get("issuer") and not uri:
            yield path, "issuer or jwksUri must be non-empty string"
        if isinstance(uri, str) and uri and uri.partition("://")[0] not in ("http", "https"):
            yield (*path, "jwksUri"), f"URI scheme of {uri} is not supported"
        for name in ("audiences", "fromParams", "fromCookies"):
            if "" in sequence(rule.get(name)):
                yield (*path, name), f"{name} must be non-empty strings"
        if any(not one.get("name") for one in maps(rule.get("fromHeaders"))):
            yield (*path, "fromHeaders"), "location header name must be non-empty string"
        if any(not (one.get("header") and one.get("claim")) for one in maps(rule.get("outputClaimToHeaders"))):
            yield (*path, "outputClaimToHeaders"), "header and claim value must be non-empty string"


def authorization_refusals(policy: Resource) -> Iterator[Refusal]:
    body, action = spec(policy), str(spec(policy).get("action") or "ALLOW")
    provider = body.get("provider")
    if action == "CUSTOM" and maps(body.get("rules")) and not mapping(provider).get("name"):
        yield ("spec", "provider"), "action CUSTOM requires a provider"
    if isinstance(provider, dict) and action != "CUSTOM":
        yield ("spec", "provider"), f"`provider` must not be with non CUSTOM action, found {action}"
    if action in ("CUSTOM", "DENY") and not maps(body.get("rules")):
        yield ("spec", "rules"), f"{action} without rules will never be triggered"
    for index, rule in enumerate(maps(body.get("rules"))):
        path = ("spec", "rules", index)
        yield from (((*path, *rest), text) for rest, text in _access(rule, is_custom=action == "CUSTOM"))


def _access(rule: Mapping[str, Any], *, is_custom: bool) -> Iterator[Refusal]:
    for part, inner, keys in (("from", "source", _FROM), ("to", "operation", _TO)):
        both = (*keys, *(f"not{key[0].upper()}{key[1:]}" for key in keys))
        for index, one in enumerate(maps(rule.get(part))):
            value = mapping(one.get(inner))
            if not any(value.get(key) for key in both):
                yield (part, index, inner), f"`{part}.{inner}` must not be empty"
            for key in both:
                yield from (((part, index, inner, key), text) for text in _values(key, value.get(key)))
            lacks = [key for key in both if is_custom and value.get(key) and key.lower().endswith(_CUSTOM_LACKS)]
            yield from (((part, index, inner, key), f"{key} is not supported with CUSTOM action") for key in lacks)
    for index, when in enumerate(maps(rule.get("when"))):
        key = str(when.get("key") or "")
        if not key:
            yield ("when", index, "key"), "`key` must not be empty"
        elif not when.get("values") and not when.get("notValues"):
            yield ("when", index), f"at least one of `values` or `notValues` must be set for key {key}"
        elif not key.startswith(_ATTRIBUTES):
            yield ("when", index, "key"), f"unknown attribute: {key}"


def _values(key: str, values: Any) -> Iterator[str]:
    if "" in sequence(values):
        yield f"empty value not allowed, found in {key}"
    for value in filter(None, texts(values)):
        if key.lower().endswith("ipblocks") and not is_range(value):
            yield f"invalid ip range {value}"
        if key.lower().endswith("ports") and value != "0" and number(value) not in PORTS:
            yield f"invalid port: {value}"


def sidecar_refusals(sidecar: Resource) -> Iterator[Refusal]:
    body = spec(sidecar)
    if all(body.get(key) in (None, []) for key in _SIDECAR):
        yield ("spec",), "sidecar: empty configuration provided"
    ingress, egress = maps(body.get("ingress")), maps(body.get("egress"))
    for part, listeners in (("ingress", ingress), ("egress", egress)):
        for port in repeated(mapping(one.get("port")).get("number") for one in listeners):
            yield ("spec", part), f"sidecar: ports on IP bound listeners must be unique: {port}"
    for index, one in enumerate(ingress):
        if not mapping(one.get("port")):
            yield ("spec", "ingress", index), "sidecar: port is required for ingress listeners"
    for index, one in enumerate(egress):
        last = index == len(egress) - 1
        yield from ((("spec", "egress", index, *rest), text) for rest, text in _egress(one, last=last))


def _egress(listener: Mapping[str, Any], *, last: bool) -> Iterator[Refusal]:
    if not mapping(listener.get("port")) and not last:
        yield (), "sidecar: the egress listener without port must be the last one"
    if not texts(listener.get("hosts")):
        yield (), "sidecar: egress listener must contain at least one host"
    for index, host in enumerate(texts(listener.get("hosts"))):
        if wrong := scoped_host(host, of_gateway=False):
            yield ("hosts", index), wrong
