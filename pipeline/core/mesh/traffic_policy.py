"""The trafficPolicy of a DestinationRule as it holds for one port and one subset, and what it means for TLS.

istio/istio: pilot/pkg/networking/util (GetPortLevelTrafficPolicy, MergeSubsetTrafficPolicy), core/cluster_tls.go.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.values import entries, number, text

_Policy = Mapping[str, Any]
_PER_PORT = ("connectionPool", "outlierDetection", "loadBalancer", "tls")
_PER_SUBSET = (*_PER_PORT, "tunnel", "proxyProtocol", "retryBudget")
TLS_SOCKET = "envoy.transport_sockets.tls"
PROXY_PROTOCOL_SOCKET = "envoy.transport_sockets.upstream_proxy_protocol"


def port_policy(policy: _Policy, port: int) -> _Policy:
    """Settings of a port replace the general ones as a whole: what they leave out is Istio's default, not inherited."""
    own = _of_port(policy, port)
    return policy if own is None else _taken(own, _PER_PORT)


def subset_policy(general: _Policy, own: _Policy, port: int) -> _Policy:
    """``general`` is already that of the port."""
    if not own:
        return general
    merged = {**general, **_taken(own, _PER_SUBSET)}
    of_port = _of_port(own, port)
    if of_port is None:
        return merged
    return {**{key: value for key, value in merged.items() if key not in _PER_PORT}, **_taken(of_port, _PER_PORT)}


def _of_port(policy: _Policy, port: int) -> _Policy | None:
    settings = entries(policy.get("portLevelSettings"))
    return next((setting for setting in settings if number(mapping(setting.get("port")).get("number")) == port), None)


def _taken(policy: _Policy, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: policy[key] for key in keys if policy.get(key) is not None}


def passes_through(policy: _Policy) -> bool:
    return mapping(policy.get("loadBalancer")).get("simple") == "PASSTHROUGH"


def balancing(policy: _Policy) -> str:
    """Envoy's word for the load balancer; empty for the usual ones (least request, round robin)."""
    settings = mapping(policy.get("loadBalancer"))
    if isinstance(settings.get("consistentHash"), dict):
        return "MAGLEV" if "maglev" in settings["consistentHash"] else "RING_HASH"
    return "RANDOM" if settings.get("simple") == "RANDOM" else ""


def tls_mode(policy: _Policy) -> str:
    """The mode that the policy sets; empty where it sets none, which leaves mTLS to the mesh."""
    settings = policy.get("tls")
    if not isinstance(settings, dict):
        return ""
    return text(settings.get("mode")) or "DISABLE"


def tls_socket(policy: _Policy, *, of_gateway: bool, for_workload: bool) -> str:
    """The transport socket that the policy puts on a cluster.

    A sidecar ignores a certificate by name unless the rule selects workloads; MUTUAL without any certificate sets none.
    """
    mode, settings = tls_mode(policy), mapping(policy.get("tls"))
    name = text(settings.get("credentialName"))
    named, is_secret = bool(name), bool(name) and not name.startswith("configmap://")
    socket = TLS_SOCKET if mode in ("SIMPLE", "MUTUAL", "ISTIO_MUTUAL") else ""
    if mode in ("SIMPLE", "MUTUAL") and is_secret and not of_gateway and not for_workload:
        socket = ""
    if mode == "MUTUAL" and not named and not (settings.get("clientCertificate") and settings.get("privateKey")):
        socket = ""
    return PROXY_PROTOCOL_SOCKET if isinstance(policy.get("proxyProtocol"), dict) else socket
