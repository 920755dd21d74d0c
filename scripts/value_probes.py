"""Asks a real API server which values it takes in each field of the objects in tests/data, one change at a time.

Every answer is one dry run of a create. ``scripts/derive_values.py`` makes a table of them.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import urllib3
import yaml

from tests.cluster.control_plane import token
from tests.cluster.control_plane_connection import ControlPlaneConnection

ROOT = Path(__file__).parent.parent
FILES = (ROOT / "tests/data/mutations/base.yaml", ROOT / "tests/data/fields/rich.yaml")
LENGTHS = (15, 16, 31, 32, 52, 53, 63, 64, 128, 129, 254, 256, 257, 512, 513, 1024, 1025)
TEXTS = (
    *("x" * length for length in LENGTHS),
    ".".join(["x" * 62] * 4)[:253].rstrip("."),
    *("", "Upper-Case", "a b", "a_b", "a.b", "a/b", "-a", "a-", "1a", "12", "a:b", "a@b", "a+b", "25%", "125%", "%"),
    *("Nonsense", "-1", "1Gx", "10.0.0.77", "10.0.0.300", "2001:db8::1", "10.1.0.0/16", "10.1.0.1/16"),
    *("https://example.org/x", "x/../y", "/x/y", "/x/../y", "../x", "a", "a-b", "a--b", "a---b", "a.b/c", "a.b/c/d"),
    *("A", "A_B", "*", "*.a.b", "0", "0m", "1", "100m", "1Gi", "1.5", "0b", "1e3", "1E", "10s", "1h", ".a", "a."),
    *("a,b", "a=b", "é", "a\nb", "a\tb", "a..b", "1-1", "GET", "TCP", "true", "http", "None", "default", "x.y.z"),
    *("kubernetes.io/x", "a.k8s.io/x", "example.org", "example.org/a_b", "Example.org/a", "a;b", "$(A)", "apps/v1"),
    *("0 0 * * *", "Etc/UTC", "v1", "v1beta1", ".spec.a", "true == true", "2020-01-01T00:00:00Z"),
)
NUMBERS = (
    *(-1, 0, 1, 2, 3, 5, 10, 50, 99, 100, 101, 127, 128, 254, 255, 256, 300, 301, 1000, 1024, 3600, 32767, 32768),
    *(65535, 65536, 86400, 100000, 2**31 - 2, 2**31 - 1),
)
FIXED = {("apiVersion",), ("kind",), ("metadata", "namespace")}
TRIES = 4
Steps = tuple[Any, ...]


class Answer(NamedTuple):
    """What the server said of ``body``: ``what`` was done at ``path``. ``causes`` are (reason, field, message)."""

    body: dict[str, Any]
    path: Steps
    what: str
    value: Any
    code: int
    causes: list[tuple[str, str, str]]

    @property
    def api_version(self) -> str:
        return str(self.body["apiVersion"])

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def accepted(self) -> bool:
        return self.code in (200, 201, 409)


def objects() -> Iterator[dict[str, Any]]:
    return (body for file in FILES for body in yaml.safe_load_all(file.read_text()) if body)


def leaves(node: Any, path: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    for step, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from leaves(value, (*path, step))
    if path:
        yield path, node


def changed(body: dict[str, Any], path: Steps, value: Any) -> dict[str, Any]:
    new = copy.deepcopy(body)
    at: Any = new
    for step in path[:-1]:
        at = at[step]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return new


class Probe(NamedTuple):
    """``what`` is asked at ``path``: the battery's ``value`` (of a field, or as a key), put there as ``new``."""

    path: Steps
    what: str
    value: Any
    new: Any


def probes(body: dict[str, Any]) -> Iterator[Probe]:
    """Each leaf with each value of the battery, each key of a map of texts, each field left out (``...``)."""
    for path, value in leaves(body):
        if path in FIXED:
            continue
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            for other in TEXTS if isinstance(value, str) else NUMBERS:
                yield Probe(path, "value", other, other)
        if isinstance(value, dict) and value and all(isinstance(one, str) for one in value.values()):
            for key in TEXTS:
                yield Probe(path, "key", key, value | {key: next(iter(value.values()))})
        if not isinstance(path[-1], int):
            what = "removed map" if isinstance(value, dict) else "removed"
            yield Probe(path, what, None, ...)


Choice = Callable[[dict[str, Any]], Iterable[Probe]]


def answers(
    plane: ControlPlaneConnection, bodies: Iterable[dict[str, Any]], chosen: Choice = probes
) -> Iterator[Answer]:
    """Every answer about the given objects; the server must take each of them as it stands.

    ``chosen`` gives the probes of one object: all of them by default.
    """
    headers = {"Authorization": f"Bearer {token('admin')}", "Content-Type": "application/json"}

    def post(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        for left in reversed(range(TRIES)):
            try:
                answer = plane.pool.request("POST", plane.url + path, headers=headers, json=body)
            except urllib3.exceptions.HTTPError:
                if not left:
                    return 0, {}
            else:
                return answer.status, answer.json()
        raise AssertionError

    post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "t"}})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sa"}}
    post("/api/v1/namespaces/t/serviceaccounts", account)
    with ThreadPoolExecutor(4) as pool:
        for body in bodies:
            url = f"{_url(plane, body)}?dryRun=All&fieldValidation=Strict"

            def ask(probe: Probe, body: Any = body, url: str = url) -> Answer:
                new = changed(body, probe.path, probe.new)
                code, said = post(url, new)
                causes = (said.get("details") or {}).get("causes") or ()
                found = [(c.get("reason", ""), c.get("field", ""), c.get("message", "")) for c in causes]
                return Answer(new, probe.path, probe.what, probe.value, code, found)

            yield from pool.map(ask, chosen(body))


def _url(plane: ControlPlaneConnection, body: dict[str, Any]) -> str:
    root = f"/apis/{body['apiVersion']}" if "/" in body["apiVersion"] else f"/api/{body['apiVersion']}"
    plural, namespaced = plane.resource(root, body["kind"])
    return f"{root}/namespaces/t/{plural}" if namespaced else f"{root}/{plural}"
