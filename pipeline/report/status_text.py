"""The state of an environment in its cluster, for people and for scripts."""

from collections import Counter
from typing import Any

from pipeline.core.cluster.api.error_text import clean
from pipeline.core.cluster.inventory.inventory import ApplyRun
from pipeline.core.cluster.run.status import Status
from pipeline.core.words import counted
from pipeline.report.look import PLAIN, Look

_RUNS = 5


def terminal(status: Status, look: Look = PLAIN) -> str:
    """Text that ends in a newline."""
    inventory = status.inventory
    lines = [f"{look.style(clean(inventory.environment), 'bold')}  cluster {status.cluster_uid}"]
    if not inventory.uid:
        return "\n".join([*lines, "  nothing has been applied yet", *_lock(status)]) + "\n"
    lines += _lock(status)
    counts = Counter(entry.release for entry in inventory.entries.values())
    lines += ["", look.style("releases:", "bold")]
    for release, number in sorted(counts.items()):
        commit = inventory.releases.get(release, "")
        lines.append(
            f"  {clean(release)}: {counted(number, 'object')}, "
            + (f"at {commit[:10]}" if commit else "never completely applied")
        )
    lines += ["", look.style("runs:", "bold"), *(f"  {_run(run)}" for run in inventory.history[:_RUNS])]
    if inventory.run.state == "open" and inventory.run not in inventory.history:
        lines.append(f"  {_run(inventory.run)}")
    if status.unwell:
        lines += ["", look.style(f"{counted(len(status.unwell), 'object')} not healthy:", "bold", "red")]
        lines += [f"  x {clean(str(rid))}: {health.state}: {clean(health.reason)}" for rid, health in status.unwell]
    else:
        lines += ["", look.style("every object is healthy", "green")]
    return "\n".join(lines) + "\n"


def data(status: Status) -> dict[str, Any]:
    """For scripts."""
    inventory = status.inventory
    return {
        "schema": "pipeline.status/v1",
        "environment": inventory.environment,
        "clusterUid": status.cluster_uid,
        "lock": {"holder": status.lock.holder, "renewed": status.lock.renewed} if status.lock else None,
        "commit": inventory.commit,
        "releases": dict(sorted(inventory.releases.items())),
        "objects": [str(rid) for rid in sorted(inventory.entries)],
        "runs": [_data(run) for run in inventory.history],
        "unwell": [{"object": str(rid), "state": str(h.state), "reason": h.reason} for rid, h in status.unwell],
    }


def _lock(status: Status) -> list[str]:
    held = status.lock is not None and status.lock.holder
    return [f"  locked by {clean(status.lock.holder)}, renewed {status.lock.renewed}"] if status.lock and held else []


def _run(run: ApplyRun) -> str:
    who = f", approved by {', '.join(map(clean, run.approvers))}" if run.approvers else ""
    end = run.finished or "not finished"
    return f"{run.id}: {run.state}, exit {run.exit}, commit {run.commit[:10]}, {run.started} to {end}{who}"


def _data(run: ApplyRun) -> dict[str, Any]:
    names = ("id", "plan", "commit", "state", "fence", "started", "finished", "exit")
    return {name: getattr(run, name) for name in names} | {"approvers": list(run.approvers)}
