"""Names of objects are shown though a Secret holds them too; a value that a chart makes a name of is not."""

import pytest

from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.redaction.mask import Mask

NAMES = (
    "web",
    "web-postgresql-0",
    "app1prod-postgresql",
    "k8ssandra-operator",
    "web-6d4f8b9c7d-x2x4z",
    "kps-config-1a2b3c4d5e",
    "certmanager2024",
    "system:auth-delegator",
    "system:controller:CamelCase",
    "servers2048.example.com",
    "customer1234prod-db",
)
TOKENS = (
    "Kx7vQm29LpZt4Rw",
    "Xk7-pQ9vLm2RtZ4wBc6N",
    "Xk7-pQ9vLm2R",
    "9f86d081884c7d659a2feaa0c55ad015",
    "918273645546371",
    "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "correct horse battery staple 77",
    "p7%Kx9=3v(Pz)L0m/2W",
)


def seen(name: str) -> Mask:
    """A mask that has seen a Secret with the value, and a ConfigMap that it is the name of."""
    mask = Mask()
    mask.public(["customer1234prod"])
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": name}}
    named = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    mask.manifests(ManifestSet(tuple(map(Resource.of, (secret, named)))))
    return mask


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_secret(name: str) -> None:
    assert seen(name).text(f"ConfigMap shop/{name} is new") == f"ConfigMap shop/{name} is new"


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("around", ["ConfigMap shop/{}", "--token={} -v", '"name":"{}"'])
def test_a_value_that_is_a_name_too_stays_a_secret(token: str, around: str) -> None:
    assert seen(token).text(around.format(token)) == around.format("<secret #1>")
