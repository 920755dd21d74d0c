"""Finds every CRD of a render: separate objects, and text in other objects that a Job or a hook applies."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from pipeline.core.crd.definition import Definition, definition
from pipeline.core.kube.crd_shape import GROUP, in_v1_shape
from pipeline.core.kube.kind_index import by_kind
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import CRD_KIND, Body, ManifestSet, Resource, mapping
from pipeline.core.memo import once, once_each
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.yaml.reader import YamlError, load_all

# A Secret's text is base64 and no one's business; what ships CRDs as text does it in ConfigMaps.
_CARRIER = "ConfigMap"


@once
def definitions(manifests: ManifestSet) -> Mapping[str, Definition]:
    """CRDs by name. An object of its own wins over text of the same name."""
    by_name: dict[str, Definition] = {}
    kinds = by_kind(manifests)
    for resource in kinds.get(CRD_KIND, ()):
        if is_crd(resource):
            by_name[resource.id.name] = definition(resource)
    for resource in kinds.get(_CARRIER, ()):
        for text in _carried(resource) if resource.id.group == "" else ():
            by_name.setdefault(text.name, text)
    return by_name


@once
def known(upgrade: Upgrade) -> Mapping[tuple[str, str], Definition]:
    """The CRDs as they will be, by group and kind: this release's own before those of the rest of the repository."""
    sides = (upgrade.facts.repository_after, upgrade.after.manifests)
    definitions_known = (
        found_definition for side in sides if side is not None for found_definition in definitions(side).values()
    )
    return {(definition_known.group, definition_known.kind): definition_known for definition_known in definitions_known}


def is_crd(resource: Resource) -> bool:
    return resource.kind == CRD_KIND and resource.id.group == GROUP


@once_each
def _carried(resource: Resource) -> tuple[Definition, ...]:
    return tuple(_definitions_in(resource))


def _definitions_in(resource: Resource) -> Iterator[Definition]:
    for key, text in mapping(resource.body.get("data")).items():
        if isinstance(text, str) and CRD_KIND in text:
            path: Path = ("data", key)
            for body in _crds_in(text):
                name = str(mapping(body.get("metadata")).get("name") or "")
                yield Definition(name, in_v1_shape(body), resource, path)


@lru_cache(maxsize=64)
def _crds_in(text: str) -> tuple[Body, ...]:
    try:
        documents = load_all(text)
    except YamlError:
        return ()
    return tuple(
        body
        for body in documents
        if isinstance(body, dict)
        and body.get("kind") == CRD_KIND
        and str(body.get("apiVersion") or "").startswith(f"{GROUP}/")
    )
