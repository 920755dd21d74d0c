"""Judges a raised Kubernetes version: what it refuses of what is committed, and which newer chart it would take."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.adapters.git.trees import GitTree
from pipeline.cli.support.judging import head_of, newer_of
from pipeline.cli.support.progress import progress
from pipeline.cli.support.upgrading import in_scratch
from pipeline.cli.support.version_bench import Bench
from pipeline.core.config.model import Environment
from pipeline.core.errors import UsageError
from pipeline.core.judge.report import Verdict
from pipeline.core.kube.capabilities import known_minors, minor_of
from pipeline.core.upgrade.judged import JudgedVersion
from pipeline.core.upgrade.kube_moves import KubeMove, KubePlan, in_order
from pipeline.core.upgrade.newer import Standing
from pipeline.wiring import Repository


def kube_plans(
    here: Repository, kube: str, environments: Sequence[str], releases: Sequence[str]
) -> tuple[KubePlan, ...]:
    """For each environment that runs an older Kubernetes: what must move before it.

    Raises:
        UsageError: no table knows that version, no environment is older, or there is no commit.
        WorldError: Git or the disk refuses.
    """
    pairs = here.config.pairs(tuple(environments), tuple(releases))
    _check(kube)
    raised = {environment.name: environment for environment, _ in pairs if _is_older(environment, kube)}
    if not raised:
        raise UsageError(f"every environment asked for runs Kubernetes {kube} or newer already")
    head = head_of(here)
    rows = newer_of(here, list(dict.fromkeys(release.name for _, release in pairs)))
    needs = {release.name: release.needs for release in here.config.releases}
    with in_scratch(here, uncommitted=False) as place:
        return tuple(in_order(_plan(place, head, environment, kube, rows), needs) for environment in raised.values())


def _check(kube: str) -> None:
    oldest, newest = known_minors()
    try:
        minor = minor_of(kube)
    except ValueError:
        minor = (0, 0)
    if not (1, oldest) <= minor <= (1, newest):
        raise UsageError(f"--to-kube: no table knows Kubernetes {kube}", hint=f"1.{oldest} to 1.{newest}")


def _is_older(environment: Environment, kube: str) -> bool:
    return minor_of(environment.full_kube_version) < minor_of(kube)


def _plan(place: Repository, head: GitTree, environment: Environment, kube: str, rows: Sequence[Standing]) -> KubePlan:
    rows_here = [row for row in rows if environment.name in row.environments]
    moves = []
    with progress("judge") as tell:
        for number, row in enumerate(rows_here):
            tell(number, len(rows_here), f"{environment.name}/{row.release}")
            moves.append(_move(place, head, environment.name, kube, row))
    return KubePlan(environment.name, environment.full_kube_version, kube, tuple(moves))


def _move(place: Repository, head: GitTree, environment: str, kube: str, row: Standing) -> KubeMove:
    now = Bench.of(place, head, row, row.pin, (environment,))
    then = replace(now, kube=kube, _sides={})
    refused = replace(now.judged("", "", then), version=row.current)
    if refused.is_open:
        return KubeMove(row.pin, row.current, refused)
    tried: list[JudgedVersion] = []
    for each in reversed(row.newer):
        last = _raised(now, then, each.version)
        if last.is_open:
            return KubeMove(row.pin, row.current, refused, now.judged("", each.version), tuple(tried))
        tried.append(last)
    return KubeMove(row.pin, row.current, refused, None, tuple(tried), row.problem)


def _raised(now: Bench, then: Bench, version: str) -> JudgedVersion:
    """The version on the new Kubernetes: against itself on the old one, or alone where that does not take it."""
    judged = now.judged(version, version, then)
    return then.judged("", version) if judged.verdict is Verdict.FAILED else judged
