"""A platform with a real cluster: a repository whose environment ``prod`` is the test's own namespace there."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from tests.cluster.cluster import Cluster
from tests.support.platforms import git, verbs, write

HEAD = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
WEB = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example.org/web:{{ .Values.tag }}", ports: [{containerPort: 80}]}]}
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: '{{ .Values.a }}'}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: creds}\nstringData: {password: canary-hunter2-canary}\n"


class ClusterPlatform:
    """One repository and its cluster. Each verb runs in this process, in the repository's folder."""

    def __init__(self, root: Path, cluster: Cluster, patch: pytest.MonkeyPatch) -> None:
        self.root, self.cluster = root, cluster
        self._patch = patch
        self.namespace = cluster.namespace()
        self.environment = self.namespace
        patch.chdir(write(root, {"charts/web/Chart.yaml": HEAD, "charts/web/values.yaml": "tag: '1.0'\na: b\n"}))
        patch.setenv("KUBECONFIG", str(cluster.kubeconfig()))
        patch.setenv("PIPELINE_STATE_DIR", str(root.parent / "state"))
        patch.setenv("PIPELINE_QUIET", "1")
        git(root, "init", "--quiet")

    def work_as(self, user: str) -> None:
        """From now on with that user's credentials."""
        self._patch.setenv("KUBECONFIG", str(self.cluster.kubeconfig(user)))

    def commit(self, *templates: str, values: str = "", apply: str = "", patience: str = "20") -> str:
        """Render and commit these templates; the commit. ``apply`` is the section of pipeline.yaml, in flow style."""
        config = (
            f"environments:\n  {self.environment}: {{cluster: {{context: test}}}}\n"
            f"releases:\n  - {{name: web, chart: ./charts/web, namespace: {self.namespace}}}\n"
            "helm: {engine: embedded}\nsecrets: {rendered: allow}\n"
            f"apply: {{healthTimeoutSeconds: {patience}{apply}}}\n"
        )
        files = {f"charts/web/templates/{n}.yaml": text for n, text in enumerate(templates)}
        for old in (self.root / "charts/web/templates").glob("*"):
            old.unlink()
        write(self.root, {"pipeline.yaml": config, "values/web/common.yaml": values} | files)
        git(self.root, "add", ".")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", "change")
        verbs("vendor", "render", "commit")
        return git(self.root, "rev-parse", "HEAD").strip()

    def plan(self, *arguments: str, code: int = 0, out: str = "plan.json") -> dict[str, Any]:
        """The plan that ``pipeline plan`` writes."""
        path = self.root.parent / out
        path.unlink(missing_ok=True)
        assert run(["plan", "--out", str(path), *arguments]) == code
        data: dict[str, Any] = json.loads(path.read_text())
        return data

    def apply(self, *arguments: str, code: int = 0, plan: str = "plan.json") -> None:
        """Apply the plan as a workflow does that names its digest."""
        path = self.root.parent / plan
        digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        found = run(["apply", str(path), "--plan-digest", digest, *arguments])
        assert found == code, f"pipeline apply exited with {found}, not {code}"

    def roll_out(self, *templates: str, **more: str) -> str:
        """Commit, plan and apply."""
        commit = self.commit(*templates, **more)
        self.plan()
        self.apply()
        return commit

    def live(self, kind: str, name: str) -> Any:
        """The live object, None where it is gone."""
        return self.cluster.get({**KINDS[kind], "metadata": {"name": name, "namespace": self.namespace}})

    def inventory(self) -> list[str]:
        """Each object as ``group/Kind/namespace/name``."""
        path = f"/api/v1/namespaces/pipeline-system/configmaps/pipeline-{self.environment}"
        status, body = self.cluster.raw("GET", path)
        return [line.split()[0] for line in body["data"]["objects"].splitlines()] if status == 200 else []


KINDS: Mapping[str, dict[str, Any]] = {
    "ConfigMap": {"apiVersion": "v1", "kind": "ConfigMap"},
    "Secret": {"apiVersion": "v1", "kind": "Secret"},
    "Service": {"apiVersion": "v1", "kind": "Service"},
    "Deployment": {"apiVersion": "apps/v1", "kind": "Deployment"},
    "Job": {"apiVersion": "batch/v1", "kind": "Job"},
}


def ops(plan: dict[str, Any]) -> dict[str, str]:
    """Kind and name of each action that is not UNCHANGED, with its op."""
    return {f"{a['kind']}/{a['name']}": a["op"] for a in plan["actions"] if a["op"] != "unchanged"}


def codes(plan: dict[str, Any]) -> set[str]:
    return {problem["code"] for problem in plan["problems"]}
