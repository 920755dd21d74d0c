"""The configuration of the whole mesh changes in a key that decides whether traffic flows.

## Why it matters

``outboundTrafficPolicy: REGISTRY_ONLY`` cuts every host that no object declares. Another ``trustDomain`` makes every
principal in policies and in other clusters another one. ``enableAutoMtls``, ``rootNamespace``, ``discoverySelectors``
and removed ``extensionProviders`` change mTLS, policies, what is seen, and external authorization.

## What to do

Keep the old value in the chart's ``meshConfig``, and change it on its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import MISSING, Path, get
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.yaml.reader import YamlError, load

_KEYS: tuple[tuple[Path, Any, Severity, str], ...] = (
    (
        ("outboundTrafficPolicy", "mode"),
        "ALLOW_ANY",
        Severity.HIGH,
        "Hosts that no ServiceEntry declares may be cut off.",
    ),
    (("trustDomain",), "cluster.local", Severity.BLOCKER, "Principals in policies no longer match any caller."),
    (("enableAutoMtls",), True, Severity.HIGH, "Clients choose mTLS by other rules."),
    (("rootNamespace",), "istio-system", Severity.HIGH, "Policies of the whole mesh are read from another namespace."),
    (("discoverySelectors",), MISSING, Severity.HIGH, "Istio sees the objects of other namespaces only."),
)


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    old, new = _mesh(change.before), _mesh(change.after)
    if old is None or new is None or not change.id.name.startswith("istio"):
        return
    for path, default, severity, impact in _KEYS:
        before, after = (_value(config, path, default) for config in (old, new))
        if before != after:
            yield _hit(
                change, ".".join(map(str, path)), f"changes from {_text(before)} to {_text(after)}", severity, impact
            )
    lost = sorted(_providers(old) - _providers(new))
    for name in lost:
        yield _hit(change, "extensionProviders", f"loses {name}", Severity.HIGH, "Policies that name it stop working.")


def _mesh(config: Resource | None) -> Mapping[str, Any] | None:
    text = mapping(config.body.get("data")).get("mesh") if config else None
    if not isinstance(text, str):
        return None
    try:
        return mapping(load(text))
    except YamlError:
        return None


def _value(config: Mapping[str, Any], path: Path, default: Any) -> Any:
    value = get(config, path)
    return default if value in (MISSING, None, "") else value


def _text(value: Any) -> str:
    return "nothing" if value is MISSING else str(value)[:60]


def _providers(config: Mapping[str, Any]) -> set[str]:
    return {
        str(mapping(extension_provider).get("name"))
        for extension_provider in sequence(config.get("extensionProviders"))
    }


def _hit(change: ResourceChange, key: str, what: str, severity: Severity, impact: str) -> Hit:
    path = ("data", "mesh")
    return Hit(
        place(change.resource, path),
        title=f"ConfigMap {change.id.name}: {key} of the mesh {what}",
        impact=impact,
        fix="Keep the old value in meshConfig, and change it on its own.",
        severity=severity,
        claims=(Claim(change.id, path),),
    )


def _config(text: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio}}\ndata:\n  mesh: |-\n    {text}\n"


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({"ConfigMap"}),
    shares=("config-value-changed",),
    cases=(
        speaks(
            "unknown hosts are cut off",
            ("high", "data.mesh"),
            before=_config("a: b"),
            after=_config("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"),
        ),
        speaks(
            "another trust domain",
            ("blocker", "data.mesh"),
            before=_config("a: b"),
            after=_config("trustDomain: example.org"),
        ),
        speaks(
            "a provider is gone",
            ("high", "data.mesh"),
            before=_config("extensionProviders: [{name: opa}]"),
            after=_config("extensionProviders: []"),
        ),
        quiet("a default, written out", before=_config("a: b"), after=_config("trustDomain: cluster.local")),
        quiet("an empty value is the default", before=_config("trustDomain: ''"), after=_config("a: b")),
        quiet("the log's format", before=_config("accessLogFile: a"), after=_config("accessLogFile: b")),
    ),
)
