"""What the API server predicts for an apply (dry run), and which field managers conflict with it."""

from dataclasses import dataclass, field

from pipeline.core.cluster.api.request import Answer
from pipeline.core.cluster.plan.managed_fields import FieldPath
from pipeline.core.kube.resource import Body

MIGRATED = frozenset(
    {
        "kubectl-client-side-apply", "kubectl", "kubectl-create", "kubectl-replace",
        "helm", "Helm",
        "argocd-controller", "argocd-application-controller",
        "kustomize-controller", "helm-controller", "flux",
        "kapp", "kapp-server-side-apply", "kluctl",
        "before-first-apply",
    }
)  # fmt: skip
"""Field managers of tools whose objects are taken over whole when an object is adopted.

``argocd-application-controller`` is Argo CD's name before 2.5; ``flux`` is what its bootstrap applies as. The API
server calls ``before-first-apply`` whoever wrote an object before the first server-side apply, if nobody was recorded.
"""


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
