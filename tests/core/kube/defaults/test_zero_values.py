"""Zero is absent where the API server cannot tell them apart, and a value of its own everywhere else."""

import pytest

from pipeline.core.diff.compare import fields_of
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import Resource
from pipeline.core.yaml.reader import load

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{0}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\n"
SERVICE += "spec: {{selector: {{a: b}}, ports: [{{port: 80 {1}}}] {0}}}\n"
SET = (
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: a}}\nspec: {{serviceName: s, selector: {{}} {0}, "
    "template: {{spec: {{containers: [{{name: c, readinessProbe: {{httpGet: {{port: 80}} {2}}} {3}}}] {1}}}}}}}\n"
)
CLASS = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: a}}\nprovisioner: p\n{0}\n"
CUSTOM = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: a}}\nspec: {{a: 1 {0}}}\n"
POLICY = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a}}\n"
POLICY += "spec: {{policyTypes: [Ingress] {0}}}\n"


def told(text: str, given: str, place: int) -> list[str]:
    """What changes where ``given`` is written at a place of ``text`` at which nothing stood."""
    empty = [""] * 4
    filled = [given if number == place else "" for number in range(4)]
    before, after = (Resource.of(load(text.format(*parts))) for parts in (empty, filled))
    return [to_text(change.path) for change in fields_of(before, after)]


@pytest.mark.parametrize(
    ("text", "place", "given"),
    [
        (SECRET, 0, 'type: ""'),
        (SECRET, 0, "data: {}"),
        (SERVICE, 0, ', type: ""'),
        (SERVICE, 0, ', sessionAffinity: ""'),
        (SERVICE, 0, ", publishNotReadyAddresses: false"),
        (SERVICE, 1, ", targetPort: 0"),
        (SERVICE, 1, ', targetPort: ""'),
        (SERVICE, 1, ', protocol: ""'),
        (SET, 0, ', podManagementPolicy: ""'),
        (SET, 0, ", minReadySeconds: 0"),
        (SET, 0, ", updateStrategy: {}"),
        (SET, 1, ', schedulerName: ""'),
        (SET, 1, ", hostNetwork: false"),
        (SET, 1, ", securityContext: {}"),
        (SET, 1, ", volumes: []"),
        (SET, 2, ", timeoutSeconds: 0, initialDelaySeconds: 0"),
        (SET, 3, ", resources: {limits: {}}"),
        (SET, 3, ', imagePullPolicy: ""'),
        (CLASS, 0, "parameters: {}"),
        (POLICY, 0, ", podSelector: {}"),
        (POLICY, 0, ", ingress: []"),
        (SECRET, 0, "stringData: null"),
    ],
)
def test_zero_is_absent_where_the_server_takes_it_for_absent(text: str, place: int, given: str) -> None:
    assert told(text, given, place) == []


@pytest.mark.parametrize(
    ("text", "place", "given", "path"),
    [
        (SECRET, 0, "immutable: false", "immutable"),
        (SET, 0, ", replicas: 0", "spec.replicas"),
        (SET, 0, ", revisionHistoryLimit: 0", "spec.revisionHistoryLimit"),
        (SET, 1, ", shareProcessNamespace: false", "spec.template.spec.shareProcessNamespace"),
        (SET, 1, ", affinity: {}", "spec.template.spec.affinity"),
        (SET, 1, ", terminationGracePeriodSeconds: 0", "spec.template.spec.terminationGracePeriodSeconds"),
        (SET, 3, ", securityContext: {}", "spec.template.spec.containers[name=c].securityContext"),
        (CLASS, 0, "allowVolumeExpansion: false", "allowVolumeExpansion"),
        (CUSTOM, 0, ', b: ""', "spec.b"),
        (CUSTOM, 0, ", b: 0", "spec.b"),
        (CUSTOM, 0, ", b: {}", "spec.b"),
        (CUSTOM, 0, ", b: false", "spec.b"),
        (CUSTOM, 0, ", replicas: 1", "spec.replicas"),
    ],
)
def test_zero_is_a_value_everywhere_else(text: str, place: int, given: str, path: str) -> None:
    assert told(text, given, place) == [path]
