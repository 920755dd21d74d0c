"""Who keeps the old values of a ConfigMap that changes."""

import pytest

from pipeline.core.analysis.start_readers import left_running
from pipeline.core.diff.compare import compare
from pipeline.core.render.manifests import parse
from pipeline.core.risk.upgrade import Side, Upgrade

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: %s, b: y}\n---\n"
WEB = (
    "apiVersion: apps/v1\nkind: %s\nmetadata: {name: web%s}\nspec: {template: {metadata: {annotations: {sum: '%s'}}, "
    "spec: {containers: [{name: a, %s}], volumes: [{name: v, configMap: {name: a}}]}}}\n"
)
FROM = "envFrom: [{configMapRef: {name: a}}]"
ONE = "env: [{name: A, valueFrom: {configMapKeyRef: {name: a, key: %s}}}]"
FILE = "volumeMounts: [{name: v, mountPath: /a, subPath: %s}]"
OPTED = ", annotations: {reloader.stakater.com/auto: 'true'}"


@pytest.mark.parametrize(
    ("kind", "more", "reads", "after", "kept"),
    [
        ("Deployment", "", FROM, "1", True),
        ("StatefulSet", "", FROM, "1", True),
        ("DaemonSet", "", ONE % "a", "1", True),
        ("Deployment", "", FILE % "a", "1", True),
        ("Deployment", "", ONE % "b", "1", False),
        ("Deployment", "", FILE % "b", "1", False),
        ("Deployment", "", "volumeMounts: [{name: v, mountPath: /a}]", "1", False),
        ("Deployment", "", FROM, "2", False),
        ("Deployment", OPTED, FROM, "1", False),
        ("CronJob", "", FROM, "1", False),
    ],
)
def test_pods_keep_what_they_read_at_their_start(kind: str, more: str, reads: str, after: str, *, kept: bool) -> None:
    texts = (MAP % "x" + WEB % (kind, more, "1", reads), MAP % "z" + WEB % (kind, more, after, reads))
    sides = [Side(parse(text, namespace="shop", release="web")) for text in texts]
    diff = compare(sides[0].manifests, sides[1].manifests)
    upgrade = Upgrade("web", "shop", sides[0], sides[1], diff)
    (change,) = [one for one in diff.changes if one.id.kind == "ConfigMap"]
    assert [one.name for one in left_running(change, upgrade)] == (["web"] if kept else [])
