"""What our workflows may do: the rights, the environments and the concurrency that act does not emulate, and more."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

PINNED = re.compile(r"[\w.-]+/[\w./-]+@([0-9a-f]{40})")
_PIN_IN_TEXT = re.compile(r"uses: (\S+?)@([0-9a-f]{40})(.*)")
TRIGGERS = frozenset({"pull_request", "merge_group", "push", "workflow_run", "schedule", "workflow_dispatch"})
_OWN_TRIGGERS = frozenset({"schedule", "workflow_dispatch"})
"""What nobody outside can start: such a run checks out a branch of the repository itself."""
SECRETS = {"pipeline-upgrade": "secrets.PIPELINE_UPGRADE_TOKEN"}
"""The one secret that a workflow which meets no cluster may read."""
RIGHTS: Mapping[tuple[str, str], dict[str, str]] = {
    ("pipeline-plan", "discover"): {"contents": "read"},
    ("pipeline-plan", "plan"): {"contents": "read"},
    ("pipeline-plan", "pipeline"): {},
    ("pipeline-plan", "comment"): {"pull-requests": "write"},
    ("pipeline-fork-comment", "comment"): {"actions": "read", "pull-requests": "write"},
    ("pipeline-apply", "plan"): {"contents": "read"},
    ("pipeline-apply", "apply"): {"actions": "read", "contents": "read"},
    ("pipeline-upgrade", "upgrade"): {"contents": "write", "pull-requests": "write"},
    ("ci", "check"): {"contents": "read"},
    ("release", "wheel"): {"contents": "read"},
    ("release", "image"): {"contents": "read"},
    ("release", "release"): {"contents": "write"},
}
"""Everything that a job may, by workflow and job: a new right is a change of this table."""
_EXPRESSION = "${{"
_LONGEST_MINUTES = 90


def violations(text: str, data: Mapping[str, Any]) -> list[str]:
    """What a workflow does that it must not, a line each. ``data`` is what ``text`` says."""
    found = [*_head(data), *_pins(text)]
    for name, job in data["jobs"].items():
        found += [f"{name}: {problem}" for problem in _job(data, name, job)]
    return found


def workflow_name(data: Mapping[str, Any]) -> str:
    return re.sub(r"^(pipeline-(?:apply|plan|fork-comment|upgrade))-.*", r"\1", data["name"])


def _head(data: Mapping[str, Any]) -> Iterator[str]:
    if data["permissions"] != {}:
        yield "rights are given job by job"
    triggers = data["true"]  # what YAML 1.1 makes of "on"
    yield from (f"{trigger} is no trigger of ours" for trigger in triggers.keys() - TRIGGERS)
    if "workflow_run" in triggers and _steps_using(data, "actions/checkout"):
        yield "a workflow_run must not check anything out"
    if "workflow_run" in triggers and any("cache" in str(step.get("uses")) for step in _steps(data)):
        yield "a workflow_run must not use a cache that a pull request could have filled"


def _pins(text: str) -> Iterator[str]:
    """Each action at one commit, and its version beside it."""
    commits: dict[str, set[str]] = {}
    for action, commit, rest in _PIN_IN_TEXT.findall(text):
        commits.setdefault(action, set()).add(commit)
        if not re.fullmatch(r" # v\d+\.\d+\.\d+", rest):
            yield f"{action}: its version is not said"
    yield from (f"{action}: pinned to several commits" for action, pins in commits.items() if len(pins) > 1)


def _job(data: Mapping[str, Any], name: str, job: Mapping[str, Any]) -> Iterator[str]:
    allowed = RIGHTS.get((workflow_name(data), name))
    if job.get("permissions") != allowed:
        yield f"its rights are {job.get('permissions')}, and the table says {allowed}"
    if not 0 < job.get("timeout-minutes", 0) <= _LONGEST_MINUTES:
        yield "it has no sensible timeout"
    if not re.fullmatch(r"ubuntu-\d\d\.\d\d", str(job.get("runs-on"))):
        yield "its runner is no fixed version"
    if job.get("continue-on-error"):
        yield "it hides failures"
    outside = not data["true"].keys() <= _OWN_TRIGGERS
    writes = "write" in job.get("permissions", {}).values()
    if outside and writes and any("checkout" in str(step.get("uses")) for step in job["steps"]):
        yield "it may write, and checks out what others wrote"
    yield from _concurrency(data, name, job)
    yield from _environment(data, name, job)
    for step in job["steps"]:
        yield from _step(step)


def _concurrency(data: Mapping[str, Any], name: str, job: Mapping[str, Any]) -> Iterator[str]:
    limits = job.get("concurrency", data.get("concurrency"))
    if not isinstance(limits, dict) or "cancel-in-progress" not in limits:
        yield "nothing limits how many of it run"
    elif name == "apply" and (limits["cancel-in-progress"] is not False or _EXPRESSION in limits["group"]):
        yield "an apply must neither be cut off nor run beside another"
    elif name == "apply" and "concurrency" in data:
        yield "an apply that waits for its approval would keep plans waiting"
    elif name != "apply" and limits["cancel-in-progress"] is False:
        yield "an older run must not keep a newer one waiting"


def _environment(data: Mapping[str, Any], name: str, job: Mapping[str, Any]) -> Iterator[str]:
    """Only the jobs that meet a cluster have an environment, and an apply has one of its own that nothing computes."""
    environment = job.get("environment")
    if workflow_name(data) != "pipeline-apply":
        yield from ["it has an environment and needs none"] if environment else []
        if "secrets." in str(job).replace(SECRETS.get(workflow_name(data), "\0"), ""):
            yield "it reads a secret"
        return
    if not isinstance(environment, str) or _EXPRESSION in environment:
        yield "its environment is not named outright"
    elif name == "apply" and environment == data["jobs"]["plan"].get("environment"):
        yield "whoever may plan would hold the rights to apply"
    if name == "apply" and not any("pipeline approve" in str(step.get("run")) for step in job["steps"]):
        yield "it applies without asking who approved"


def _step(step: Mapping[str, Any]) -> Iterator[str]:
    uses = step.get("uses", "")
    if uses and not PINNED.fullmatch(uses) and not uses.startswith("./"):
        yield f"{uses} is not pinned"
    if uses.startswith("actions/checkout@") and step.get("with", {}).get("persist-credentials") is not False:
        yield "the checkout leaves its token behind"
    if _EXPRESSION in step.get("run", ""):
        yield "an expression in a script"
    if step.get("continue-on-error"):
        yield "a step hides failures"


def _steps(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (step for job in data["jobs"].values() for step in job["steps"])


def _steps_using(data: Mapping[str, Any], action: str) -> list[Mapping[str, Any]]:
    return [step for step in _steps(data) if step.get("uses", "").startswith(f"{action}@")]
