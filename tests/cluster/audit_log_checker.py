"""Checks the invariants of a run, whatever happened in it; the API server's audit log says what was really sent.

with AuditLogChecker(site) as witness:
    done = site.apply(plan)
    ...
# at the end of the block everything below was checked
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Self

from pipeline.cli.support.exits import MEANING
from pipeline.core.cluster.api.canonical import digest
from tests.cluster.cluster import Cluster, Object, Write
from tests.cluster.cluster_repository import ClusterRepository, Done

AGENT = "pipeline/"
METHODS = {"create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE", "deletecollection": "DELETE"}
MOVING = {"events", "leases", "endpoints", "endpointslices", "pods", "replicasets", "controllerrevisions", "nodes"}
MOVING |= {"ipaddresses", "persistentvolumes"}  # the server's and the fake nodes' own
CANARY = "canary-7f3a9"
"""Put into a Secret, it must not be seen anywhere but there."""


class AuditLogChecker:
    """``allowed`` are objects that somebody else changes meanwhile on purpose (``ConfigMap settings``)."""

    def __init__(self, site: ClusterRepository, *, allowed: tuple[str, ...] = ()) -> None:
        self._site, self._cluster, self._allowed = site, site.cluster, set(allowed)
        self._before: dict[str, Object] = {}
        self._outputs: list[str] = []
        self._listed = ""
        self._runs: list[tuple[Path, Done]] = []
        self.writes: list[Write] = []

    def __enter__(self) -> Self:
        self._before = self._others()
        self._listed = self._site.inventory().get("objects", "")
        self._cluster.mark()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.check()

    def heard(self, *outputs: str) -> None:
        """What pipeline printed, to be searched for secrets."""
        self._outputs += outputs

    def ran(self, plan: Path, done: Done) -> None:
        """A run of that plan came to its end, and could write down how: everything that must hold then is seen to."""
        self.heard(done.said)
        self._runs.append((plan, done))

    def check(self) -> None:
        self.writes = [w for w in self._cluster.audit(user_agent=AGENT) if w.resource != "leases" or w.code < 400]
        lines = [line for journal in self._site.journals() for line in journal]
        every_write_has_an_intent(self.writes, lines)
        every_delete_is_of_one_object(self.writes)
        nothing_is_lost_sight_of(self.writes, lines, self._listed)
        for plan, done in self._runs:
            self._ended_well(plan, done)
        self._nobody_else_was_touched()
        self._no_secret_was_told()

    def _ended_well(self, plan: Path, done: Done) -> None:
        """I4, I8, I9, I10 and I14."""
        assert done.code in MEANING, done.said
        run = json.loads(self._site.inventory()["run"])
        assert run["plan"] == digest(plan.read_bytes())
        assert run["exit"] == done.code, done.said
        journal = next(j for j in self._site.journals() if any(line.get("run") == run["id"] for line in j))
        assert journal[-1] == journal[-1] | {"type": "end", "exit": done.code}
        pruned = [line for line in journal if line.get("what") == "delete"]
        if done.code:
            assert pruned == []
        lease = f"/apis/coordination.k8s.io/v1/namespaces/{self._site.namespace}/leases/pipeline-prod"
        assert not self._cluster.expect(200, "GET", lease)["spec"].get("holderIdentity")
        phases_are_in_order(self.writes, json.loads(plan.read_text())["actions"])

    def _others(self) -> dict[str, Object]:
        found = everything(self._cluster, self._site.namespace)
        return {key: body for key, body in found.items() if not _ours(body)}

    def _nobody_else_was_touched(self) -> None:
        after = self._others()
        written = {write.name for write in self.writes}
        for key, body in self._before.items():
            if "deletionTimestamp" in body["metadata"]:
                continue  # left by an earlier test: it goes when it goes
            kind_and_name = f"{body['kind']} {body['metadata']['name']}"
            if kind_and_name in self._allowed or body["metadata"]["name"] in written:
                continue  # adopted, or changed by the test itself
            assert _still(after.get(key)) == _still(body), f"{kind_and_name} was touched, and is nobody's business"

    def _no_secret_was_told(self) -> None:
        state = self._site.state
        files = [path for path in state.rglob("*") if path.is_file()] if state.exists() else []
        files += list(self._site.root.parent.glob("plan-*.json"))
        for path in files:
            assert CANARY not in path.read_text(errors="replace"), f"{path} tells a secret"
        assert not any(CANARY in text for text in self._outputs), "pipeline told a secret"
        assert CANARY not in json.dumps(self._site.inventory())


def every_write_has_an_intent(writes: list[Write], lines: list[Object]) -> None:
    """I1: no write without an intent before it; a write that was tried again has an intent each time."""
    intents = Counter((line["verb"], line["path"]) for line in lines if line.get("type") == "intent")
    done = Counter((METHODS[write.verb], write.uri.partition("?")[0]) for write in writes)
    assert done - intents == Counter(), f"written without an intent: {done - intents}"


def every_delete_is_of_one_object(writes: list[Write]) -> None:
    """I2: each names the uid of what it deletes."""
    for write in writes:
        if write.verb.startswith("delete"):
            assert write.verb == "delete", f"{write.uri} deletes many"
            assert (write.body or {}).get("preconditions", {}).get("uid"), f"{write.uri} deletes whatever is there"


def nothing_is_lost_sight_of(writes: list[Write], lines: list[Object], listed: str) -> None:
    """I5: whatever a run makes is in the inventory by then. Hooks and a release's own namespace never are."""
    exempt = {line["path"] for line in lines if line.get("what") in ("hook", "make our own namespace")}
    for write in writes:
        path = write.uri.partition("?")[0]
        if write.resource == "configmaps" and write.name.startswith("pipeline-") and write.code < 300:
            listed = write.body["data"]["objects"]
        elif write.verb == "patch" and write.code == 201 and path not in exempt and write.resource != "namespaces":
            assert f"/{write.namespace}/{write.name} " in listed, f"{write.id} was made and is in no inventory"


def phases_are_in_order(writes: list[Write], actions: list[Object]) -> None:
    """I14: nothing of a later phase is begun before everything of an earlier one was answered. Prune is the last.

    What a plan writes in several steps is left out: which of them a write is does not stand in the log.
    """
    steps = Counter((a["namespace"], a["resource"], a["name"]) for a in actions)
    known = [a for a in actions if steps[a["namespace"], a["resource"], a["name"]] == 1]
    place = {(a["namespace"], a["resource"], a["name"]): (a["phase"] == 20, a["wave"], a["phase"]) for a in known}
    seen = [(place[w.namespace, w.resource, w.name], w) for w in writes if (w.namespace, w.resource, w.name) in place]
    for number, (phase, write) in enumerate(seen):
        earlier = [other for before, other in seen[number + 1 :] if before < phase]
        assert not earlier, f"{write.id} was written before {earlier[0].id}"


def everything(cluster: Cluster, namespace: str) -> dict[str, Object]:
    """Every object of the namespace and of the cluster itself, but those that move by themselves."""
    found = {}
    for resource, root in _listable(cluster, namespace):
        status, answer = cluster.raw("GET", root)
        for item in answer["items"] if status == 200 else ():
            kind = answer["kind"].removesuffix("List")
            meta = item["metadata"]
            if "ownerReferences" not in meta:
                found[f"{resource}/{meta['name']}"] = {"kind": kind, **item}
    return found


def normalised(body: Object) -> Object:
    """What of an object must be equal in two runs that did the same to two clusters."""
    meta = body["metadata"]
    kept = {key: meta[key] for key in ("name", "labels", "annotations", "finalizers") if key in meta}
    return {key: value for key, value in body.items() if key not in ("status", "metadata")} | {"metadata": kept}


def _listable(cluster: Cluster, namespace: str) -> list[tuple[str, str]]:
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    found = []
    for top in ("/api", "/apis"):
        answer: Any = cluster.expect(200, "GET", top, headers={"Accept": accept})
        for group in answer["items"]:
            name = group["metadata"].get("name", "")
            version = group["versions"][0]
            root = f"{top}/{name}/{version['version']}" if name else f"{top}/{version['version']}"
            for one in version["resources"]:
                if "list" in one["verbs"] and one["resource"] not in MOVING:
                    space = f"/namespaces/{namespace}" if one["scope"] == "Namespaced" else ""
                    found.append((f"{name}/{one['resource']}", f"{root}{space}/{one['resource']}"))
    return found


def _ours(body: Object) -> bool:
    managers = {entry["manager"] for entry in body["metadata"].get("managedFields", [])}
    labels = body["metadata"].get("labels", {})
    return "pipeline" in managers or labels.get("app.kubernetes.io/managed-by") == "pipeline"


def _still(body: Object | None) -> object:
    if body is None:
        return None
    meta = {key: value for key, value in body["metadata"].items() if key not in ("resourceVersion", "managedFields")}
    return {key: value for key, value in body.items() if key != "status"} | {"metadata": meta}


def states_of(root: Path) -> list[str]:
    """Files that a run left below ``root``, without those that it is meant to leave."""
    return [path.name for path in sorted(root.rglob("*")) if path.is_file() and path.name != "journal.jsonl"]
