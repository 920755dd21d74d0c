"""Which checks across fields belong to which API type."""

from collections.abc import Mapping

from pipeline.core.kube.validation.autoscalers import AUTOSCALERS
from pipeline.core.kube.validation.expressions import EXPRESSIONS
from pipeline.core.kube.validation.extensions import EXTENSIONS
from pipeline.core.kube.validation.invalid import Span
from pipeline.core.kube.validation.pod_rules import PODS
from pipeline.core.kube.validation.policies import POLICIES
from pipeline.core.kube.validation.services import SERVICES
from pipeline.core.kube.validation.unique import UNIQUE
from pipeline.core.kube.validation.workload_rules import WORKLOADS

_PARTS = (AUTOSCALERS, EXPRESSIONS, EXTENSIONS, PODS, POLICIES, SERVICES, UNIQUE, WORKLOADS)

SPANS: Mapping[str, tuple[Span, ...]] = {
    name: tuple(span for part in _PARTS for span in part.get(name, ()))
    for name in {name for part in _PARTS for name in part}
}
