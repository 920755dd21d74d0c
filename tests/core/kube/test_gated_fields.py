"""Fields that a default API server drops are known, at every path that was asked of a real one."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.kube.gated_fields import gated
from pipeline.core.kube.resource import Resource

CORPUS = os.environ.get("PIPELINE_CORPUS")
TABLE = Path(CORPUS or "", "gated-fields-1.37.2.tsv")


def body(version: str, kind: str, path: str, value: Any) -> Resource:
    """An object of which one field is set."""
    for step in reversed(path.split(".")):
        value = {step.removesuffix("[]"): [value] if step.endswith("[]") else value}
    return Resource.of({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}} | value)


@pytest.mark.skipif(not TABLE.is_file(), reason="PIPELINE_CORPUS names no folder with the table of gated fields")
def test_every_field_that_a_real_server_dropped_is_known() -> None:
    with TABLE.open(encoding="utf-8") as text:
        rows = list(csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    missed = [row[:3] for row in rows if not gated(body(row[0], row[1], row[2], json.loads(row[3])), 37)]
    assert len(rows) > 300
    assert missed == []


@pytest.mark.parametrize(("minor", "dropped"), [(37, True), (33, True), (29, False), (99, False)])
def test_a_field_counts_from_the_minor_on_that_has_it(minor: int, *, dropped: bool) -> None:
    found = gated(body("v1", "Pod", "spec.containers[].lifecycle.stopSignal", "SIGTERM"), minor)
    assert [one.gate for one in found] == (["ContainerStopSignals"] if dropped else [])


@pytest.mark.parametrize(
    ("kind", "path", "minor", "gate"),
    [
        ("apps/v1 StatefulSet", "spec.updateStrategy.rollingUpdate.maxUnavailable", 36, "MaxUnavailableStatefulSet"),
        ("apps/v1 StatefulSet", "spec.updateStrategy.rollingUpdate.maxUnavailable", 37, ""),
        ("v1 Pod", "spec.hostUsers", 32, "UserNamespacesSupport"),
        ("v1 Pod", "spec.hostUsers", 33, ""),
        ("v1 Pod", "spec.resources", 33, "PodLevelResources"),
        ("v1 Service", "spec.trafficDistribution", 30, "ServiceTrafficDistribution"),
        ("v1 Service", "spec.trafficDistribution", 31, ""),
        ("apps/v1 Deployment", "spec.template.spec.hostnameOverride", 34, "HostnameOverride"),
    ],
)
def test_a_field_counts_until_its_gate_is_on(kind: str, path: str, minor: int, gate: str) -> None:
    version, _, name = kind.partition(" ")
    assert [one.gate for one in gated(body(version, name, path, 1), minor)] == ([gate] if gate else [])
