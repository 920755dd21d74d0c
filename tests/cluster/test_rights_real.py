"""The roles that ``pipeline rbac`` prints are enough, and not one verb of the applier's writes is too many."""

import json

import pytest
import yaml

from pipeline.cli import run
from tests.cluster.estate import SETTINGS, WEB, Estate, ops

ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [''], resources: [nodes], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: Group, name: readers, apiGroup: rbac.authorization.k8s.io}]
"""


def give(estate: Estate, user: str, purpose: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Bind the printed role to ``user``, and work as that user from now on."""
    capsys.readouterr()
    assert run(["rbac", "--for", purpose, "--user", user]) == 0
    text = capsys.readouterr().out
    estate.cluster.kubectl("apply", "-f", "-", stdin=text)
    return text


@pytest.fixture
def three(estate: Estate) -> Estate:
    estate.commit(WEB, SETTINGS, ROLE)
    return estate


def test_applier_can_plan_apply_update_and_prune(three: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    give(three, "applier", "applier", capsys)
    three.work_as("applier")
    assert not three.plan()["warnings"]
    three.apply()
    three.commit(WEB, ROLE, values="tag: '2.0'\n")
    assert ops(three.plan()) == {"Deployment/web": "update", "ConfigMap/settings": "delete"}
    three.apply()
    assert run(["drift"]) == 0
    assert run(["status"]) == 0


def test_planner_can_plan_and_not_apply(three: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    three.plan()
    three.apply()
    give(three, "viewer", "planner", capsys)
    three.commit(WEB, ROLE, values="tag: '2.0'\n")
    three.work_as("viewer")
    plan = three.plan()
    assert "delete configmaps" in plan["warnings"][0]
    three.cluster.mark()
    three.apply(code=1)
    assert [write for write in three.cluster.audit(user="viewer") if write.code < 300] == []


def test_applier_without_one_verb_writes_nothing(three: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    three.plan()
    text = give(three, "stranger", "applier", capsys)
    for body in yaml.safe_load_all(text):
        if body["kind"] == "Role" and body["metadata"]["namespace"] == three.namespace:
            for rule in body["rules"]:
                rule["verbs"] = [verb for verb in rule["verbs"] if verb != "patch"] or ["get"]
            three.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    three.work_as("stranger")
    three.apply(code=1)
    assert three.live("ConfigMap", "settings") is None
