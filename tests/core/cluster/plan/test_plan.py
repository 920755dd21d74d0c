"""The plan file: paths are lists of steps, and a plan of another version is refused before the rest of it is read."""

import json
from typing import Any

import pytest

from pipeline.core.cluster.plan.managed_fields import is_path
from pipeline.core.cluster.plan.plan import Operation, PlanProblem, from_bytes, to_bytes
from pipeline.core.errors import UsageError
from tests.support.plans import action, plan

PATH = ("f:spec", "f:containers", 'k:{"name":"a\\tb"}', "f:image")


def changed(**more: Any) -> bytes:
    data = json.loads(to_bytes(plan(actions=(action(1, Operation.UPDATE, "web", leave=(PATH,)),))))
    return json.dumps(data | more).encode()


def test_a_path_with_any_character_is_read_as_it_was_written() -> None:
    made = plan(actions=(action(1, Operation.UPDATE, "web", leave=(PATH, ("f:a\tb",))),))
    assert from_bytes(to_bytes(made), "plan.json") == made


def test_the_fix_of_a_plan_problem_keeps_its_key_in_the_file() -> None:
    made = plan(problems=(PlanProblem("adoption", "Service web", "it exists", "allow it in pipeline.yaml"),))
    assert json.loads(to_bytes(made))["problems"][0]["cure"] == "allow it in pipeline.yaml"
    assert from_bytes(to_bytes(made), "plan.json") == made


@pytest.mark.parametrize("schema", ["pipeline.plan/v1", "pipeline.plan/v3", "", "pipeline.approval/v1"])
def test_a_plan_of_another_version_is_refused_with_the_way_out(schema: str) -> None:
    old = json.loads(changed())
    old["actions"][0]["leave"] = ["f:spec\tf:replicas"]
    with pytest.raises(UsageError, match="its schema is") as caught:
        from_bytes(json.dumps(old | {"schema": schema}).encode(), "plan.json")
    assert "create a new plan with this version" in str(caught.value)


@pytest.mark.parametrize("path", [[], ["spec"], ["k:{"], ["k:[]"], ["i:x"], ["i:²"], ["f:spec", "v:{"]])
def test_a_path_that_names_no_field_makes_it_no_plan(path: list[str]) -> None:
    data = json.loads(changed())
    data["actions"][0]["leave"] = [path]
    with pytest.raises(UsageError, match="is not the path of a field"):
        from_bytes(json.dumps(data).encode(), "plan.json")


@pytest.mark.parametrize("phase", [17, 19, 21, -1, 2**63])
def test_a_phase_that_there_is_not_makes_it_no_plan(phase: int) -> None:
    data = json.loads(changed())
    data["actions"][0]["phase"] = phase
    with pytest.raises(UsageError, match=r"plan\.json is not a plan: action 1 has phase"):
        from_bytes(json.dumps(data).encode(), "plan.json")


@pytest.mark.parametrize("step", ["f:", "f:a.b", 'k:{"a":1}', "v:1", 'v:"x"', "v:null", "i:0"])
def test_steps_of_fields_v1_are_known(step: str) -> None:
    assert is_path((step,))
