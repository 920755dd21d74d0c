"""The table of APIs says what real servers say, and what is known of removals."""

import pytest

from pipeline.core.kube.apis import capabilities, kinds, lookup, newest
from pipeline.core.kube.scope import BUILT_IN
from tests.support.tools import corpus


@pytest.mark.parametrize(("minor", "file"), [(34, "served-1.34.4.tsv"), (37, "served-1.37.2.tsv")])
def test_a_real_server_serves_exactly_this(minor: int, file: str) -> None:
    rows = {tuple(line.split("\t")) for line in (corpus() / file).read_text().splitlines()}
    ours = {
        (f"{api.group}/{api.version}".removeprefix("/"), api.kind, "Namespaced" if api.namespaced else "Cluster")
        for api in kinds()
        if api.namespaced is not None and api.served(minor)
    }
    assert ours == rows


@pytest.mark.parametrize(
    ("group", "version", "kind", "removed", "replacement"),
    [
        ("extensions", "v1beta1", "Deployment", 16, "apps/v1/Deployment"),
        ("extensions", "v1beta1", "Ingress", 22, "networking.k8s.io/v1/Ingress"),
        ("apiextensions.k8s.io", "v1beta1", "CustomResourceDefinition", 22, ""),
        ("apiregistration.k8s.io", "v1beta1", "APIService", 22, ""),
        ("policy", "v1beta1", "PodDisruptionBudget", 25, "policy/v1/PodDisruptionBudget"),
        ("policy", "v1beta1", "PodSecurityPolicy", 25, ""),
        ("batch", "v1beta1", "CronJob", 25, "batch/v1/CronJob"),
        ("autoscaling", "v2beta2", "HorizontalPodAutoscaler", 26, "autoscaling/v2/HorizontalPodAutoscaler"),
        ("flowcontrol.apiserver.k8s.io", "v1beta3", "FlowSchema", 32, "flowcontrol.apiserver.k8s.io/v1/FlowSchema"),
        ("apps", "v1", "Deployment", None, ""),
    ],
)
def test_known_removals(group: str, version: str, kind: str, removed: int | None, replacement: str) -> None:
    api = lookup(group, version, kind)
    assert api is not None
    assert api.removed == removed
    assert not replacement or api.replacement == replacement


@pytest.mark.parametrize(
    ("group", "version", "kind", "introduced"),
    [
        # The lifetimes of these are off in Kubernetes itself: 16, 27, 26, and 19 for what is older than 1.16.
        ("discovery.k8s.io", "v1beta1", "EndpointSlice", 17),
        ("networking.k8s.io", "v1alpha1", "ServiceCIDR", 29),
        ("certificates.k8s.io", "v1alpha1", "ClusterTrustBundle", 27),
        ("authorization.k8s.io", "v1", "SelfSubjectAccessReview", 11),
        ("policy", "v1", "PodDisruptionBudget", 21),
        ("batch", "v1", "CronJob", 21),
        ("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy", 30),
    ],
)
def test_known_beginnings(group: str, version: str, kind: str, introduced: int) -> None:
    api = lookup(group, version, kind)
    assert api is not None
    assert api.introduced == introduced


def test_the_table_is_whole() -> None:
    gone = [api for api in kinds() if api.removed is not None]
    assert (len(gone), sum(1 for api in gone if (api.removed or 0) <= 37)) == (137, 113)
    assert newest() == 37


def test_betas_of_today_are_off_and_those_of_old_are_on() -> None:
    assert "policy/v1/PodDisruptionBudget" in capabilities((1, 34))
    assert "policy/v1beta1/PodDisruptionBudget" in capabilities((1, 24))
    assert "policy/v1beta1" not in capabilities((1, 25))
    assert {"v1", "v1/Pod", "apps/v1"} <= set(capabilities((1, 99)))
    assert not any("alpha" in api for minor in range(16, 38) for api in capabilities((1, minor)))


def test_scopes_agree_with_the_table() -> None:
    for api in kinds():
        if api.namespaced is not None:
            assert BUILT_IN.namespaced(api.group, api.kind) is api.namespaced, api
