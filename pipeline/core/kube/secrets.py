"""Which objects carry secret values in the open, and which carry them encrypted."""

from pipeline.core.kube.resource import Resource, mapping

SECRET = "Secret"  # noqa: S105 - the kind's name
SOPS = "sops"
"""The key that sops keeps its record under: no field of any Kubernetes object."""
DATA = ("data", "stringData")
ENCRYPTED_KEYS = f"^({'|'.join(DATA)})$"
_ENCRYPTED = "ENC["


def holds_data(resource: Resource) -> bool:
    """Whether it is a Secret with any value in the open. One that others fill in the cluster has none."""
    if resource.kind != SECRET or resource.group:
        return False
    values = [value for key in DATA for value in _values(resource, key)]
    return any(value not in ("", None) for value in values) and not _encrypted(resource, values)


def is_encrypted(resource: Resource) -> bool:
    """Whether it is a Secret as sops writes one; a cluster would take the encrypted text for the value."""
    return resource.kind == SECRET and not resource.group and bool(mapping(resource.body.get(SOPS)))


def _encrypted(resource: Resource, values: list[object]) -> bool:
    """Not by its record alone, which anybody may write: every value must look encrypted."""
    sealed = all(value in ("", None) or str(value).startswith(_ENCRYPTED) for value in values)
    return is_encrypted(resource) and sealed


def _values(resource: Resource, key: str) -> tuple[object, ...]:
    return tuple(mapping(resource.body.get(key)).values())
