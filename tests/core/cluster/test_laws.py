"""Laws of what is pruned, of what is healthy, of what is said aloud, and of what a rollback does not bring back."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.core.cluster.api.canonical import digest_of
from pipeline.core.cluster.api.error_text import explain
from pipeline.core.cluster.api.request import Answer
from pipeline.core.cluster.inventory import ownership as marks
from pipeline.core.cluster.inventory.inventory import Inventory, InventoryEntry
from pipeline.core.cluster.plan.field_edits import edits
from pipeline.core.cluster.plan.irreversible import notes
from pipeline.core.cluster.plan.plan import Operation, to_bytes
from pipeline.core.cluster.plan.policy import ApplyPolicy
from pipeline.core.cluster.plan.prune import NEVER_UNLESS_NAMED, Candidate, breakers, fate_of
from pipeline.core.cluster.plan.size_limits import LARGEST_BYTES, too_large
from pipeline.core.cluster.run.health import Health, HealthState, health, health_of_absent
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId
from pipeline.core.redaction.mask import Mask
from tests.support.plans import action, plan

pytestmark = pytest.mark.slow

EMPTY = Inventory("prod", "system")
KINDS = ["ConfigMap", "Secret", "StatefulSet", "Deployment", *sorted(NEVER_UNLESS_NAMED)]
KEEP_MARKS = [
    {"helm.sh/resource-policy": "keep"},
    {"argocd.argoproj.io/sync-options": "Prune=false"},
    {"argocd.argoproj.io/sync-options": "Validate=false, Prune=confirm"},
    {"kustomize.toolkit.fluxcd.io/prune": "disabled"},
    {"client.lifecycle.config.k8s.io/deletion": "detach"},
    {"kluctl.io/skip-delete": "true"},
    {"pipeline/prune": "never"},
]


@st.composite
def candidates(draw: st.DrawFn) -> tuple[Candidate, frozenset[str]]:
    """An object that is no longer rendered, with everything that may speak against its deletion, or not."""
    kind = draw(st.sampled_from(KINDS))
    uid, recorded = draw(st.sampled_from(["u1", "u2"])), draw(st.sampled_from(["u1", "u1", ""]))
    metadata: dict[str, Any] = {"uid": uid, "managedFields": []}
    if draw(st.sampled_from([True, True, True, False])):
        metadata["labels"] = {marks.PART_OF: EMPTY.applyset}
    if draw(st.sampled_from([True, True, True, False])):
        metadata["managedFields"] = [{"manager": "pipeline", "operation": "Apply"}]
    if draw(st.sampled_from([False, False, True])):
        metadata["ownerReferences"] = [{"kind": "Thing", "name": "x", "controller": True}]
    if draw(st.sampled_from([False, False, True])):
        metadata["annotations"] = draw(st.sampled_from(KEEP_MARKS))
    if draw(st.sampled_from([False, False, False, True])):
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    spec: dict[str, Any] = {"volumeClaimTemplates": [{}]} if draw(st.booleans()) else {}
    rid = ResourceId("", kind, draw(st.sampled_from(["", "shop"])), "a")
    entry = InventoryEntry(recorded, "v1", "web", adopted=draw(st.booleans()))
    found = None if draw(st.integers(0, 9)) == 0 else {"kind": kind, "metadata": metadata, "spec": spec}
    taken = frozenset(draw(st.sets(st.sampled_from(["u1", "u3"]), max_size=1)))
    return Candidate(rid, entry, found, draw(st.sampled_from([0, 0, 2]))), taken


@given(candidates(), st.sets(st.sampled_from(KINDS), max_size=3))
def test_only_what_passes_every_filter_is_deleted(cast: tuple[Candidate, frozenset[str]], named: set[str]) -> None:
    candidate, taken = cast
    op, why = fate_of(candidate, EMPTY, ApplyPolicy(prune_kinds=tuple(named)), taken)
    assert op in (Operation.DELETE, Operation.KEEP, Operation.FORGET)
    assert (op is Operation.DELETE) != bool(why)
    if op is not Operation.DELETE:
        return
    found = candidate.found
    assert found is not None
    metadata = found["metadata"]
    assert candidate.entry.uid in ("", metadata["uid"])
    assert metadata["uid"] not in taken
    assert metadata["labels"][marks.PART_OF] == EMPTY.applyset
    assert metadata["managedFields"]
    assert not {"ownerReferences", "deletionTimestamp", "annotations"} & metadata.keys()
    assert candidate.id.kind not in NEVER_UNLESS_NAMED - named
    assert not candidate.inside


@pytest.mark.parametrize(
    ("rid", "metadata", "volumes", "why"),
    [
        (("postgresql.cnpg.io", "Cluster"), {}, "", "a Cluster holds data"),
        (("kafka.strimzi.io", "KafkaTopic"), {}, "", "a KafkaTopic holds data"),
        (("example.org", "S3Bucket"), {}, "", "a S3Bucket holds data"),
        (("example.org", "Widget"), {"finalizers": ["example.org/x"]}, "", "its finalizer example.org/x lets"),
        (("example.org", "Widget"), {}, "PersistentVolumeClaim data-0", "PersistentVolumeClaim data-0 belongs to it"),
        (("example.org", "Widget"), {}, "", ""),
        (("apps", "Deployment"), {"finalizers": ["x/y"]}, "", ""),
        (("networking.istio.io", "DestinationRule"), {}, "", ""),
        (("cert-manager.io", "Certificate"), {}, "", ""),
    ],
)
def test_custom_resources_with_data_are_deleted_only_if_their_kind_is_named(
    rid: tuple[str, str], metadata: dict[str, Any], volumes: str, why: str
) -> None:
    ours = {"labels": {marks.PART_OF: EMPTY.applyset}, "managedFields": [{"manager": "pipeline", "operation": "Apply"}]}
    found = {"kind": rid[1], "metadata": metadata | ours | {"uid": "u1"}}
    candidate = Candidate(ResourceId(*rid, "shop", "a"), InventoryEntry("u1", "v1", "web"), found, 0, volumes)
    op, said = fate_of(candidate, EMPTY, ApplyPolicy(), frozenset())
    assert (op, said[: len(why)]) == (Operation.KEEP if why else Operation.DELETE, why)
    if why:
        assert f"apply.pruneKinds: [{rid[1]}]" in said
        assert fate_of(candidate, EMPTY, ApplyPolicy(prune_kinds=(rid[1],)), frozenset()) == (Operation.DELETE, "")


def _managed(labels: dict[str, str], *managers: str) -> dict[str, Any]:
    return {"metadata": {"labels": labels, "managedFields": [{"manager": name} for name in managers]}}


def test_argo_cd_tracks_by_a_label_that_charts_set_as_well() -> None:
    label = {"app.kubernetes.io/instance": "web"}
    for manager in ("argocd-controller", "argocd-application-controller"):
        assert marks.foreign_owner(_managed(label, "kubectl", manager), "a") == (
            "Argo CD (app.kubernetes.io/instance: web)"
        )
        assert marks.foreign_owner(_managed({}, manager), "a") == ""
    assert marks.foreign_owner(_managed(label, "helm"), "a") == ""


@given(candidates(), st.sampled_from(KEEP_MARKS), st.sets(st.sampled_from(KINDS), max_size=3))
def test_a_mark_that_asks_to_keep_never_leads_to_a_deletion(
    cast: tuple[Candidate, frozenset[str]], mark: dict[str, str], named: set[str]
) -> None:
    candidate, taken = cast
    assume(candidate.found is not None)
    assert candidate.found is not None
    metadata = candidate.found["metadata"] | {"annotations": mark}
    marked = Candidate(candidate.id, candidate.entry, candidate.found | {"metadata": metadata}, candidate.inside)
    assert fate_of(marked, EMPTY, ApplyPolicy(prune_kinds=tuple(named)), taken)[0] is not Operation.DELETE


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 3), st.none() | st.integers(0, 200))
def test_too_many_deletions_are_stopped_and_all_of_them_always(
    deletions: int, known: int, wanted: int, limit: int | None
) -> None:
    entries = {ResourceId("", "ConfigMap", "a", f"n{n}"): InventoryEntry("u", "v1", "web") for n in range(known)}
    policy = ApplyPolicy(max_deletions=limit)
    found = [one.code for one in breakers(deletions, Inventory("prod", "s", entries), wanted, policy)]
    allowed = max(10, known // 5) if limit is None else limit
    assert found == (["empty"] if deletions and not wanted else ["deletions"] if deletions > allowed else [])


CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["Ready", "Available", "Progressing", "Stalled", "Reconciling", "Complete", "Failed", "Established"]
            ),
            "status": st.sampled_from(["True", "False", "Unknown"]),
            "reason": st.sampled_from(["", "ProgressDeadlineExceeded", "NewReplicaSetAvailable"]),
        }
    ),
    max_size=4,
)
API = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "Service": "v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "Widget": "example.org/v1",
}


@given(st.sampled_from(sorted(API)), st.integers(1, 9), st.integers(1, 9), CONDITIONS, st.integers(0, 3))
def test_status_of_an_older_generation_says_nothing(
    kind: str, generation: int, behind: int, conditions: list[Any], number: int
) -> None:
    counts = ("replicas", "readyReplicas", "updatedReplicas", "availableReplicas", "numberAvailable")
    status = dict.fromkeys(counts, number) | {"conditions": conditions, "observedGeneration": generation}
    metadata = {"generation": generation + behind}
    found = health({"apiVersion": API[kind], "kind": kind, "metadata": metadata, "status": status, "spec": {}})
    assert found.state is HealthState.PROGRESSING
    gone = health({"apiVersion": API[kind], "kind": kind, "metadata": metadata | {"deletionTimestamp": "x"}})
    assert gone.state is HealthState.TERMINATING


@given(st.sampled_from(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]), CONDITIONS)
def test_workload_whose_controller_never_spoke_is_not_well(kind: str, conditions: list[Any]) -> None:
    body = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"generation": 1}, "status": {"conditions": conditions}}
    assert health(body).state is HealthState.PROGRESSING


def _unschedulable(message: str) -> dict[str, Any]:
    return {"conditions": [{"type": "PodScheduled", "status": "False", "message": message}]}


def _waiting(reason: str) -> dict[str, Any]:
    return {"phase": "Pending", "containerStatuses": [{"name": "a", "state": {"waiting": {"reason": reason}}}]}


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"kind": "Job", "apiVersion": "batch/v1", "spec": {}}, HealthState.PROGRESSING),
        ({"kind": "Pod", "apiVersion": "v1", "status": {"phase": "Failed"}}, HealthState.FAILED),
        ({"kind": "Pod", "apiVersion": "v1", "status": _unschedulable("container x waits")}, HealthState.PROGRESSING),
        ({"kind": "Pod", "apiVersion": "v1", "status": _waiting("CrashLoopBackOff")}, HealthState.FAILED),
        ({"kind": "Pod", "apiVersion": "v1", "status": _waiting("ContainerCreating")}, HealthState.PROGRESSING),
        ({"kind": "Service", "apiVersion": "v1", "spec": {"type": "LoadBalancer"}}, HealthState.PROGRESSING),
        ({"kind": "APIService", "apiVersion": "apiregistration.k8s.io/v1"}, HealthState.PROGRESSING),
        ({"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1"}, HealthState.PROGRESSING),
        ({"kind": "Widget", "apiVersion": "example.org/v1"}, HealthState.CURRENT),
    ],
)
def test_where_kstatus_is_content_too_early_we_are_not(body: dict[str, Any], state: HealthState) -> None:
    assert health({"metadata": {}, **body}).state is state


def test_job_that_cleans_itself_up_has_ended_well_and_any_other_absence_is_a_failure() -> None:
    assert health_of_absent({"kind": "Job", "spec": {"ttlSecondsAfterFinished": 0}}) == Health(HealthState.CURRENT)
    for other in ({}, {"kind": "Job", "spec": {}}, {"kind": "Deployment", "spec": {"ttlSecondsAfterFinished": 0}}):
        assert health_of_absent(other).state is HealthState.FAILED


PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=6, max_size=20)
VALUES = st.one_of(
    PLAIN.map(lambda text: f"Zq{text}"),
    st.integers(10**6, 10**12).map(str),
    PLAIN.map(lambda text: f"Zq{text}\n{text}"),
)
SAYINGS = [
    '.stringData.password: expected string, got &value.valueUnstructured{{Value:"{0}"}}',
    'Secret "x" is invalid: data[password]: Invalid value: "{0}": must be something',
    'Job.batch "x" is invalid: spec.template: Invalid value: {{"env":[{{"value":"{0}"}}]}}: field is immutable',
    "failed to create typed patch object: {0}",
]


@given(VALUES, st.sampled_from(SAYINGS), st.sampled_from([400, 403, 409, 422, 500]), st.booleans())
def test_what_the_server_says_of_a_secret_is_never_repeated(value: str, saying: str, status: int, cause: bool) -> None:  # noqa: FBT001
    text = saying.format(value)
    causes = [{"reason": "FieldValueInvalid", "field": "data.password", "message": text}] if cause else []
    body = {"kind": "Status", "message": text, "reason": "Invalid", "details": {"causes": causes}}
    said = explain(Answer(status, body), secret=True)
    assert value not in said
    assert value.splitlines()[0] not in said


def hidden(value: str) -> set[str]:
    return {value, base64.b64encode(value.encode()).decode()}


def of_secret(value: str, key: str) -> dict[str, Any]:
    data = value if key == "stringData" else base64.b64encode(value.encode()).decode()
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, key: {"password": data}}


@given(VALUES, VALUES, st.sampled_from(["data", "stringData"]))
def test_no_field_of_a_plan_holds_a_secrets_value(old: str, new: str, key: str) -> None:
    mask = Mask()
    before, after = of_secret(old, key), of_secret(new, key)
    copy_before, copy_after = (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": {"a": v}} for v in (old, new)
    )
    mask.manifests(ManifestSet((Resource.of(before), Resource.of(after))))
    fields = (*edits(before, after, mask), *edits(copy_before, copy_after, mask))
    one = action(1, Operation.UPDATE, "s", fields=fields)
    told = orjson.dumps(orjson.loads(to_bytes(plan(actions=(one,)))), option=orjson.OPT_INDENT_2).decode()
    for value in hidden(old) | hidden(new):
        assert orjson.dumps(value).decode()[1:-1] not in told


def definition(*versions: str, stored: tuple[str, ...] = ()) -> dict[str, Any]:
    spec = {"versions": [{"name": name} for name in versions]}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return {**kind, "metadata": {"name": "w"}, "spec": spec, "status": {"storedVersions": list(stored)}}


def volume(size: str) -> dict[str, Any]:
    spec = {"resources": {"requests": {"storage": size}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "d"}, "spec": spec}


DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")
CLAIM = ("", "PersistentVolumeClaim")
OF_V1, OF_V2 = definition("v1", stored=("v1",)), definition("v2", stored=("v1", "v2"))


@pytest.mark.parametrize(
    ("kind", "op", "change", "word"),
    [
        (DEFINITION, Operation.UPDATE, (OF_V2, definition("v1")), "stored as v2"),
        (DEFINITION, Operation.UPDATE, (OF_V1, definition("v1")), ""),
        (CLAIM, Operation.UPDATE, (volume("2Gi"), volume("1Gi")), "does not shrink"),
        (CLAIM, Operation.UPDATE, (volume("1024Mi"), volume("1Gi")), ""),
        (CLAIM, Operation.CREATE, (None, volume("1Gi")), "not restored"),
        (("", "Secret"), Operation.CREATE, (None, of_secret("x", "data")), "not restored"),
        (("apps", "Deployment"), Operation.RECREATE, ({}, {}), "recreated"),
        (("batch", "Job"), Operation.HOOK, (None, {}), "runs again"),
        (("", "ConfigMap"), Operation.CREATE, (None, {}), ""),
    ],
)
def test_rollback_says_what_does_not_come_back(kind: tuple[str, str], op: Operation, change: Any, word: str) -> None:
    live, then = change
    one = action(1, op, "d", group=kind[0], kind=kind[1])
    resources = {one.id: Resource.of(then)} if then else {}
    found = notes(plan(actions=(one,)), resources, {one.id: live} if live is not None else {})
    assert [word in note for note in found] == ([True] if word else [])


def test_what_etcd_cannot_store_is_known_before() -> None:
    widget = ResourceId("example.org", "Widget", "a", "big")
    assert [one.code for one in too_large(widget, {"spec": "x" * (LARGEST_BYTES + 1)})] == ["size"]
    assert not list(too_large(widget, {"spec": "x" * 1000}))
    assert not list(too_large(ResourceId("", "ConfigMap", "a", "big"), {"data": "x" * (LARGEST_BYTES + 1)}))


def test_texts_that_only_look_alike_have_different_digests() -> None:
    assert digest_of({"a": "\u00e9"}) != digest_of({"a": "e\u0301"})
