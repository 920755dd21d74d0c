"""The roles that ``pipeline rbac`` prints are enough, and not one verb of the applier's writes is too many."""

import hashlib
import json
from typing import Any

import pytest
import yaml

from pipeline.cli import run
from tests.cluster.cluster_platform import SETTINGS, WEB, ClusterPlatform, ops

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


def give(estate: ClusterPlatform, user: str, purpose: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Bind the printed role to ``user``, and work as that user from now on."""
    capsys.readouterr()
    assert run(["rbac", "--for", purpose, "--user", user]) == 0
    text = capsys.readouterr().out
    estate.cluster.kubectl("apply", "-f", "-", stdin=text)
    path = f"/api/v1/namespaces/{estate.namespace}/configmaps/of-nobody"
    heard_of = lambda: estate.cluster.raw("GET", path, user=user)[0] == 404  # noqa: E731 - 403 until then
    estate.cluster.until(heard_of)
    return text


@pytest.fixture
def three(estate: ClusterPlatform) -> ClusterPlatform:
    estate.commit(WEB, SETTINGS, ROLE)
    return estate


def test_applier_can_plan_apply_update_and_prune(three: ClusterPlatform, capsys: pytest.CaptureFixture[str]) -> None:
    give(three, "applier", "applier", capsys)
    three.work_as("applier")
    assert not three.plan()["warnings"]
    three.apply()
    three.commit(WEB, ROLE, values="tag: '2.0'\n")
    assert ops(three.plan()) == {"Deployment/web": "update", "ConfigMap/settings": "delete"}
    three.apply()
    assert run(["drift"]) == 0
    assert run(["status"]) == 0


def test_planner_can_plan_and_not_apply(three: ClusterPlatform, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_applier_without_one_verb_writes_nothing(three: ClusterPlatform, capsys: pytest.CaptureFixture[str]) -> None:
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


def rules_of(bodies: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    """Every single verb of the roles: which manifest, which rule, which verb."""
    return [
        (number, place, verb)
        for number, body in enumerate(bodies)
        for place, rule in enumerate(body.get("rules", []))
        for verb in rule["verbs"]
    ]


def without(body: dict[str, Any], place: int, verb: str) -> dict[str, Any]:
    rules = [dict(rule) for rule in body["rules"]]
    rules[place]["verbs"] = [one for one in rules[place]["verbs"] if one != verb]
    return body | {"rules": [rule for rule in rules if rule["verbs"]]}


def whole_life(estate: ClusterPlatform, commits: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Plan and apply each commit, then drift and status; what the first that did not work said, else nothing."""
    path = estate.root.parent / "life.json"
    steps: list[list[str]] = []
    for commit in commits:
        steps += [["plan", "--commit", commit, "--out", str(path)], ["apply", str(path)], ["drift"]]
    for arguments in (*steps, ["status"]):
        capsys.readouterr()
        named = []
        if arguments[0] == "apply":
            named = ["--plan-digest", f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"]
        code = run([*arguments, *named])
        said = capsys.readouterr()
        if code or (arguments[0] == "plan" and "you may not" in said.out):
            return f"{code} {said.out}{said.err}"
    return ""


def nobody_else_gave(estate: ClusterPlatform, user: str) -> None:
    """Take away what other tests have bound to the user, who is the same in all of them."""
    for kind in ("clusterrolebindings", "rolebindings"):
        root = f"/apis/rbac.authorization.k8s.io/v1/{kind}"
        for one in estate.cluster.expect(200, "GET", root)["items"]:
            if any(subject.get("name") == user for subject in one.get("subjects", [])):
                place = one["metadata"].get("namespace")
                inside = root.replace(kind, f"namespaces/{place}/{kind}") if place else root
                estate.cluster.raw("DELETE", f"{inside}/{one['metadata']['name']}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ClusterRole", "Role"])
def test_exactly_the_printed_roles_do_and_none_of_their_verbs_is_too_many(
    estate: ClusterPlatform, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """With each verb of each rule taken away, something fails, and it says what may not be done."""
    maps = [SETTINGS.replace("settings", f"s-{number}") for number in range(5)]
    quick = ", lockSeconds: 6"
    first = estate.commit(WEB, ROLE, *maps, apply=quick)
    commits = [first, estate.commit(SETTINGS, apply=quick)]  # everything is made, and everything is deleted
    estate.plan("--commit", first)
    estate.apply()
    capsys.readouterr()
    assert run(["rbac", "--for", "applier", "--user", "applier"]) == 0
    bodies = list(yaml.safe_load_all(capsys.readouterr().out))
    needless, unclear = [], []

    def give(body: dict[str, Any]) -> None:
        estate.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(body))

    nobody_else_gave(estate, "applier")
    for body in bodies:
        give(body)
    estate.work_as("applier")
    assert whole_life(estate, commits, capsys) == ""
    for number, place, verb in rules_of(bodies):
        rule = bodies[number]["rules"][place]
        if bodies[number]["kind"] != kind or rule["resources"] == ["pods"]:
            continue  # pods are only listed to say why a workload does not come up
        give(without(bodies[number], place, verb))
        said = whole_life(estate, commits, capsys)
        give(bodies[number])
        if said:  # begin the next one with nothing there, whatever was left
            estate.work_as("admin")
            assert whole_life(estate, commits[1:], capsys) == ""
            estate.work_as("applier")
        what = f"{verb} {rule['apiGroups']} {rule['resources']} of {bodies[number]['kind']}"
        if not said:
            needless.append(what)
        elif not (said[0] in "0169" and ("may not" in said or "orbidden" in said)):
            unclear.append(f"{what}: {said}")
    assert (needless, unclear) == ([], [])
