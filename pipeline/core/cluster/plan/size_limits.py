"""Which objects are too large to be stored: a dry run does not say so, because it stores nothing."""

from collections.abc import Iterator

import orjson

from pipeline.core.cluster.plan.plan import PlanProblem
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import CRD_KIND, Body, ResourceId

LARGEST_BYTES = 1_572_864
"""What etcd takes in one request (--max-request-bytes), and so the largest object."""


def too_large(rid: ResourceId, body: Body) -> Iterator[PlanProblem]:
    """Custom resources and definitions are stored as JSON; of all others the server's validation knows the limit."""
    if built_in_group(rid.group) and rid.kind != CRD_KIND:
        return
    size = len(orjson.dumps(body))
    if size > LARGEST_BYTES:
        text = f"it has {size} bytes, and etcd stores {LARGEST_BYTES} at most (--max-request-bytes)"
        yield PlanProblem("size", str(rid), text, "make it smaller, or remove it from the release with an overlay")
