"""The body as the API server would hold it: defaults filled, so that a default made explicit is no change."""

from pipeline.core.resource import Body, Resource


def normal(resource: Resource) -> Body:
    """A body for comparison; the resource's own is not touched."""
    return resource.body
