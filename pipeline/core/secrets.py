"""Which objects carry secret values in the open."""

from pipeline.core.resource import Resource, mapping


def holds_data(resource: Resource) -> bool:
    """Whether it is a Secret with any value in it. One that others fill in the cluster has none."""
    if resource.kind != "Secret" or resource.group:
        return False
    return any(value not in ("", None) for key in ("data", "stringData") for value in _values(resource, key))


def _values(resource: Resource, key: str) -> tuple[object, ...]:
    return tuple(mapping(resource.body.get(key)).values())
