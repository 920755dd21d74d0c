"""The body as server-side apply needs it: merge keys written out, Secrets in one form."""

import base64

import orjson

from pipeline.core.kube.pods import containers
from pipeline.core.kube.resource import Body, Resource, mapping, sequence

_TCP = "TCP"


def normalised(body: Body) -> Body:
    """A copy in which every merge key is written out.

    ``protocol`` is a merge key of ports, and an apply without it makes an entry of its own (kubernetes#113482);
    ``stringData`` is write-only, so a Secret would never be seen to be what was applied (kubernetes#108008).
    The rules of an aggregated ClusterRole are its controller's (rbac/v1, AggregationRule): stated ones are left out.
    """
    copy: Body = orjson.loads(orjson.dumps(body))
    resource = Resource.of(copy)
    for container in containers(resource):
        for port in sequence(container.get("ports")):
            if isinstance(port, dict):
                port.setdefault("protocol", _TCP)
    if resource.kind == "Service" and not resource.group:
        for port in sequence(mapping(copy.get("spec")).get("ports")):
            if isinstance(port, dict):
                port.setdefault("protocol", _TCP)
    if resource.kind == "Secret" and not resource.group and _all_text(copy.get("stringData")):
        plain = {key: _encoded(value) for key, value in copy.pop("stringData").items()}
        copy["data"] = {**mapping(copy.get("data")), **plain}
    if resource.kind == "ClusterRole" and mapping(copy.get("aggregationRule")).get("clusterRoleSelectors"):
        copy.pop("rules", None)
    return copy


def _all_text(values: object) -> bool:
    """Whether each is a text or null: a number or a map is refused by the server, and not ours to turn into a text."""
    return isinstance(values, dict) and all(value is None or isinstance(value, str) for value in values.values())


def _encoded(value: str | None) -> str:
    return base64.b64encode((value or "").encode()).decode()
