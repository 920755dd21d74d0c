"""What the cluster verbs share once their options are read: the environment, its cluster, the committed tree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from pipeline import __version__
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.git import trees
from pipeline.adapters.git.door import repository_root
from pipeline.adapters.git.identity import known
from pipeline.adapters.kube.api_server import KubeApi, reachable
from pipeline.adapters.retry import jitter
from pipeline.cli.support.outdated_notice import refuse_outdated
from pipeline.core.cluster.api.response_table import BUDGET_SECONDS
from pipeline.core.cluster.api.timestamps import written
from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.plan.irreversible import notes
from pipeline.core.cluster.plan.plan import Plan, PlanSource
from pipeline.core.cluster.plan.policy import ApplyPolicy, policy_of
from pipeline.core.config.model import ClusterTarget, Environment
from pipeline.core.errors import StaleError, UsageError
from pipeline.core.kube.resource import Resource
from pipeline.core.ports import Progress
from pipeline.core.render.layout import FOLDER, folders_of, owner
from pipeline.core.words import listed
from pipeline.flows.cluster.checking import found_objects
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.drifting import looking
from pipeline.flows.cluster.planning import Question, make_plan
from pipeline.flows.cluster.stored_inventory import read_inventory
from pipeline.flows.committed import ReleaseSelection, committed
from pipeline.flows.find_hand_edits import refuse_spoiled, rendered_edits
from pipeline.flows.hidden_values import HiddenValues, hidden_values
from pipeline.wiring import Repository

PATIENCE_SECONDS = BUDGET_SECONDS
"""How long one call to a cluster is tried."""


@dataclass(frozen=True, slots=True)
class ClusterEnvironment:
    """One environment of a repository, with its cluster."""

    here: Repository
    environment: Environment
    target: ClusterTarget
    policy: ApplyPolicy
    clock: SystemClock

    @property
    def top(self) -> Path:
        """The top of the Git repository, which may lie above ours."""
        return repository_root(self.here.root)

    @property
    def folder(self) -> str:
        """Our folder below the top, ``.`` where they are one."""
        return self.here.root.resolve().relative_to(self.top.resolve()).as_posix()

    def client(self, run: str = "") -> Client:
        """Raises WorldError where the cluster does not answer at all."""
        api = KubeApi(self.target.context, run)
        reachable(api)
        return Client(api, self.clock, PATIENCE_SECONDS, jitter)

    def path(self) -> str:
        """The environment's rendered tree, from the top."""
        return self._from_top(f"{FOLDER}/{self.environment.name}")

    def tree_id(self, commit: str) -> str:
        """What identifies every byte of the environment's objects, indexes and hooks; empty where it has none."""
        ids = [trees.tree_id(self.top, commit, self._from_top(own)) for own in folders_of(self.environment.name)]
        return "+".join(ids) if any(ids[1:]) else ids[0]

    def _from_top(self, own: str) -> str:
        return own if self.folder == "." else f"{self.folder}/{own}"


def place(here: Repository, environment: str) -> ClusterEnvironment:
    """Raises UsageError where pipeline.yaml has no such environment, or none with a cluster."""
    here.config.pairs((environment,))
    target = here.config.environments[environment]
    if target.cluster is None:
        hint = f"environments: {{{environment}: {{cluster: {{context: NAME}}}}}} in pipeline.yaml"
        raise UsageError(f"environment {environment!r} has no cluster", hint=hint)
    return ClusterEnvironment(here, target, target.cluster, policy_of(target.apply), SystemClock())


def only_environment(here: Repository, asked: str | None) -> str:
    """The environment asked for; where none was, the only one with a cluster.

    Raises:
        UsageError: there are several, or none.
    """
    if asked:
        return asked
    names = [name for name, environment in here.config.environments.items() if environment.cluster is not None]
    if len(names) == 1:
        return names[0]
    hint = f"-e {names[0]}" if names else "environments: {prod: {cluster: {context: NAME}}} in pipeline.yaml"
    if not names:
        raise UsageError("no environment has a cluster", hint=hint)
    raise UsageError(f"several environments have a cluster: {', '.join(names)}", hint=hint)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to plan: which releases (none is all), of which commit (empty: HEAD, and the tree must be as committed)."""

    releases: tuple[str, ...] = ()
    commit: str = ""
    notes: tuple[str, ...] = ()
    full: bool = False


def question(at: ClusterEnvironment, wish: Wish) -> Question:
    """Everything that a plan needs from the repository.

    Raises:
        StaleError: rendered/ is not what is committed, or holds nothing of the environment.
    """
    name = at.environment.name
    at.here.config.pairs((name,), wish.releases)
    commit = trees.resolve(at.top, wish.commit or "HEAD")
    tree = trees.GitTree(at.top, commit, at.folder)
    selection = ReleaseSelection(frozenset({name}), frozenset(wish.releases))
    if not wish.commit:
        at.here.check_whole()
        _as_committed(at, tree, selection)
        refuse_outdated(at.here, selection)
    source = _source(at, commit)
    refuse_spoiled(map(str, rendered_edits(tree, selection)), hint="pipeline render, then pipeline commit")
    releases = [release for _, release in at.here.config.pairs((name,))]
    asked = [release for release in releases if not wish.releases or release.name in wish.releases]
    objects = committed(tree, selection, at.here.unseal())
    now = at.clock.now()
    return Question(
        environment=name,
        context=at.target.context,
        expected_uid=at.target.uid,
        source=source,
        author=known(at.top),
        created=written(now),
        expires=written(now + at.policy.plan_expires_seconds),
        tool=f"pipeline/{__version__}",
        policy=at.policy,
        objects=objects,
        needs={release.name: release.needs for release in releases},
        namespaces={release.name: release.namespace for release in asked if _has(objects, release.name)},
        releases=tuple(sorted(wish.releases)),
        notes=wish.notes,
        hidden=hidden_values(tree, selection),
        full=wish.full,
    )


def _source(at: ClusterEnvironment, commit: str) -> PlanSource:
    source = PlanSource(commit, at.path(), at.tree_id(commit))
    if not source.tree:
        hint = "pipeline render && pipeline commit"
        raise StaleError(f"nothing is rendered for {at.environment.name!r} at {commit[:10]}", hint=hint)
    return source


def applied_question(at: ClusterEnvironment, inventory: Inventory, releases: tuple[str, ...]) -> Question:
    """What was applied for the last time, as a question: each release of its own commit.

    Raises:
        StaleError: nothing was applied, or a commit is not here.
    """
    name = at.environment.name
    commits = {release: commit for release, commit in inventory.releases.items() if not releases or release in releases}
    if not commits:
        raise StaleError(f"nothing was completely applied to {name!r} yet", hint="pipeline plan, approve and apply")
    unseal = at.here.unseal()
    objects: list[tuple[str, Resource]] = []
    hidden = HiddenValues()
    for commit in sorted(set(commits.values())):
        tree, selection = _tree(at, commit), ReleaseSelection(frozenset({name}), _releases_of(commits, commit))
        objects += committed(tree, selection, unseal)
        hidden += hidden_values(tree, selection)
    now = written(at.clock.now())
    return Question(
        environment=name,
        context=at.target.context,
        expected_uid=at.target.uid,
        source=PlanSource(inventory.commit, at.path(), ""),
        author="",
        created=now,
        expires=now,
        tool=f"pipeline/{__version__}",
        policy=looking(at.policy),
        objects=tuple(objects),
        needs={},
        namespaces={},
        releases=tuple(sorted(commits)),
        hidden=hidden,
        full=True,
    )


def _releases_of(commits: Mapping[str, str], commit: str) -> frozenset[str]:
    return frozenset(release for release, of in commits.items() if of == commit)


def _tree(at: ClusterEnvironment, commit: str) -> trees.GitTree:
    return trees.GitTree(at.top, trees.resolve(at.top, commit), at.folder)


def plan(at: ClusterEnvironment, wish: Wish, tell: Progress) -> Plan:
    return make_plan(at.client(), question(at, wish), tell)


def rollback(at: ClusterEnvironment, wish: Wish, tell: Progress) -> Plan:
    """The plan of an earlier commit, with notes on what it does not bring back."""
    client = at.client()
    asked = question(at, wish)
    known = read_inventory(client, at.environment.name, at.policy.namespace)
    applied = {run.commit for run in known.history if run.state == "done"}
    never = () if asked.source.commit in applied else (f"{asked.source.commit[:10]} was never applied whole here",)
    made = make_plan(client, asked, tell)
    resources = {resource.id: resource for _, resource in asked.objects}
    return replace(made, notes=(*never, *notes(made, resources, found_objects(client, made))))


def _has(objects: Iterable[tuple[str, object]], release: str) -> bool:
    return any(owner(file)[1] == release for file, _ in objects)


def _as_committed(at: ClusterEnvironment, tree: trees.GitTree, selection: ReleaseSelection) -> None:
    """What is planned is what is committed; a difference is most likely something that was forgotten."""
    own = at.here.worktree
    folders = folders_of(at.environment.name)
    here, there = ({path: id_ for folder in folders for path, id_ in of.ids(folder).items()} for of in (own, tree))
    differing = sorted(path for path in {*here, *there} if here.get(path) != there.get(path))
    if differing:
        hint = "pipeline commit it first, or plan another state: --commit REVISION"
        edits = {edit.path: str(edit) for edit in rendered_edits(own, selection)}
        names = listed((edits.get(path, path) for path in differing), 1)
        raise StaleError(f"{names}: the work tree differs from the commit", hint=hint)
