"""The meaning of each exit code, printed under ``pipeline --help`` for authors of scripts."""

from pipeline.core import errors

MEANING = {
    errors.OK: "fine",
    errors.FAILED: "helm, git, the network, the cluster or the disk failed",
    errors.CHANGES: "changes found (only with --detailed-exitcode)",
    errors.RISK: "risk at or above --fail-on",
    errors.STALE: "out of date: lock mismatch, --check, hand edits, stale plan",
    errors.REFUSED: "approval missing or invalid, or locked by another run",
    errors.NOT_APPLIED: "some objects were not applied; apply the same plan again to continue",
    errors.UNHEALTHY: "applied, but not healthy before the timeout",
    errors.UNSAFE: "the plan violates a safety rule",
    errors.USAGE: "wrong usage or configuration",
    errors.BUG: "a bug in pipeline; the path of its trace is printed",
    errors.INTERRUPTED: "interrupted",
}

EXIT_CODES = "\b\nExit codes:\n" + "\n".join(f"{code:>5}  {meaning}" for code, meaning in MEANING.items())
