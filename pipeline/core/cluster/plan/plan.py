"""The plan: every action of an apply, and every precondition that must still hold when it runs.

A plan holds digests, paths and names, never a value of a Secret, so it may be a public artifact of CI. Its digest is
that of the file's bytes: an approval names it.
"""

from enum import StrEnum

import msgspec

from pipeline.core.cluster.api.canonical import encode
from pipeline.core.cluster.plan.managed_fields import FieldPath, is_path
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.plan.policy import ApplyPolicy
from pipeline.core.errors import UsageError
from pipeline.core.kube.resource import ResourceId

_PHASES = frozenset(Phase)
SCHEMA = "pipeline.plan/v2"
"""Version 1 had each path of ``leave`` as one text."""


class Operation(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    """It exists, is not in any inventory, and is added to ours."""
    RECREATE = "recreate"
    UNCHANGED = "unchanged"
    HOOK = "hook"
    DELETE = "delete"
    KEEP = "keep"
    """It is no longer rendered, and stays in the cluster; ``reason`` says why."""
    FORGET = "forget"
    """It is no longer rendered and no longer ours: it leaves the inventory, untouched."""
    IGNORE = "ignore"
    """A hook that apply does not run (tests, uninstall hooks)."""
    REPAIR = "repair"
    """Its managedFields name what its definition is about to lose: they are rewritten, and nothing else of it."""
    FINISH = "finish"
    """The rest of a definition's change, once its conversion webhook is ready."""
    MIGRATE = "migrate"
    """The custom resources of a definition are stored anew in its storage version."""
    RETIRE = "retire"
    """Helm's record of a release that was adopted is deleted."""


STEPS = frozenset({Operation.REPAIR, Operation.FINISH, Operation.MIGRATE, Operation.RETIRE})
"""What is done for others' sake: to objects of anybody, which do not become ours."""
WRITES = frozenset({Operation.CREATE, Operation.UPDATE, Operation.ADOPT, Operation.RECREATE, Operation.HOOK})


class Record(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """JSON with camelCase keys. An unknown key is an error: nothing that was not understood is ever approved."""


class PlanSource(Record, frozen=True):
    """``path`` is the environment's folder at ``commit``. ``tree`` identifies every byte of what is applied from there.

    It is Git's ids of that folder, of its indexes and of its hooks, with ``+`` between them.
    """

    commit: str
    path: str
    tree: str


class PlanTarget(Record, frozen=True):
    """Whose cluster: the uid of its kube-system namespace never changes while it lives."""

    environment: str
    context: str
    cluster_uid: str
    server_version: str
    user: str = ""


class InventoryRef(Record, frozen=True):
    """The inventory that the plan was made on; ``uid`` is empty where there was none."""

    uid: str = ""
    digest: str = ""
    """Of its entries and commit; what apply itself records of a run is not included."""


class Live(Record, frozen=True):
    """The object that was found. ``digest`` is that of what counts in it (live_digest.py); empty for a Secret."""

    uid: str
    digest: str
    resource_version: str
    beside: str = ""
    """Of a custom resource whose definition changes: the digest of what people and tools set beside ``patch``."""
    replaced: str = ""
    """The digest of what ``patch`` replaces."""


class FieldEdit(Record, frozen=True):
    """One path that apply changes. Values are cut short, and those of Secrets are masked."""

    path: str
    kind: str
    old: str = ""
    new: str = ""
    owner: str = ""
    """The other field managers who own it now, joined by commas."""


class PlannedAction(Record, frozen=True):
    """One object. ``manifest`` is the digest of what is applied, empty for a Secret and for what is not applied."""

    number: int
    op: Operation
    wave: int
    phase: int
    group: str
    version: str
    kind: str
    namespace: str
    name: str
    release: str
    resource: str = ""
    """The plural name in the API's URLs; empty where a CRD of the plan brings the kind."""
    file: str = ""
    manifest: str = ""
    live: Live | None = None
    predicted: str = "server"
    """Who says what it will look like: ``server`` (dry run), ``record`` (as the last run left it) or ``offline``."""
    force: bool = False
    """The policy lets us take the fields that ``fields`` names from their owners."""
    weight: int = 0
    """Of a hook: the smaller runs first."""
    deletes: tuple[str, ...] = ()
    """Of a hook: Helm's delete policies."""
    leave: tuple[FieldPath, ...] = ()
    """Fields that the policy leaves to others, each as steps of FieldsV1 (managed_fields.py): they are not sent."""
    half: bool = False
    """Of a definition: what its conversion webhook must be ready for is left to a FINISH."""
    follows: bool = False
    """Another action of the plan writes it first, so that it is not as it was planned on: its uid must be the same."""
    nulls: tuple[FieldPath, ...] = ()
    """Nulls of the manifest that an apply must not send: they mean an absent field."""
    patch: tuple[FieldPath, ...] = ()
    """Fields that are written by a merge patch before the apply, which could not do it (definition_changes.py)."""
    migrate: tuple[str, ...] = ()
    """Other field managers whose client-side entries become ours (kubectl, helm)."""
    fields: tuple[FieldEdit, ...] = ()
    warnings: tuple[str, ...] = ()
    reason: str = ""

    @property
    def id(self) -> ResourceId:
        return ResourceId(self.group, self.kind, self.namespace, self.name)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


class PlanProblem(Record, frozen=True):
    """Why a plan cannot be applied: ``code`` is one word for scripts, ``fix`` what to do (``cure`` in the file)."""

    code: str
    what: str
    message: str
    fix: str = msgspec.field(default="", name="cure")


class Plan(Record, frozen=True):
    """``author`` is Git's ``Name <email>`` of who made it; times are RFC 3339 in UTC, to the second."""

    tool: str
    created: str
    expires: str
    author: str
    source: PlanSource
    target: PlanTarget
    policy: ApplyPolicy
    inventory: InventoryRef
    actions: tuple[PlannedAction, ...]
    releases: tuple[str, ...] = ()
    """Those that were asked for; empty is all."""
    problems: tuple[PlanProblem, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """For rollbacks: what cannot be brought back."""
    offline: bool = False
    """Made without a cluster: it is for reading, and no one can approve or apply it."""
    schema: str = SCHEMA

    def of(self, *ops: Operation) -> tuple[PlannedAction, ...]:
        return tuple(action for action in self.actions if action.op in ops)

    @property
    def empty(self) -> bool:
        """Nothing would be written or deleted."""
        return not self.of(*WRITES, *STEPS, Operation.DELETE)


def to_bytes(plan: Plan) -> bytes:
    return encode(plan)


def from_bytes(data: bytes, where: str) -> Plan:
    """Read a plan; ``where`` is its path, for messages.

    Raises:
        UsageError: this is not a plan of this version.
    """
    try:
        schema = msgspec.json.decode(data, type=_Head).schema
        if schema != SCHEMA:
            message = f"{where}: its schema is {schema!r}, and this version of pipeline takes {SCHEMA!r} only"
            raise UsageError(message, hint="create a new plan with this version, and approve that one: pipeline plan")
        plan = msgspec.json.decode(data, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{where} is not a plan: {error}", hint="pipeline plan creates one") from error
    wrong = next(filter(None, map(_wrong, plan.actions)), "")
    if wrong:
        raise UsageError(f"{where} is not a plan: {wrong}", hint="pipeline plan creates one")
    return plan


def _wrong(action: PlannedAction) -> str:
    """What of an action has the right type and no meaning; empty where all has."""
    if action.phase not in _PHASES:
        return f"action {action.number} has phase {action.phase}, which does not exist"
    paths = (*action.leave, *action.nulls, *action.patch)
    path = next((path for path in paths if not is_path(path)), None)
    return "" if path is None else f"{path!r:.200} is not the path of a field"


class _Head(msgspec.Struct):
    """What says which version of the format the rest is."""

    schema: str = ""
