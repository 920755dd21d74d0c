"""Each fix of a blocker is carried out on a real API server.

It starts from the finding's before-state, the server refuses the after-state, the finding's own commands are run, and
then the after-state is applied.
"""

import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from pipeline.core.crd.case_crds import crd, field, version
from pipeline.core.risk.finding import Finding
from tests.cluster.cluster import Cluster, Object
from tests.cluster.test_crd_changes_real import established, grouped, judged, refusal
from tests.support.tools import tool

POD = "metadata: {labels: {app: a%s}}, spec: {containers: [{name: c, image: 'i:1'}]}"
WORKLOAD = "apiVersion: apps/v1\nkind: %s\nmetadata: {name: a, namespace: NS}\nspec: {%s}\n"
SELECTS = "selector: {matchLabels: {app: a%s}}, template: {%s}"
CLAIM = (
    "serviceName: a, %s, volumeClaimTemplates: [{metadata: {name: d}, "
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: %s}}}}]"
)
MORE = ", tier: b"
PLAIN = SELECTS % ("", POD % "")
SELECTED = SELECTS % (MORE, POD % MORE)
NAMED = "apiVersion: %s\nkind: %s\nmetadata: {name: %s}\n"
JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: NS}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: 'i:%s'}]}}}\n"
)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: NS}\nspec: {%sports: [{port: 80}]}\n"
BINDING = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: NS}\n"
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}\n"
    "subjects: [{kind: User, name: u, apiGroup: rbac.authorization.k8s.io}]\n"
)
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: NS}\nimmutable: true\ndata: {a: %s}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: NS}\ntype: example.org/%s\ndata: {a: YQ==}\n"
BARE = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: NS}\n"
    "spec: {containers: [{name: c, image: 'i:1', env: [{name: A, value: %s}]}]}\n"
)
CLASS = NAMED % ("storage.k8s.io/v1", "StorageClass", "NAME") + "provisioner: x.example.org\nparameters: {a: %s}\n"
DRIVER = NAMED % ("storage.k8s.io/v1", "CSIDriver", "NAME.example.org") + "spec: {attachRequired: %s}\n"
PRIORITY = NAMED % ("scheduling.k8s.io/v1", "PriorityClass", "NAME") + "value: %s\n"


@dataclass(frozen=True)
class Fixed:
    """One object before and after: NS stands for a namespace, NAME for a name of its own in the cluster."""

    rule: str
    before: str
    after: str
    name: str = ""


ROWS = (
    Fixed("immutable-workload-selector", WORKLOAD % ("Deployment", PLAIN), WORKLOAD % ("Deployment", SELECTED)),
    Fixed("immutable-workload-selector", WORKLOAD % ("DaemonSet", PLAIN), WORKLOAD % ("DaemonSet", SELECTED), "nodes"),
    Fixed("immutable-workload-selector", WORKLOAD % ("StatefulSet", f"serviceName: a, {PLAIN}"),
        WORKLOAD % ("StatefulSet", f"serviceName: a, {SELECTED}"), "set"),
    Fixed("immutable-statefulset-field", WORKLOAD % ("StatefulSet", f"serviceName: a, {PLAIN}"),
        WORKLOAD % ("StatefulSet", f"serviceName: b, {PLAIN}")),
    Fixed("immutable-volume-claim-template", WORKLOAD % ("StatefulSet", CLAIM % (PLAIN, "1Gi")),
        WORKLOAD % ("StatefulSet", CLAIM % (PLAIN, "2Gi"))),
    Fixed("rollout-strategy-changed", WORKLOAD % ("Deployment", PLAIN),
        WORKLOAD % ("Deployment", f"strategy: {{type: Recreate}}, {PLAIN}")),
    Fixed("rollout-strategy-changed", WORKLOAD % ("StatefulSet", f"serviceName: a, {PLAIN}"),
        WORKLOAD % ("StatefulSet", f"serviceName: a, updateStrategy: {{type: OnDelete}}, {PLAIN}"), "set"),
    Fixed("immutable-job-template", JOB % 1, JOB % 2),
    Fixed("immutable-pod-spec", BARE % "b", BARE % "c"),
    Fixed("immutable-service-cluster-ip", SERVICE % "", SERVICE % "clusterIP: None, "),
    Fixed("immutable-service-cluster-ip", SERVICE % "clusterIP: None, ", SERVICE % "type: NodePort, ", "back"),
    Fixed("immutable-role-ref", BINDING % "view", BINDING % "edit"),
    Fixed("immutable-config-data", MAP % "b", MAP % "c"),
    Fixed("immutable-config-data", SECRET % "a", SECRET % "b", "secret"),
    Fixed("immutable-storage-class", CLASS % "b", CLASS % "c"),
    Fixed("immutable-storage-class", DRIVER % "true", DRIVER % "false", "driver"),
    Fixed("immutable-class-identity", PRIORITY % 5, PRIORITY % 6),
)  # fmt: skip


def body(text: str, namespace: str, name: str) -> Object:
    found: Object = yaml.safe_load(text.replace("NS", namespace).replace("NAME", name))
    return found


def fixing(found: tuple[Finding, ...], rule: str) -> Finding:
    """The one finding of the rule, with commands to copy."""
    (finding,) = [one for one in found if one.rule == rule and one.commands]
    return finding


def carried_out(cluster: Cluster, finding: Finding) -> None:
    """The commands as a person copies them into a shell."""
    kubectl = f"{tool('kubectl')} --kubeconfig {cluster.kubeconfig()}"
    for line in finding.commands:
        assert line.startswith("kubectl "), line
        command = ["bash", "-c", f'kubectl() {{ {kubectl} "$@"; }}; {line}']
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule} {row.name}".strip())
def test_the_after_state_is_applied_once_the_fix_is_carried_out(cluster: Cluster, row: Fixed) -> None:
    namespace, name = cluster.namespace("fix"), cluster.name("fix")
    before, after = (body(text, namespace, name) for text in (row.before, row.after))
    assert refusal(cluster.apply(before)) == ""
    finding = fixing(judged([before], [after]), row.rule)
    assert refusal(cluster.apply(after)), "the server refuses it before"
    carried_out(cluster, finding)
    cluster.until(lambda: refusal(cluster.apply(after)) == "")


def test_a_headless_service_stays_so_until_the_fix_is_carried_out(cluster: Cluster) -> None:
    namespace = cluster.namespace("fix")
    before, after = (body(SERVICE % text, namespace, "") for text in ("clusterIP: None, ", ""))
    assert refusal(cluster.apply(before)) == ""
    assert refusal(cluster.apply(after)) == ""
    assert cluster.get(after)["spec"]["clusterIP"] == "None"
    carried_out(cluster, fixing(judged([before], [after]), "immutable-service-cluster-ip"))
    assert refusal(cluster.apply(after)) == ""
    assert cluster.get(after)["spec"]["clusterIP"] != "None"


@pytest.mark.parametrize(("was", "becomes"), [("size: 7", "size: '7'"), ("size: 7, b: [1]", "size: x, b: [a, c]")])
def test_a_stored_value_of_another_type_is_corrected_by_the_fix(cluster: Cluster, was: str, becomes: str) -> None:
    group, ours = f"{cluster.name('g')}.example.com", "apiVersion: GROUP/v1\nkind: Widget\n"
    kinds = "size: {type: %s}, b: {type: array, items: {type: %s}}"
    old, new = (grouped(yaml.safe_load(field(kinds % (one, one))), group) for one in ("integer", "string"))
    mine, corrected = (custom_resource(ours, group, spec) for spec in (was, becomes))
    established(cluster, old)
    cluster.until(lambda: "widgets" in str(cluster.raw("GET", f"/apis/{group}/v1")[1]))
    cluster.until(lambda: refusal(cluster.apply(mine)) == "")
    finding = fixing(judged([old, mine], [new, corrected]), "crd-instance-invalid")
    assert refusal(cluster.apply(new)) == ""
    cluster.until(lambda: refusal(cluster.apply(corrected)))
    carried_out(cluster, finding)
    cluster.until(lambda: refusal(cluster.apply(corrected)) == "")


ALPHA, BETA = "v1alpha1", "v1beta1"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ([(ALPHA, True)], [("v1", True)], "crd-stored-version-removed"),
        ([(ALPHA, True), ("v1", False)], [("v1", True)], "crd-stored-version-removed"),
        ([(BETA, False), (ALPHA, True)], [("v1", True), (BETA, False)], "crd-stored-version-removed"),
    ],
)
def test_a_stored_version_leaves_once_its_objects_are_migrated(
    cluster: Cluster, old: list[tuple[str, bool]], new: list[tuple[str, bool]], rule: str
) -> None:
    group = f"{cluster.name('g')}.example.com"
    before, after = (
        grouped(yaml.safe_load(crd(*(version(name, storage=stores) for name, stores in side))), group)
        for side in (old, new)
    )
    mine = custom_resource(f"apiVersion: {group}/{ALPHA}\nkind: Widget\n", group, "size: 1")
    established(cluster, before)
    cluster.until(lambda: "widgets" in str(cluster.raw("GET", f"/apis/{group}/{ALPHA}")[1]))
    cluster.until(lambda: refusal(cluster.apply(mine)) == "")
    finding = fixing(judged([before], [after]), rule)
    assert "storedVersions" in refusal(cluster.apply(after))
    carried_out(cluster, finding)
    assert refusal(cluster.apply(after, force=True)) == ""  # the commands were kubectl's, and own spec.versions
    path = f"/apis/{group}/{new[0][0]}/namespaces/default/widgets/mine"
    cluster.until(lambda: cluster.raw("GET", path)[0] == 200)


def custom_resource(head: str, group: str, spec: str) -> Object:
    text = head.replace("GROUP", group) + f"metadata: {{name: mine, namespace: default}}\nspec: {{{spec}}}\n"
    found: Any = yaml.safe_load(text)
    return dict(found)
