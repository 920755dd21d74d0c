"""A definition whose change needs a webhook that is not ready yet, written in two steps. Pure.

The backend of a conversion webhook is mostly the operator of the same plan, which needs the new versions to start: so
neither may wait for the other. The first step brings all versions, and keeps what reads and writes of objects that
exist need: the storage version, and a conversion that works. The second step, once the backend is ready, is the rest.
"""

from typing import Any

from pipeline.core.cluster.plan.definition_changes import contains
from pipeline.core.crd.definition import Definition, definition
from pipeline.core.kube.resource import Body, Resource, mapping, sequence

WEBHOOK = "Webhook"


def first_half(existing: Body, wanted: Body) -> Body | None:
    """The body of the first step; None where ``wanted`` can be written at once."""
    before, after = (definition(Resource.of(body)) for body in (existing, wanted))
    conversion = mapping(after.spec.get("conversion"))
    if conversion.get("strategy") != WEBHOOK:
        return None
    kept_conversion = _conversion(before, after)
    versions = [_version(entry, before, after) for entry in sequence(after.spec.get("versions"))]
    if kept_conversion == conversion and versions == list(sequence(after.spec.get("versions"))):
        return None
    return {**wanted, "spec": {**after.spec, "conversion": kept_conversion, "versions": versions}}


def with_storage_of(wanted: Body, existing: Body) -> Body:
    """``existing`` with the storage version of ``wanted``, and nothing else of it.

    So objects are stored anew by the schema and the conversion that they were written with. Where that version is new,
    it is ``wanted`` with the versions that it removes still there, not stored.
    """
    before, after = (definition(Resource.of(body)) for body in (existing, wanted))
    if after.storage_version in before.versions:
        versions = [
            dict(version) | {"storage": name == after.storage_version} for name, version in before.versions.items()
        ]
        return {**wanted, "spec": {**before.spec, "versions": versions}}
    gone = [dict(entry) | {"storage": False} for name, entry in before.versions.items() if name not in after.versions]
    return {**wanted, "spec": {**after.spec, "versions": [*sequence(after.spec.get("versions")), *gone]}}


def _conversion(before: Definition, after: Definition) -> dict[str, Any]:
    """The old one, where it works: a webhook that is there, or none where no version is new."""
    old, new = (mapping(side.spec.get("conversion")) for side in (before, after))
    unchanged = contains(old, new)
    works = old.get("strategy") == WEBHOOK or not after.versions.keys() - before.versions.keys()
    return dict(old if works and old and not unchanged else new)


def _version(entry: object, before: Definition, after: Definition) -> dict[str, Any]:
    stored = before.storage_version
    version = dict(mapping(entry))
    return version | {"storage": version.get("name") == stored} if stored in after.versions else version
