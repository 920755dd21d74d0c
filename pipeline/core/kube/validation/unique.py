"""Lists that must have unique entries, although server-side apply merges them by another key or not at all."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.validation.invalid import Context, Invalid, Span
from pipeline.core.kube.validation.lenient import entries
from pipeline.core.yaml.positions import Steps

_FIELDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "admissionregistration.v1.MutatingWebhook": (("admissionReviewVersions", ""), ("matchConditions", "name")),
    "admissionregistration.v1.ValidatingWebhook": (("admissionReviewVersions", ""), ("matchConditions", "name")),
    "admissionregistration.v1.MutatingWebhookConfiguration": (("webhooks", "name"),),
    "admissionregistration.v1.ValidatingWebhookConfiguration": (("webhooks", "name"),),
    "core.v1.LimitRangeSpec": (("limits", "type"),),
    "core.v1.PodSpec": (("hostAliases", "ip"),),
    "discovery.v1.EndpointSlice": (("ports", "name"),),
    "resource.v1.DeviceClaim": (("requests", "name"),),
}
"""A type's lists, each with the field that tells its entries apart (empty: the entries themselves)."""


def _check(lists: tuple[tuple[str, str], ...]) -> Span:
    def check(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
        for field, key in lists:
            items_given = value.get(field)
            items = (
                [(i, entry.get(key)) for i, entry in entries(items_given)]
                if key
                else list(enumerate(_scalars(items_given)))
            )
            seen: set[Any] = set()
            for index, one in items:
                if isinstance(one, str) and one in seen:
                    yield Invalid((*path, field, index), field, "without duplicates", one)
                if isinstance(one, str):
                    seen.add(one)

    return check


def _scalars(items: Any) -> list[Any]:
    return items if isinstance(items, list) else []


UNIQUE: Mapping[str, tuple[Span, ...]] = {name: (_check(lists),) for name, lists in _FIELDS.items()}
