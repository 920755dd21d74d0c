"""Only a plan that passed every check can be applied: there is one way to an ApprovedPlan, and it asks everything."""

import ast
import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.core.cluster.approval.decide import TooFewError
from pipeline.core.cluster.plan.plan import Operation, Plan, PlanProblem
from pipeline.core.cluster.plan.policy import ApplyPolicy, Approvals, Ignored, Selector
from pipeline.core.errors import PipelineError, RefusedError, StaleError, UnsafeError
from pipeline.flows.cluster.approved import (
    ApprovedPlan,
    FittingPlan,
    ProtectedPolicy,
    RepositoryState,
    approvable,
    approved,
    fitting_plan,
)
from tests.support.plans import NOW, TREE, action, checked, digest_of, plan

ROOT = Path(__file__).parents[3] / "pipeline"
STRICT = ApplyPolicy(approvals=Approvals(required=1, methods=("ssh",)), max_deletions=3)


def made(**more: Any) -> Plan:
    policy = more.pop("policy", STRICT)
    return msgspec.structs.replace(plan(actions=(action(1, Operation.DELETE, "old"),)), policy=policy, **more)


def state(given: Plan, protected: ApplyPolicy | None = STRICT, **more: Any) -> RepositoryState:
    decides = ProtectedPolicy(protected, "origin/main") if protected else None
    fields = {"path": given.source.path, "tree": TREE, "policy": given.policy, "objects": tuple}
    return RepositoryState(**{**fields, "protected": decides, **more})


def test_a_plan_with_enough_approvals_is_approved() -> None:
    given = made()
    ready = fitting_plan(given, digest_of(given), state(given))
    found = approved(ready, [checked(given)], NOW)
    assert (found.plan, found.digest, found.approvers) == (given, digest_of(given), ("bob@example.org",))


@pytest.mark.parametrize("kind", [FittingPlan, ApprovedPlan])
def test_nobody_else_can_make_one(kind: type) -> None:
    given = made()
    fields = {field.name: None for field in dataclasses.fields(kind)}
    for maker in (None, object(), "approved"):
        with pytest.raises(TypeError, match=r"only flows/cluster/approved\.py"):
            kind(**fields, maker=maker)
    ready = fitting_plan(given, digest_of(given), state(given))
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(ready, plan=made(author="Mallory <m@example.org>"))  # type: ignore[call-arg]


def test_no_other_module_names_the_maker_or_builds_one() -> None:
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).as_posix() == "flows/cluster/approved.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
            assert called not in ("ApprovedPlan", "FittingPlan"), path
            assert not (isinstance(node, ast.ImportFrom) and any(name.name == "_HERE" for name in node.names)), path


@pytest.mark.parametrize(
    ("changes", "differs", "error", "said"),
    [
        ({}, {"tree": "other"}, StaleError, "differs from what was planned"),
        ({}, {"path": "rendered/test"}, StaleError, "differs from what was planned"),
        ({}, {"policy": ApplyPolicy()}, StaleError, "apply: section"),
        ({"problems": (PlanProblem("twice", "a", "b"),)}, {}, UnsafeError, "the plan has 1 problem"),
        ({"offline": True}, {}, UnsafeError, "made offline"),
        (
            {"actions": (action(1, Operation.CREATE, "web", file="rendered/prod/web/a.yaml"),)},
            {},
            StaleError,
            "does not contain",
        ),
    ],
)
def test_a_plan_that_does_not_fit_is_no_candidate(
    changes: dict[str, Any], differs: dict[str, Any], error: type[PipelineError], said: str
) -> None:
    given = made(**changes)
    with pytest.raises(error, match=said):
        fitting_plan(given, digest_of(given), state(given, **differs))


def test_too_few_approvals_are_told_apart_from_a_rejection() -> None:
    given = made()
    ready = fitting_plan(given, digest_of(given), state(given))
    with pytest.raises(TooFewError):
        approved(ready, [], NOW)
    with pytest.raises(RefusedError, match="rejected") as caught:
        approved(ready, [checked(given), checked(given, decision="reject")], NOW)
    assert not isinstance(caught.value, TooFewError)


@pytest.mark.parametrize(
    ("looser", "setting"),
    [
        (ApplyPolicy(approvals=Approvals(required=0, methods=("ssh",)), max_deletions=3), "approvals.required"),
        (ApplyPolicy(approvals=Approvals(methods=("ssh", "interactive")), max_deletions=3), "approvals.methods"),
        (ApplyPolicy(approvals=Approvals(methods=("ssh",), signers="mine"), max_deletions=3), "approvals.signers"),
        (ApplyPolicy(approvals=STRICT.approvals, max_deletions=300), "maxDeletions"),
        (ApplyPolicy(approvals=STRICT.approvals, max_deletions=3, adopt=(Selector(),)), "apply.adopt"),
        (ApplyPolicy(approvals=STRICT.approvals, max_deletions=3, ignore=(Ignored(field="spec"),)), "apply.ignore"),
    ],
)
def test_a_plan_with_a_looser_policy_than_the_protected_one_is_refused(looser: ApplyPolicy, setting: str) -> None:
    given = made(policy=looser)
    with pytest.raises(RefusedError, match=setting) as caught:
        fitting_plan(given, digest_of(given), state(given))
    assert "origin/main" in str(caught.value)
    with pytest.raises(RefusedError, match=setting):
        approvable(given, NOW, ProtectedPolicy(STRICT, "origin/main"))
    assert fitting_plan(given, digest_of(given), state(given, None)).plan == given


def test_a_stricter_policy_than_the_protected_one_may_be_applied() -> None:
    given = made(policy=ApplyPolicy(approvals=Approvals(required=2, methods=("ssh",)), max_deletions=0))
    assert fitting_plan(given, digest_of(given), state(given)).plan == given
