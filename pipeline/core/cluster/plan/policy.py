"""The ``apply:`` section of pipeline.yaml: what a run may do to a cluster. It is part of every plan."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from pipeline.core.errors import ConfigError, Problem
from pipeline.core.kube.resource import ResourceId

NAMESPACE = "pipeline-system"
MANAGER = "pipeline"
"""The field manager of every object that we apply. One name for ever: it is how ownership of fields is told."""
STEP_MANAGER = "pipeline-before-apply"
"""Of merge patches that go before an apply; its fields become MANAGER's before that apply is sent."""
HOUR = 3600
HEAD = "HEAD"


class Selector(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Names objects: every field given must be equal, ``*`` is anything."""

    kind: str = "*"
    name: str = "*"
    namespace: str = "*"
    group: str = "*"

    def takes(self, rid: ResourceId) -> bool:
        wanted = (
            (self.kind, rid.kind),
            (self.name, rid.name),
            (self.namespace, rid.namespace),
            (self.group, rid.group),
        )
        return all(pattern in ("*", text) for pattern, text in wanted)

    @property
    def names_one(self) -> bool:
        """Whether it names a single object: that is what dangerous permissions must do."""
        return "*" not in (self.kind, self.name)


def is_below(field: str, top: str) -> bool:
    """Whether ``field`` (``spec.replicas``) is ``top`` or inside of it."""
    return field == top or field.startswith((f"{top}.", f"{top}["))


class ConflictRule(Selector, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to do where another field manager owns a field that we set: ``take`` it over, or ``leave`` it to them."""

    manager: str = ""
    """A regular expression for the whole name of the other manager; ``kubectl/scale`` came by a subresource."""
    field: str = ""
    """Only this field and those below it, as ``spec.replicas``; empty is any."""
    action: Literal["take", "leave"] = "take"

    def decides(self, rid: ResourceId, manager: str, field: str) -> bool:
        here = not self.field or is_below(field, self.field)
        return self.takes(rid) and here and re.fullmatch(self.manager, manager) is not None


class Ignored(Selector, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A field that others may change at any time: it neither makes a plan stale nor counts as drift.

    Once somebody else owns it, it is left to them.
    """

    field: str = ""

    def covers(self, rid: ResourceId, field: str) -> bool:
        return self.takes(rid) and is_below(field, self.field)


class HelmRecord(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A release whose record Helm shall forget, once its objects are adopted."""

    name: str
    namespace: str


class Approvals(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Who must say yes. Without the settings below: a person at the terminal, or a digest named on purpose."""

    required: int = 1
    signers: str = ""
    """A file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS) in this repository, read from ``signersRef``."""
    signers_ref: str = HEAD
    """The protected branch whose signers count. HEAD is the default branch of origin, where there is one."""
    methods: tuple[str, ...] = ()
    """``ssh``, ``interactive``, ``dispatch``, ``github-environment``, ``github-review``; empty with signers: ssh."""
    approvers: tuple[str, ...] = ()
    """Only these people count; empty is anybody whom the method lets through."""
    not_author: bool = True
    """The plan's author does not count (not asked of the interactive method, which is one person by its nature)."""
    max_age_seconds: int = 24 * HOUR


class ApplyPolicy(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """All defaults are the careful ones."""

    namespace: str = NAMESPACE
    conflicts: tuple[ConflictRule, ...] = ()
    adopt: tuple[Selector, ...] = ()
    recreate: tuple[Selector, ...] = ()
    retire: tuple[HelmRecord, ...] = ()
    migrate_storage: bool = False
    """Objects that are stored in an old version of their definition are stored anew."""
    ignore: tuple[Ignored, ...] = ()
    prune_kinds: tuple[str, ...] = ()
    """Kinds that are never deleted unless they are named here (Namespace, CustomResourceDefinition, …)."""
    max_deletions: int | None = None
    """None: ten, or a fifth of the inventory where that is more."""
    health_timeout_seconds: int = 300
    plan_expires_seconds: int = 24 * HOUR
    lock_seconds: int = 60
    hooks: bool = True
    approvals: Approvals = Approvals()


def policy_of(data: Mapping[str, Any]) -> ApplyPolicy:
    """From the section of pipeline.yaml, which its schema has passed.

    Raises:
        ConfigError: a manager is not a regular expression.
    """
    policy = msgspec.convert(dict(data), ApplyPolicy)
    for rule in policy.conflicts:
        try:
            re.compile(rule.manager)
        except re.error as error:
            problem = Problem("pipeline.yaml", 0, 0, f"apply.conflicts: manager {rule.manager!r}: {error}")
            raise ConfigError((problem,)) from error
    return policy
