"""Rules across fields of autoscalers.

Source: k8s.io/kubernetes/pkg/apis/autoscaling/validation and pkg/registry/autoscaling/horizontalpodautoscaler.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.validation.invalid import Context, Invalid, Span
from pipeline.core.kube.validation.lenient import entries, mapping, text
from pipeline.core.yaml.positions import Steps

_TARGETS = {"Utilization": "averageUtilization", "AverageValue": "averageValue", "Value": "value"}
_TARGETS_WITH_GROUP_SINCE = 34
_SCALES_TO_ZERO_SINCE = 37
"""The feature gate HPAScaleToZero is on since then."""


def _autoscaler(value: Mapping[str, Any], path: Steps, context: Context) -> Iterator[Invalid]:
    low, high = value.get("minReplicas"), value.get("maxReplicas")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        yield Invalid((*path, "maxReplicas"), "maxReplicas", "at least minReplicas", high)
    kinds = {text(metric.get("type")) for _, metric in entries(value.get("metrics"))}
    able = context.minor >= _SCALES_TO_ZERO_SINCE
    if low == 0 and not isinstance(low, bool) and not (able and kinds & {"Object", "External"}):
        wanted = "above 0 without a metric of type Object or External" if able else "above 0"
        yield Invalid((*path, "minReplicas"), "minReplicas", wanted, low)


def _scale_target(value: Mapping[str, Any], path: Steps, context: Context) -> Iterator[Invalid]:
    """What is scaled is named with its group; only a ReplicationController has none."""
    target = mapping(value.get("scaleTargetRef"))
    if context.minor < _TARGETS_WITH_GROUP_SINCE or not target:
        return
    version, where = text(target.get("apiVersion")), (*path, "scaleTargetRef", "apiVersion")
    group, slash, rest = version.partition("/")
    if (slash and group and "/" not in rest) or (not slash and target.get("kind") == "ReplicationController"):
        return
    yield Invalid(where, "apiVersion", "GROUP/VERSION", version, missing=not version)


def _metric(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    kind = text(value.get("type"))
    own = kind[:1].lower() + kind[1:]
    if kind in ("Resource", "Pods", "Object", "External", "ContainerResource"):
        if value.get(own) is None:
            yield Invalid((*path, own), own, "set", "", missing=True)
        for other in ("resource", "pods", "object", "external", "containerResource"):
            if other != own and value.get(other) is not None:
                yield Invalid((*path, other), other, f"absent where type is {kind}", value[other])


def _target(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    field = _TARGETS.get(text(value.get("type")))
    given = [name for name in _TARGETS.values() if value.get(name) is not None]
    if field and field not in given and not (field == "value" and "averageValue" in given):
        yield Invalid((*path, field), field, "set", "", missing=True)


AUTOSCALERS: Mapping[str, tuple[Span, ...]] = {
    "autoscaling.v1.HorizontalPodAutoscalerSpec": (_autoscaler, _scale_target),
    "autoscaling.v2.HorizontalPodAutoscalerSpec": (_autoscaler, _scale_target),
    "autoscaling.v2.MetricSpec": (_metric,),
    "autoscaling.v2.MetricTarget": (_target,),
}
