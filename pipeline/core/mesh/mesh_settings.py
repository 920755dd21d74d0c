"""Istio's MeshConfig, where the manifests hold it: data.mesh of the ConfigMap ``istio`` (or ``istio-REVISION``)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.values import namespace_of, number, text, texts
from pipeline.core.yaml.reader import YamlError, load

_PUBLIC = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class MeshSettings:
    """The settings that shape routes, with Istio's defaults (istio.io/api: mesh/v1alpha1/config.proto)."""

    root_namespace: str = "istio-system"
    allows_any: bool = True
    auto_mtls: bool = True
    retries: int = 2
    service_exports: frozenset[str] = _PUBLIC
    virtual_service_exports: frozenset[str] = _PUBLIC


DEFAULT_SETTINGS = MeshSettings()


def mesh_settings(resources: Iterable[Resource]) -> MeshSettings:
    """Of the first such ConfigMap by name; the defaults where there is none that can be read."""
    config_maps = [resource for resource in resources if resource.kind == "ConfigMap" and _is_mesh(resource)]
    for resource in sorted(config_maps, key=lambda config_map: config_map.id):
        config = _config(text(mapping(resource.body.get("data")).get("mesh")))
        if config:
            return _settings(config, namespace_of(resource))
    return DEFAULT_SETTINGS


def _is_mesh(resource: Resource) -> bool:
    name = resource.id.name
    return (name == "istio" or name.startswith("istio-")) and "mesh" in mapping(resource.body.get("data"))


def _config(value: str) -> Mapping[str, Any]:
    try:
        return mapping(load(value))
    except YamlError:
        return {}


def _settings(config: Mapping[str, Any], namespace: str) -> MeshSettings:
    outbound, retries = config.get("outboundTrafficPolicy"), mapping(config.get("defaultHttpRetryPolicy"))
    return MeshSettings(
        root_namespace=text(config.get("rootNamespace")) or namespace,
        allows_any=mapping(outbound).get("mode") != "REGISTRY_ONLY",
        auto_mtls=config.get("enableAutoMtls") is not False,
        retries=number(retries["attempts"]) if "attempts" in retries else 2,
        service_exports=frozenset(texts(config.get("defaultServiceExportTo"))) or _PUBLIC,
        virtual_service_exports=frozenset(texts(config.get("defaultVirtualServiceExportTo"))) or _PUBLIC,
    )
