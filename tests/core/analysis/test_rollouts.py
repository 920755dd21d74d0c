"""What is restarted is counted as its controller acts."""

import pytest

from pipeline.core.analysis.rollouts import extent
from pipeline.core.diff.compare import compare
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.yaml.reader import load

WORK = "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: a}}\n"
WORK += "spec: {{template: {{spec: {{nodeName: {node}}}}}{more}}}\n"
OWNED = "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{image: {node}{more}}}\n"


def counted(text: str, **values: str) -> tuple[int, ...]:
    sides = [ManifestSet.of([Resource.of(load(text.format(node=node, **values)))]) for node in ("a", "b")]
    return tuple(extent(compare(sides[0], sides[1]).changes))


@pytest.mark.parametrize(
    ("kind", "more", "wanted"),
    [
        ("Deployment", "", (1, 1, 0, 0)),
        ("Deployment", ", replicas: 3", (1, 3, 0, 0)),
        ("Deployment", ", replicas: 0", (0, 0, 0, 0)),
        ("Deployment", ", replicas: 3, paused: true", (0, 0, 0, 0)),
        ("Deployment", ", replicas: many", (1, 1, 0, 0)),
        ("StatefulSet", ", replicas: 3", (1, 3, 0, 0)),
        ("StatefulSet", ", replicas: 3, updateStrategy: {type: OnDelete}", (0, 0, 0, 0)),
        ("StatefulSet", ", replicas: 3, updateStrategy: {rollingUpdate: {partition: 2}}", (1, 1, 0, 0)),
        ("StatefulSet", ", replicas: 3, updateStrategy: {rollingUpdate: {partition: 3}}", (0, 0, 0, 0)),
        ("DaemonSet", "", (1, 0, 1, 0)),
        ("DaemonSet", ", updateStrategy: {type: OnDelete}", (0, 0, 0, 0)),
        ("ReplicaSet", ", replicas: 3", (0, 0, 0, 0)),
    ],
)
def test_pods_are_counted_where_they_are_replaced(kind: str, more: str, wanted: tuple[int, int, int, int]) -> None:
    assert counted(WORK, kind=kind, more=more) == wanted


@pytest.mark.parametrize(
    ("api", "kind", "wanted"),
    [
        ("monitoring.coreos.com/v1", "Prometheus", (0, 0, 0, 1)),
        ("kafka.strimzi.io/v1beta2", "Kafka", (0, 0, 0, 1)),
        ("monitoring.coreos.com/v1", "ServiceMonitor", (0, 0, 0, 0)),
    ],
)
def test_pods_of_operators_are_told_apart(api: str, kind: str, wanted: tuple[int, int, int, int]) -> None:
    assert counted(OWNED, api=api, kind=kind, more="") == wanted
