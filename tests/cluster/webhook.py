"""An admission webhook on loopback that a test programs: it allows, denies, changes, warns, is slow, or is not there.

with Webhook(cluster, resources=["configmaps"], namespace=namespace) as webhook:
    webhook.deny = "not on Fridays"
    ...
    assert webhook.seen == ["UPDATE settings dry"]
"""

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.cluster.cluster import Cluster, Object

PROBE = "test-probe"


class Webhook:
    """Registered, and listening, while the ``with`` block runs. Only objects of one namespace are shown to it."""

    def __init__(
        self, cluster: Cluster, resources: list[str], namespace: str, *, group: str = "", **settings: Any
    ) -> None:
        self.deny = ""
        self.patch: list[Object] = []
        self.warnings: list[str] = []
        self.delay_s = 0.0
        self.seen: list[str] = []
        self._over = threading.Event()
        self._heard_of = threading.Event()
        self._namespace = namespace
        self._cluster = cluster
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.webhook = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cluster.ca, cluster.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.body = self._configuration(resources, namespace, group, settings)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self._cluster.create(self.body)
        self._cluster.until(self._is_asked)
        return self

    def _is_asked(self) -> bool:
        """The API server hears of new webhooks a moment later: until then it asks nobody."""
        labels = {PROBE: self.body["metadata"]["name"]}
        probe = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"generateName": "probe-", "labels": labels}}
        path = f"/api/v1/namespaces/{self._namespace}/serviceaccounts"
        self._cluster.expect(201, "POST", path, probe, params={"dryRun": "All"})
        return self._heard_of.is_set()

    def probed(self) -> Object:
        """The answer to the question of ``_is_asked``, which ``seen`` knows nothing of."""
        self._heard_of.set()
        return {}

    def __exit__(self, *_: object) -> None:
        self._cluster.delete(self.body)
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def close_port(self) -> None:
        """From now on nobody listens where the API server asks."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, review: Object) -> Object:
        request = review["request"]
        self.seen.append(f"{request['operation']} {request['name']}" + (" dry" if request.get("dryRun") else ""))
        self._over.wait(self.delay_s)
        response: Object = {"uid": request["uid"], "allowed": not self.deny}
        if self.deny:
            response["status"] = {"code": 403, "message": self.deny}
        elif self.patch:
            patch = base64.b64encode(json.dumps(self.patch).encode()).decode()
            response |= {"patchType": "JSONPatch", "patch": patch}
        if self.warnings:
            response["warnings"] = self.warnings
        return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}

    def _configuration(self, resources: list[str], namespace: str, group: str, settings: Object) -> Object:
        name = self._cluster.name("webhook")
        rule = {"operations": ["*"], "apiGroups": [group], "apiVersions": ["*"], "resources": resources}
        bundle = base64.b64encode(Path(self._cluster.ca).read_bytes()).decode()
        hook = {
            "name": f"{name}.example.org",
            "clientConfig": {"url": f"https://127.0.0.1:{self._server.server_port}/", "caBundle": bundle},
            "rules": [rule],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 5,
        }
        probe = hook | {
            "name": f"{name}-probe.example.org",
            "clientConfig": {"url": f"https://127.0.0.1:{self._server.server_port}/{PROBE}", "caBundle": bundle},
            "rules": [rule | {"apiGroups": [""], "resources": ["serviceaccounts"]}],
            "objectSelector": {"matchLabels": {PROBE: name}},
            "failurePolicy": "Ignore",
        }
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [hook | settings, probe],
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    webhook: Webhook

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The API server hangs up when it has waited long enough."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = self.server.webhook
        data = json.dumps(asked.probed() if self.path.startswith(f"/{PROBE}") else asked.answer(review)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Tests look at ``seen``."""
