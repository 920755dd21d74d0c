"""Routes, clusters and listeners in words that people read: ``GET /api*``, ``reviews v1 90 %, reviews v2 10 %``."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pipeline.core.analysis.short_values import brief as one_line
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.mesh.envoy import EnvoyCluster, EnvoyListener, EnvoyRoute, FilterChain, WeightedCluster
from pipeline.core.mesh.hosts import CLUSTER_DOMAIN

_PARTS_OF_A_NAME = 4
_WHOLE = 100
_USUAL_RETRIES = 2
"""Of Istio, where nobody says otherwise; so it is not told."""
_LONGEST = 60
_NAMED = {
    "PassthroughCluster": "the address that was asked for",
    "BlackHoleCluster": "nowhere",
    "UnknownService": "nowhere: no destination",
}
_TLS = {
    "auto": "mTLS where the other end has a sidecar",
    "DISABLE": "plain text",
    "SIMPLE": "TLS",
    "MUTUAL": "mutual TLS with own certificates",
    "ISTIO_MUTUAL": "mTLS of the mesh",
}
_ACCEPTED = {"STRICT": "mTLS only", "PERMISSIVE": "mTLS and plain text", "DISABLE": "plain text only"}
_FOUND = {
    "EDS": "endpoints of the service",
    "STRICT_DNS": "all addresses in DNS",
    "LOGICAL_DNS": "one address in DNS",
    "ORIGINAL_DST": "the address that was asked for",
    "STATIC": "fixed",
}


def short_host(host: str) -> str:
    """``reviews.shop`` of ``reviews.shop.svc.cluster.local``."""
    return host.removesuffix(f".svc.{CLUSTER_DOMAIN}")


def cluster_words(name: str) -> str:
    """``reviews.shop:9080 v1`` of ``outbound|9080|v1|reviews.shop.svc.cluster.local``."""
    parts = name.split("|")
    if len(parts) != _PARTS_OF_A_NAME:
        return _NAMED.get(name, name)
    direction, port, subset, host = parts
    if direction != "outbound":
        return f"own port {port}"
    return f"{short_host(host)}:{port}" + (f" {subset}" if subset else "")


def to_words(to: tuple[WeightedCluster, ...], known: Collection[str] | None = None) -> str:
    """Each destination with its share; ``known`` are the clusters that there are: any other answers 503."""
    words = []
    for cluster in to:
        missing = known is not None and cluster.cluster not in known
        share = "" if len(to) == 1 and cluster.weight == _WHOLE else f" {cluster.weight} %"
        words.append(f"{cluster_words(cluster.cluster)}{share}{' (no such cluster)' if missing else ''}")
    return ", ".join(words) or "nowhere"


def route_words(route: EnvoyRoute, known: Collection[str] | None = None) -> str:
    """What becomes of a request that the route takes."""
    if route.redirect:
        word = f"redirect {_redirect(route.redirect)}"
    elif route.direct_response:
        word = f"answer {route.direct_response.get('status')}"
    else:
        word = to_words(route.to, known)
    return ", ".join([word, *_beyond(route)])


def _redirect(redirect: Mapping[str, Any]) -> str:
    code = str(redirect.get("response_code") or "MOVED_PERMANENTLY").lower().replace("_", " ")
    place = f"{redirect.get('scheme_redirect', '')}{'://' if redirect.get('scheme_redirect') else ''}"
    port = f":{redirect['port_redirect']}" if redirect.get("port_redirect") else ""
    path = redirect.get("path_redirect") or redirect.get("prefix_rewrite") or ""
    return f"to {place}{redirect.get('host_redirect', '')}{port}{path} ({code})"


def _beyond(route: EnvoyRoute) -> Iterator[str]:
    if route.timeout not in ("", "0s"):
        yield f"timeout {route.timeout}"
    inside = any(cluster.cluster not in _NAMED for cluster in route.to)
    if inside and route.retries != _USUAL_RETRIES:
        yield f"retries {route.retries}" if route.retries else "no retries"
    if route.host_rewrite:
        yield f"host becomes {route.host_rewrite}"
    if route.prefix_rewrite:
        yield f"path becomes {route.prefix_rewrite}"
    if route.regex_rewrite:
        pattern = mapping(route.regex_rewrite.get("pattern")).get("regex", "")
        yield f"path by pattern {pattern} becomes {route.regex_rewrite.get('substitution', '')}"
    if route.mirror:
        yield f"mirrored to {cluster_words(route.mirror)}"
    told = {"retries": {key: one for key, one in mapping(route.details.get("retries")).items() if key != "attempts"}}
    yield from (f"{key} {brief(value)}" for key, value in sorted({**route.details, **told}.items()) if value != {})


def brief(value: Any) -> str:
    """A value of a VirtualService or a DestinationRule on one line."""
    text = (
        value
        if isinstance(value, str)
        else json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    )
    return one_line(text, _LONGEST)


def match_words(match: Mapping[str, Any]) -> str:
    """``GET /api*``: a star follows a prefix."""
    method, more = "", []
    for header in sequence(match.get("headers")):
        if header["name"] == ":method":
            method = f"{_value(header)} "
        else:
            sign = "!" if header.get("invert_match") else ""
            more.append(f"{sign}{header['name']}={_value(header)}")
    more += [
        f"?{query_parameter['name']}={_value(query_parameter)}"
        for query_parameter in sequence(match.get("query_parameters"))
    ]
    more += [
        f"claim {'.'.join(part['key'] for part in condition['path'])}"
        for condition in sequence(match.get("dynamic_metadata"))
    ]
    case = " in any case" if match.get("case_sensitive") is False else ""
    word = f"{method}{_path(match)}{case}"
    return f"{word} with {', '.join(more)}" if more else word


def _path(match: Mapping[str, Any]) -> str:
    if "path" in match:
        return str(match["path"])
    if "safe_regex" in match:
        return f"~{mapping(match['safe_regex']).get('regex')}"
    if "path_separated_prefix" in match:
        return f"{match['path_separated_prefix']}/*"
    return f"{match.get('prefix', '/')}*"


def _value(condition: Mapping[str, Any]) -> str:
    text = mapping(condition.get("string_match"))
    if not text:
        return "*"
    if "safe_regex" in text:
        return f"~{mapping(text['safe_regex']).get('regex')}"
    return str(text["exact"]) if "exact" in text else f"{text.get('prefix', '')}*"


def cluster_state(cluster: EnvoyCluster) -> str:
    """How its endpoints are found, and how the connection is protected."""
    parts = [_FOUND.get(cluster.discovery, cluster.discovery), _TLS.get(cluster.tls_mode, cluster.tls_mode)]
    if cluster.lb not in ("", "CLUSTER_PROVIDED"):
        parts.append(cluster.lb.lower().replace("_", " "))
    return ", ".join([*parts, *(f"{key} {brief(cluster.details[key])}" for key in sorted(cluster.details))])


def listener_state(listener: EnvoyListener) -> str:
    """Which protocols it takes, and where connections go that are not routed by HTTP."""
    http, tcp = "http_connection_manager" in listener.filters, any(chain.to for chain in listener.chains)
    kinds = " or ".join([*(["http"] if http else []), *(["tcp"] if tcp or not http else [])])
    usual = ("http_connection_manager", "tcp_proxy", "istio.metadata_exchange")
    others = [name for name in listener.filters if name not in usual]
    chains = [chain_words(chain) for chain in listener.chains if chain.to]
    taken = [f"takes {listener.accepts}"] if listener.accepts else []
    return "; ".join([kinds, *taken, *chains, *(f"filter {name}" for name in others)])


def accepted_words(mode: str, ports: Mapping[int, str]) -> str:
    """``mTLS only; plain text on port 8080``: what a PeerAuthentication lets in."""
    own = [f"{_ACCEPTED.get(one, one)} on port {port}" for port, one in ports.items() if one != mode]
    return ", ".join([_ACCEPTED.get(mode, mode), *own])


def chain_words(chain: FilterChain) -> str:
    names = f"server name {', '.join(chain.sni)}: " if chain.sni else ""
    ranges = f"to {', '.join(chain.ranges)}: " if chain.ranges else ""
    return f"{names}{ranges}{to_words(chain.to)}"
