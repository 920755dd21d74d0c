"""What the API server predicts for an apply (dry run), and which field managers conflict with it."""

from dataclasses import dataclass, field

from pipeline.core.cluster.api.request import Answer
from pipeline.core.cluster.plan.managed_fields import FieldPath
from pipeline.core.kube.resource import Body

MIGRATED = frozenset({"kubectl-client-side-apply", "kubectl", "kubectl-create", "kubectl-replace", "helm", "Helm"})
"""Field managers of tools whose objects are taken over whole when an object is adopted."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """``field`` as the server names it (``.spec.replicas``); ``action`` is empty where no rule decides."""

    field: str
    manager: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """``body`` is what the object would be, None where the server does not say (``answer`` says why).

    ``left`` are fields that the policy leaves to others. ``replaceable``: the server refuses the change, and takes the
    same body as a new object.
    """

    answer: Answer
    body: Body | None = field(default=None, hash=False)
    conflicts: tuple[Conflict, ...] = ()
    left: frozenset[FieldPath] = frozenset()
    replaceable: bool = False
