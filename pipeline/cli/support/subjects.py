"""The subjects that a role is bound to, from the options that name them."""

from pipeline.core.errors import UsageError


def subject(
    namespace: str, purpose: str, service_account: str | None, user: str | None, group: str | None
) -> dict[str, str]:
    """An RBAC subject; by default the service account ``pipeline-<purpose>`` in ``namespace``.

    Raises:
        UsageError: more than one is named.
    """
    named = [name for name in (service_account, user, group) if name]
    if len(named) > 1:
        raise UsageError("a role can be bound to one subject only", hint="one of --service-account, --user and --group")
    if user or group:
        kind = "User" if user else "Group"
        return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": named[0]}
    place, _, name = (service_account or f"pipeline-{purpose}").rpartition("/")
    return {"kind": "ServiceAccount", "name": name, "namespace": place or namespace}
