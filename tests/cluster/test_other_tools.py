"""A release's folder is taken as it is by a tool that knows nothing of us: kubectl, against a real API server."""

import json
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.support.platforms import platform, verbs

_HOOKS = "".join(
    f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, annotations: {{helm.sh/hook: {event}}}}}\n---\n"
    for name, event in (("before", "pre-install"), ("check", "test"))
)


def test_kubectl_applies_the_folder_and_no_hook(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = cluster.namespace()
    config = f"releases:\n  - {{name: web, chart: ./charts/web, namespace: {space}}}\nhelm: {{engine: embedded}}\n"
    root = platform(tmp_path / "platform", {"pipeline.yaml": config, "charts/web/templates/hooks.yaml": _HOOKS})
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    said = cluster.kubectl("apply", "--recursive", "--filename", str(root / "rendered/default/web"))
    assert sorted(said.split("\n")) == ["", "configmap/settings created", "service/web created"]
    maps = json.loads(cluster.kubectl("get", "configmaps", "--namespace", space, "--output", "json"))["items"]
    names = {item["metadata"]["name"] for item in maps}
    assert "settings" in names
    assert not names & {"before", "check"}
    again = cluster.kubectl("apply", "--recursive", "--filename", str(root / "rendered/default"))
    assert sorted(again.split("\n")) == ["", "configmap/settings unchanged", "service/web unchanged"]
    assert (root / "rendered/.pipeline-hooks/default/web/pre-install").is_dir()
