"""How the routes of a delegate VirtualService join the route that delegates to them.

A delegate's match must lie within a match of the root; one that conflicts with all of them drops its route.
istio/istio: pilot/pkg/model/virtualservice.go (mergeHTTPRoute, hasConflict).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.values import entries, labels, number, text, texts

_Part = Mapping[str, Any]
_INHERITED = (
    "rewrite",
    "timeout",
    "retries",
    "fault",
    "mirror",
    "mirrorPercent",
    "mirrorPercentage",
    "corsPolicy",
    "headers",
    "mirrors",
)
_WORDS = ("uri", "scheme", "method", "authority")
_MAPS = ("headers", "withoutHeaders", "queryParams")


def merged_routes(routes: Iterable[_Part], delegate_of: Callable[[_Part], Iterable[_Part]]) -> Iterator[_Part]:
    """The routes of a root; each that delegates is replaced by those of the delegate."""
    for route in routes:
        delegate = route.get("delegate")
        if not isinstance(delegate, dict):
            yield route
            continue
        for own in delegate_of(delegate):
            merged = _merged(route, own)
            if merged is not None:
                yield merged


def _merged(root: _Part, own: _Part) -> _Part | None:
    matches = _matches(entries(root.get("match")), entries(own.get("match")))
    if matches is None:
        return None
    name = _name(text(root.get("name")), text(own.get("name")))
    inherited = {key: root[key] for key in _INHERITED if root.get(key) is not None and own.get(key) is None}
    return {**own, **inherited, "match": matches, "name": name}


def _name(root: str, own: str) -> str:
    return f"{root}-{own}" if root and own else root or own


def _matches(roots: tuple[_Part, ...], own: tuple[_Part, ...]) -> list[_Part] | None:
    """None where one of ``own`` lies in no match of the root."""
    if not roots or not own:
        return list(own or roots)
    matches = []
    for match in own:
        fitting = [_joined(root, match) for root in roots if not _conflict(root, match)]
        if not fitting:
            return None
        matches += fitting
    return matches


def _joined(root: _Part, own: _Part) -> _Part:
    joined = {**root, **{key: value for key, value in own.items() if value is not None}}
    joined["name"] = _name(text(root.get("name")), text(own.get("name")))
    for key in (*_MAPS, "sourceLabels"):
        both = {**mapping(root.get(key)), **mapping(own.get(key))}
        if both:
            joined[key] = both
    for key in ("ignoreUriCase", "statPrefix"):  # these are not inherited
        joined[key] = own.get(key)
    return joined


def _conflict(root: _Part, own: _Part) -> bool:
    if any(_apart(root.get(key), own.get(key)) for key in _WORDS):
        return True
    for key in _MAPS:
        known = mapping(root.get(key))
        if any(_apart(known.get(name), value) for name, value in mapping(own.get(key)).items()):
            return True
    if (root.get("ignoreUriCase") is True) != (own.get("ignoreUriCase") is True):
        return True
    ports = number(root.get("port")), number(own.get("port"))
    if all(ports) and ports[0] != ports[1]:
        return True
    space = text(root.get("sourceNamespace"))
    if space and space != text(own.get("sourceNamespace")):
        return True
    known = labels(root.get("sourceLabels"))
    if any(known.get(name, value) != value for name, value in labels(own.get("sourceLabels")).items()):
        return True
    gateways, wanted = texts(root.get("gateways")), texts(own.get("gateways"))
    return bool(gateways) and bool(wanted) and not set(wanted) <= set(gateways)


def _apart(root: Any, own: Any) -> bool:
    """Whether the delegate's string match is not within the root's; absent ones are."""
    if not isinstance(root, dict) or not isinstance(own, dict):
        return False
    outer = {key: text(root.get(key)) for key in ("exact", "prefix", "regex")}
    inner = {key: text(own.get(key)) for key in ("exact", "prefix", "regex")}
    if (outer["regex"] and any(inner.values())) or (inner["regex"] and any(outer.values())):
        return True
    if outer["exact"]:
        return inner["exact"] != outer["exact"]
    if outer["prefix"] and (inner["prefix"] or inner["exact"]):
        return not (inner["prefix"] or inner["exact"]).startswith(outer["prefix"])
    return True
