"""Fields and defaults that came with a minor: a real server that emulates 1.34 drops and omits what we say it does."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.core.kube.defaults.new_defaults import new_defaults
from pipeline.core.kube.field_check import complaints
from pipeline.core.kube.gated_fields import gated
from pipeline.core.kube.path import MISSING, get
from pipeline.core.kube.path import Path as Steps
from pipeline.core.kube.resource import Resource
from tests.cluster.binaries import require
from tests.cluster.cluster import Cluster, Object
from tests.cluster.control_plane_connection import ControlPlaneConnection

OLD, NEW = 34, 37
BODIES = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: a}
spec:
  serviceName: a
  updateStrategy: {rollingUpdate: {maxUnavailable: 2}}
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {hostnameOverride: a, containers: [{name: c, image: 'i:1'}]}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec:
  maxReplicas: 2
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}
  behavior: {scaleDown: {tolerance: '0.1'}}
---
apiVersion: v1
kind: PodTemplate
metadata: {name: a}
template:
  spec:
    containers:
    - name: c
      image: i:1
      restartPolicy: Never
      restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]
---
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: a.example.org}
spec: {extendedResourceName: example.org/a}
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: a}
spec:
  devices:
    requests:
    - name: a
      exactly:
        deviceClassName: a.example.org
        tolerations: [{key: example.org/a, operator: Exists}]
        capacity: {requests: {memory: 1Gi}}
---
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: a.example.org}
spec: {nodeAllocatableUpdatePeriodSeconds: 30, preventPodSchedulingIfMissing: true}
"""


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlaneConnection]:
    running = ControlPlaneConnection(require(), tmp_path_factory.mktemp("older"), f"emulated-version=1.{OLD}")
    yield running
    running.close()


def bodies() -> list[Object]:
    return list(yaml.safe_load_all(BODIES))


def kept(cluster: Cluster, body: Object, path: Steps) -> bool:
    sent = copy.deepcopy(body)
    if body["kind"] in ("StatefulSet", "HorizontalPodAutoscaler", "PodTemplate", "ResourceClaim"):
        sent["metadata"]["namespace"] = "default"
    status, answer = cluster.apply(sent, dryRun="All")
    if status not in (200, 201):
        return False
    return get(answer, path) not in (None, MISSING)


@pytest.mark.cluster
@pytest.mark.parametrize("body", bodies(), ids=lambda body: str(body["kind"]))
def test_an_older_server_drops_what_we_say(
    plane: ControlPlaneConnection, older: ControlPlaneConnection, body: Object, tmp_path: Path
) -> None:
    said = [one.path for one in gated(Resource.of(body), OLD)]
    assert said
    assert gated(Resource.of(body), NEW) == ()
    for path in said:
        assert not kept(Cluster(older, tmp_path / "old"), body, path)
        assert kept(Cluster(plane, tmp_path / "new"), body, path)


@pytest.mark.cluster
@pytest.mark.parametrize("kind", ["StatefulSet", "CSIDriver"])
def test_a_newer_server_fills_in_what_we_say(
    plane: ControlPlaneConnection, older: ControlPlaneConnection, kind: str, tmp_path: Path
) -> None:
    body: Any = next(one for one in bodies() if one["kind"] == kind)
    body["spec"].pop("updateStrategy", None)
    body["spec"].pop("preventPodSchedulingIfMissing", None)
    (row,) = new_defaults(Resource.of(body), OLD, NEW)
    assert not kept(Cluster(older, tmp_path / "old"), body, row.path)
    assert kept(Cluster(plane, tmp_path / "new"), body, row.path)


SCALER = (
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, namespace: default}\n"
    "spec: {%smaxReplicas: 2, scaleTargetRef: {%skind: %s, name: a}, metrics: [{type: %s}]}\n"
)
OUTSIDE = "External, external: {metric: {name: m}, target: {type: Value, value: 1}}"
SERVICE = (
    "Object, object: {describedObject: {apiVersion: v1, kind: Service, name: s}, "
    "metric: {name: m}, target: {type: Value, value: 1}}"
)
BALANCED = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: default}\n"
    "spec: {trafficDistribution: %s, ports: [{port: 80}]}\n"
)


@pytest.mark.cluster
@pytest.mark.parametrize(
    "text",
    [
        SCALER % ("minReplicas: 0, ", "apiVersion: apps/v1, ", "Deployment", OUTSIDE),
        SCALER % ("", "apiVersion: apps/v1, ", "Deployment", SERVICE),
        SCALER % ("", "", "Deployment", OUTSIDE),
        SCALER % ("", "apiVersion: v1, ", "ReplicationController", OUTSIDE),
        SCALER % ("", "apiVersion: v1, ", "Deployment", OUTSIDE),
        BALANCED % "PreferClose",
        BALANCED % "PreferSameNode",
        BALANCED % "Nonsense",
    ],
)
def test_both_servers_refuse_what_we_say(
    plane: ControlPlaneConnection, older: ControlPlaneConnection, text: str, tmp_path: Path
) -> None:
    body = yaml.safe_load(text)
    for server, minor in ((older, OLD), (plane, NEW)):
        status, answer = Cluster(server, tmp_path / str(minor)).apply(body, dryRun="All")
        assert (status in (200, 201)) is (complaints(Resource.of(body), minor) == ()), answer
