"""What a test holds of the real control plane: requests, kubeconfigs, fresh namespaces, and what the audit log says.

    def test_something(cluster: Cluster) -> None:
        namespace = cluster.namespace()                      # fresh, with its default service account
        config = cluster.kubeconfig("applier")               # a file with one context, "test"
        cluster.grant("applier", "cluster-admin")            # admin may all; applier, viewer, stranger nothing
        status, body = cluster.raw("GET", "/api/v1/pods")
        status, body = cluster.apply({...}, manager="pipeline", dryRun="All")
        cluster.wait(deployment, lambda live: live["status"]["availableReplicas"] == 1)
        cluster.mark(); ...; cluster.audit()                 # writes since, dry runs excluded, in order
        cluster.kubectl("get", "pods")                       # real kubectl as admin
        cluster.obey("stop", "etcd"); cluster.obey("continue", "etcd")

What is made is left behind: the control plane ends with the tests. So names outside namespaces must be unique
(``name``), and what is in everybody's way is taken back (``end_conversions``). Images are never run: see fakelet.py
for how a tag decides what becomes of a pod.
"""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import urllib3

from tests.cluster.control_plane import token, write_kubeconfig
from tests.cluster.control_plane_connection import ControlPlaneConnection
from tests.support.tools import tool

Object = dict[str, Any]
PATCHES = {
    "apply": "application/apply-patch+yaml",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}
WAIT_S = 120.0
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Write:
    """One write that the API server had, as its audit log tells it.

    ``code`` is 0 where the server never answered (it was killed). ``body`` is what was sent: for a delete its options.
    """

    user: str
    verb: str
    group: str
    resource: str
    namespace: str
    name: str
    subresource: str
    uri: str
    code: int
    user_agent: str
    received: str
    answered: str
    body: Any

    @property
    def id(self) -> str:
        """``apps/deployments/NAMESPACE/NAME``: the group is empty for the core, the namespace for cluster scope."""
        return f"{self.group}/{self.resource}/{self.namespace}/{self.name}"


class Cluster:
    """One test's hold of the control plane. The admin is asked unless another user is named."""

    def __init__(self, plane: ControlPlaneConnection, folder: Path) -> None:
        self._plane, self._folder = plane, folder
        self._mark = plane.audit_size()
        self.url = plane.url
        self.ca = plane.ca
        self.key = plane.key

    def kubeconfig(self, user: str = "admin", *, url: str = "", namespace: str = "") -> Path:
        """A new kubeconfig with one context, "test". ``url`` may lead through a proxy (plain HTTP needs no CA)."""
        ca = self.ca if (url or self.url).startswith("https:") else None
        path = self._folder / f"kubeconfig-{user}-{uuid4().hex[:6]}.yaml"
        return write_kubeconfig(path, url or self.url, user, ca, namespace=namespace)

    def raw(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        params: dict[str, str] | None = None,
        user: str = "admin",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and body, decoded where it is JSON, else text. ``content_type`` may be a key of PATCHES."""
        answer = self.answer(
            method, path, body, content_type=content_type, params=params, user=user, headers=headers or {}
        )
        if "json" in answer.headers.get("Content-Type", ""):
            return answer.status, json.loads(answer.data)
        return answer.status, answer.data.decode()

    def answer(
        self,
        method: str,
        path: str,
        body: object,
        *,
        content_type: str,
        params: dict[str, str] | None,
        user: str,
        headers: dict[str, str],
    ) -> urllib3.BaseHTTPResponse:
        """The whole answer, for tests that look at headers."""
        sent = {"Authorization": f"Bearer {token(user)}", "User-Agent": "test", "Accept": "application/json"}
        if body is not None:
            sent["Content-Type"] = PATCHES.get(content_type, content_type)
        data = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
        query = f"?{urlencode(params)}" if params else ""
        return self._plane.pool.request(method, self.url + path + query, body=data, headers=sent | headers)

    def namespace(self, prefix: str = "test") -> str:
        """A new namespace with all that controllers put into it. It is left behind."""
        name = self.name(prefix)
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self.expect(201, "POST", "/api/v1/namespaces", body)
        for own in ("serviceaccounts/default", "configmaps/kube-root-ca.crt"):
            self.until(partial(self._is_there, f"/api/v1/namespaces/{name}/{own}"))
        return name

    def _is_there(self, path: str) -> bool:
        return self.raw("GET", path)[0] == 200

    def name(self, prefix: str = "test") -> str:
        """A name that nobody else has."""
        return f"{prefix}-{uuid4().hex[:8]}"

    def path(self, body: Object) -> str:
        """Where an object is, with its name: ``/apis/apps/v1/namespaces/NAMESPACE/deployments/NAME``."""
        version, meta = body["apiVersion"], body["metadata"]
        root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        resource, namespaced = self._plane.resource(root, body["kind"])
        space = f"/namespaces/{meta['namespace']}" if namespaced else ""
        return f"{root}{space}/{resource}/{meta['name']}"

    def apply(
        self, body: Object, *, manager: str = "test", force: bool = False, user: str = "admin", **params: str
    ) -> tuple[int, Any]:
        """Server-side apply, strict about fields. ``dryRun="All"`` and the like are query parameters."""
        query = {"fieldManager": manager, "force": str(force).lower(), "fieldValidation": "Strict"} | params
        return self.raw("PATCH", self.path(body), body, content_type="apply", params=query, user=user)

    def create(self, body: Object, **params: str) -> Any:
        """POST that must work; gives the live object."""
        return self.expect(201, "POST", self.path(body).rpartition("/")[0], body, params=params)

    def get(self, body: Object) -> Any:
        """The live object, or None."""
        status, live = self.raw("GET", self.path(body))
        return live if status == 200 else None

    def delete(self, body: Object, options: Object | None = None) -> tuple[int, Any]:
        return self.raw("DELETE", self.path(body), options)

    def expect(self, status: int, method: str, path: str, body: object = None, **more: Any) -> Any:
        """``raw``, with the status that it must have."""
        found, answer = self.raw(method, path, body, **more)
        assert found == status, (found, answer)
        return answer

    def wait(self, body: Object, holds: Callable[[Any], object], timeout_s: float = WAIT_S) -> Any:
        """The live object, as soon as ``holds`` of it."""
        self.until(lambda: holds(self.get(body)), timeout_s, tells=lambda: self.get(body))
        return self.get(body)

    def until(
        self, holds: Callable[[], object], timeout_s: float = WAIT_S, tells: Callable[[], object] = lambda: ""
    ) -> None:
        """Returns when ``holds``, asked again and again; what its answer has not got yet counts as not yet.

        ``tells`` is asked for the error: how things are at the end.
        """
        give_up = time.monotonic() + timeout_s
        while not _already(holds):
            assert time.monotonic() < give_up, f"still not so after {timeout_s} s: {tells()}"
            time.sleep(0.03)

    def gone(self, path: str) -> None:
        """Returns when nothing is at a path any more."""
        self.until(lambda: self.raw("GET", path)[0] == NOT_FOUND, tells=lambda: self.raw("GET", path))

    def end_conversions(self) -> None:
        """Definitions convert through no webhook any more: while one kind cannot be listed, no namespace can go."""
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        none = {"spec": {"conversion": {"strategy": "None", "webhook": None}}}
        for definition in self.expect(200, "GET", path)["items"]:
            if definition["spec"]["conversion"]["strategy"] == "Webhook":
                self.expect(200, "PATCH", f"{path}/{definition['metadata']['name']}", none, content_type="merge")

    def grant(self, user: str, role: str, namespace: str = "") -> None:
        """Binds a user to a ClusterRole, in one namespace or everywhere. It is left behind, so name namespaces."""
        kind = "RoleBinding" if namespace else "ClusterRoleBinding"
        meta = {"name": self.name("grant")} | ({"namespace": namespace} if namespace else {})
        subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
        ref = {"kind": "ClusterRole", "name": role, "apiGroup": "rbac.authorization.k8s.io"}
        body = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": meta}
        self.create(body | {"subjects": [subject], "roleRef": ref})

    def kubectl(self, *arguments: str, user: str = "admin", stdin: str = "", check: bool = True) -> str:
        """What kubectl prints (both streams)."""
        command = [tool("kubectl"), "--kubeconfig", str(self.kubeconfig(user)), *arguments]
        done = subprocess.run(
            command, input=stdin, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120
        )
        assert done.returncode == 0 or not check, done.stdout
        return done.stdout

    def mark(self) -> None:
        """``audit`` begins here."""
        self._mark = self._plane.audit_size()

    def audit(self, *, user: str = "", user_agent: str = "", dry_run: bool = False) -> list[Write]:
        """Writes since the mark, in the order in which the server received them; of one user, or one user agent.

        Waits until the server has answered all that it had received. Writes of the control plane's own parts are not
        in the log; requests to the review APIs are no writes. ``dry_run`` adds the dry runs.
        """
        events = self._plane.audit_events(self._mark)
        writes = [_write(event) for event in events]
        return [
            write
            for write in writes
            if (dry_run or "dryRun=" not in write.uri) and write.user_agent.startswith(user_agent)
            if not user or write.user == user
        ]

    def processes(self) -> list[int]:
        """Ids of the control plane's processes (Linux; elsewhere none)."""
        return self._plane.processes()

    def obey(self, verb: str, name: str) -> None:
        """``stop``, ``continue``, ``kill`` or ``start`` one of etcd, kube-apiserver, kube-controller-manager."""
        self._plane.obey(verb, name)


def _already(holds: Callable[[], object]) -> bool:
    try:
        return bool(holds())
    except (KeyError, IndexError, TypeError, StopIteration):
        return False


def _write(event: Object) -> Write:
    ref = event.get("objectRef", {})
    return Write(
        user=event["user"]["username"],
        verb=event["verb"],
        group=ref.get("apiGroup", ""),
        resource=ref.get("resource", ""),
        namespace=ref.get("namespace", ""),
        name=ref.get("name", ""),
        subresource=ref.get("subresource", ""),
        uri=event["requestURI"],
        code=event.get("responseStatus", {}).get("code", 0),
        user_agent=event.get("userAgent", ""),
        received=event["requestReceivedTimestamp"],
        answered=event["stageTimestamp"],
        body=event.get("requestObject"),
    )
