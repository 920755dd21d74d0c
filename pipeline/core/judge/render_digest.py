"""A digest of what a release renders to, from which no secret value can be guessed."""

import hashlib

import orjson

from pipeline.core.kube.resource import Body, ManifestSet, Resource, mapping


def render_digest(manifests: ManifestSet) -> str:
    """``sha256:…`` over every object, in an order that does not depend on the render's."""
    digest = hashlib.sha256()
    for resource in sorted(manifests.resources, key=lambda r: r.id):
        digest.update(orjson.dumps(_without_secrets(resource), option=orjson.OPT_SORT_KEYS))
    return f"sha256:{digest.hexdigest()}"


def _without_secrets(resource: Resource) -> Body:
    """A digest of a short secret can be guessed, so a Secret counts by its keys alone."""
    if resource.kind != "Secret":
        return resource.body
    hidden: Body = {
        key: sorted(mapping(resource.body.get(key))) for key in ("data", "stringData") if key in resource.body
    }
    return {**resource.body, **hidden}
