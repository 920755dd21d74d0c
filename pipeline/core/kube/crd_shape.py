"""Converts a CustomResourceDefinition of any version to the form of ``apiextensions.k8s.io/v1``."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.resource import Body, mapping, sequence

GROUP = "apiextensions.k8s.io"
_V1BETA1_ONLY = ("version", "validation", "subresources", "additionalPrinterColumns", "selectableFields")


def in_v1_shape(body: Body) -> Body:
    """A v1beta1 CRD as v1 writes it (what the API server's own conversion does); a v1 CRD is returned as it is.

    v1beta1 has one schema, subresources and printer columns for all versions or one for each, ``spec.version`` for a
    single one, ``JSONPath`` for ``jsonPath``, and preserves unknown fields by default.
    """
    if body.get("apiVersion") != f"{GROUP}/v1beta1":
        return body
    spec = mapping(body.get("spec"))
    entries = [dict(mapping(entry)) for entry in sequence(spec.get("versions"))]
    if not entries:
        entries = [{"name": spec.get("version"), "served": True, "storage": True}]
    rest = {key: value for key, value in spec.items() if key not in _V1BETA1_ONLY}
    rest["versions"] = [_version(entry, spec) for entry in entries]
    rest["preserveUnknownFields"] = spec.get("preserveUnknownFields") is not False
    if not rest["preserveUnknownFields"]:
        del rest["preserveUnknownFields"]
    if "conversion" in spec:
        rest["conversion"] = _conversion(mapping(spec["conversion"]))
    return {**body, "apiVersion": f"{GROUP}/v1", "spec": rest}


def _version(entry: dict[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    if "schema" not in entry and isinstance(spec.get("validation"), dict):
        entry["schema"] = spec["validation"]
    for key in ("subresources", "additionalPrinterColumns"):
        if key not in entry and spec.get(key):
            entry[key] = spec[key]
    if "additionalPrinterColumns" in entry:
        entry["additionalPrinterColumns"] = [_column(column) for column in sequence(entry["additionalPrinterColumns"])]
    return entry


def _column(column: Any) -> Any:
    if not isinstance(column, dict) or "JSONPath" not in column:
        return column
    return {("jsonPath" if key == "JSONPath" else key): value for key, value in column.items()}


def _conversion(conversion: Mapping[str, Any]) -> dict[str, Any]:
    if conversion.get("strategy") != "Webhook":
        return dict(conversion)
    webhook = {
        key: conversion[old]
        for old, key in (("webhookClientConfig", "clientConfig"), ("conversionReviewVersions",) * 2)
        if old in conversion
    }
    return {"strategy": "Webhook", "webhook": webhook}
