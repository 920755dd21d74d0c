"""A fake scheduler, kubelet and volume provisioner, so that a control plane without nodes has real rollouts.

Pods are bound to one node and run at once; what a container's image is tagged with decides how it fares: ``crash`` is
in CrashLoopBackOff (and a Job's pod fails), ``pull`` in ImagePullBackOff, ``hang`` stays in creation, ``slow`` is ready
after two seconds. A pod whose nodeSelector fits no node stays unschedulable. A claim is bound to a new volume at once,
or when a pod uses it where its storage class says WaitForFirstConsumer (the class ``late``).
"""

import itertools
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import urllib3

Object = dict[str, Any]
NODE = "node-1"
CONDITIONS = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
WAITING = {"crash": "CrashLoopBackOff", "pull": "ImagePullBackOff", "hang": "ContainerCreating"}
SLOW_S = 2.0
CLASSES = {"standard": "Immediate", "late": "WaitForFirstConsumer"}
JSON, MERGE, STRATEGIC = (
    "application/json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)


class Fakelet:
    """Watches pods and claims of one API server for as long as the process lives."""

    def __init__(self, url: str, bearer: str, ca: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {bearer}", "User-Agent": "fakelet"}
        self._pool = urllib3.PoolManager(ca_certs=ca, maxsize=8, retries=False)
        self._addresses = (f"10.1.{high}.{low}" for high in itertools.count() for low in range(1, 255))
        self._slow: dict[str, float] = {}

    def run(self) -> None:
        self._furnish()
        threading.Thread(target=self._follow, args=("/api/v1/persistentvolumeclaims", self._claim), daemon=True).start()
        self._follow("/api/v1/pods", self._pod)

    def _furnish(self) -> None:
        node = {"metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"}}}
        self._send("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", **node})
        self._send("PATCH", f"/api/v1/nodes/{NODE}", {"spec": {"taints": None}}, MERGE)
        status = {
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "fake"}],
            "capacity": {"cpu": "64", "memory": "256Gi", "pods": "10000"},
        }
        self._send("PATCH", f"/api/v1/nodes/{NODE}/status", {"status": status}, MERGE)
        for name, mode in CLASSES.items():
            default = {"storageclass.kubernetes.io/is-default-class": str(name == "standard").lower()}
            body = {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": name, "annotations": default},
                "provisioner": "fakelet.test/volumes",
                "volumeBindingMode": mode,
                "allowVolumeExpansion": name == "standard",
            }
            self._send("POST", "/apis/storage.k8s.io/v1/storageclasses", body)

    def _follow(self, path: str, handle: Callable[[str, Object], None]) -> None:
        """List and watch for ever: whatever goes wrong is tried again from a fresh list."""
        while True:
            try:
                listed = self._send("GET", path)
                for item in listed["items"]:
                    handle("ADDED", item)
                self._watch(path, listed["metadata"]["resourceVersion"], handle)
            except (urllib3.exceptions.HTTPError, OSError, ValueError, KeyError):
                time.sleep(0.2)

    def _watch(self, path: str, version: str, handle: Callable[[str, Object], None]) -> None:
        answer = self._pool.request(
            "GET",
            f"{self._url}{path}?watch=1&resourceVersion={version}",
            headers=self._headers,
            preload_content=False,
            timeout=urllib3.Timeout(connect=3, read=3600),
        )
        rest = b""
        for chunk in answer.stream(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                handle(event["type"], event["object"])

    def _pod(self, event: str, pod: Object) -> None:
        meta, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if event == "DELETED":
            self._slow.pop(meta["uid"], None)
        elif "deletionTimestamp" in meta:
            if meta.get("deletionGracePeriodSeconds") != 0:
                options = {"gracePeriodSeconds": 0, "preconditions": {"uid": meta["uid"]}}
                self._send("DELETE", path, {"apiVersion": "v1", "kind": "DeleteOptions", **options})
        elif not spec.get("nodeName"):
            self._schedule(path, pod)
        elif status.get("phase") not in ("Succeeded", "Failed"):
            self._report(path, pod)

    def _schedule(self, path: str, pod: Object) -> None:
        wanted = pod["spec"].get("nodeSelector", {})
        if not wanted.items() <= {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"}.items():
            condition = {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "no node fits",
            }
            if not any(c["type"] == "PodScheduled" for c in pod.get("status", {}).get("conditions", [])):
                self._send("PATCH", f"{path}/status", {"status": {"conditions": [condition]}}, STRATEGIC)
            return
        for volume in pod["spec"].get("volumes", []):
            if "persistentVolumeClaim" in volume:
                claims = path.rpartition("/pods/")[0] + "/persistentvolumeclaims/"
                claim = self._send("GET", claims + volume["persistentVolumeClaim"]["claimName"])
                if claim.get("kind") == "PersistentVolumeClaim":
                    self._bind(claim)
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod["metadata"]["name"]}, "target": target}
        self._send("POST", f"{path}/binding", body)

    def _report(self, path: str, pod: Object) -> None:
        now, spec, uid = _now(), pod["spec"], pod["metadata"]["uid"]
        tags = {container["name"]: _tag(container["image"]) for container in spec["containers"]}
        well = not set(tags.values()) & WAITING.keys()
        if "slow" in tags.values() and self._slow.setdefault(uid, time.monotonic()) + SLOW_S > time.monotonic():
            if "podIP" not in pod.get("status", {}):
                threading.Timer(SLOW_S, self._pod, ("MODIFIED", pod)).start()
            return
        phase = "Running"
        if spec.get("restartPolicy") != "Always":
            phase = "Succeeded" if well else "Failed" if "crash" in tags.values() else "Pending"
        known = {c["type"]: c["status"] for c in pod.get("status", {}).get("conditions", [])}
        if pod.get("status", {}).get("phase") == phase and known.get("Ready") == str(well):
            return
        body = {
            "phase": phase if well or phase == "Failed" else "Pending" if "crash" not in tags.values() else "Running",
            "startTime": now,
            "podIP": pod.get("status", {}).get("podIP") or next(self._addresses),
            "conditions": [
                {"type": kind, "status": str(well or kind in CONDITIONS[:2]), "lastTransitionTime": now}
                for kind in CONDITIONS
            ],
            "containerStatuses": [_container(c, tags[c["name"]], phase, now) for c in spec["containers"]],
        }
        self._send("PATCH", f"{path}/status", {"status": body}, STRATEGIC)

    def _claim(self, event: str, claim: Object) -> None:
        if event == "DELETED":
            if name := claim["spec"].get("volumeName"):
                self._send("DELETE", f"/api/v1/persistentvolumes/{name}")
        elif CLASSES.get(claim["spec"].get("storageClassName", "")) == "Immediate":
            self._bind(claim)

    def _bind(self, claim: Object) -> None:
        meta, spec = claim["metadata"], claim["spec"]
        if claim.get("status", {}).get("phase") == "Bound" or "deletionTimestamp" in meta:
            return
        path, name = (
            f"/api/v1/namespaces/{meta['namespace']}/persistentvolumeclaims/{meta['name']}",
            f"pv-{meta['uid']}",
        )
        capacity = {"storage": spec["resources"]["requests"]["storage"]}
        volume = {
            "capacity": capacity,
            "accessModes": spec["accessModes"],
            "storageClassName": spec.get("storageClassName", ""),
            "claimRef": {"kind": "PersistentVolumeClaim", **{key: meta[key] for key in ("namespace", "name", "uid")}},
            "hostPath": {"path": f"/fake/{name}"},
        }
        body = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": volume}
        self._send("POST", "/api/v1/persistentvolumes", body)
        self._send("PATCH", f"/api/v1/persistentvolumes/{name}/status", {"status": {"phase": "Bound"}}, MERGE)
        self._send("PATCH", path, {"spec": {"volumeName": name}}, MERGE)
        status = {"phase": "Bound", "capacity": capacity, "accessModes": spec["accessModes"]}
        self._send("PATCH", f"{path}/status", {"status": status}, MERGE)

    def _send(self, method: str, path: str, body: Object | None = None, content_type: str = JSON) -> Object:
        """The answer's body, whatever its status: a write that comes too late is no matter."""
        headers = self._headers | ({"Content-Type": content_type} if body is not None else {})
        data = None if body is None else json.dumps(body)
        answer = self._pool.request(method, self._url + path, body=data, headers=headers, timeout=30)
        found = json.loads(answer.data)
        assert isinstance(found, dict)
        return found


def _container(container: Object, tag: str, phase: str, now: str) -> Object:
    state: Object = {"running": {"startedAt": now}}
    if phase in ("Succeeded", "Failed"):
        over = {"exitCode": int(phase == "Failed"), "startedAt": now, "finishedAt": now}
        state = {"terminated": {**over, "reason": "Error" if phase == "Failed" else "Completed"}}
    elif tag in WAITING:
        state = {"waiting": {"reason": WAITING[tag], "message": f"the image is tagged {tag}"}}
    well = tag not in WAITING
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": well and "running" in state,
        "started": well,
        "restartCount": 3 if tag == "crash" else 0,
        "state": state,
    }


def _tag(image: str) -> str:
    return image.rpartition("/")[2].partition("@")[0].partition(":")[2]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
