"""A change of a security setting gives the pods more, unless it is known to give them less or nothing."""

import pytest

from pipeline.core.analysis.pod_security import privilege_changes
from pipeline.core.diff.compare import compare
from pipeline.core.render.manifests import parse

POD = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {%s containers: [{name: a, image: 'x:1', securityContext: {x: 1%s}}]}}}\n"
)


def loosened(old: str, new: str, *, of_pod: bool) -> bool:
    before, after = (parse(POD % ((text, "") if of_pod else ("", text)), namespace="shop") for text in (old, new))
    (change,) = compare(before, after).changes
    return any(more for _, more in privilege_changes(change))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (", procMount: Default", ", procMount: Unmasked"),
        ("", ", appArmorProfile: {type: Unconfined}"),
        (", seLinuxOptions: {type: a}", ", seLinuxOptions: {type: spc_t}"),
        (", windowsOptions: {hostProcess: false}", ", windowsOptions: {hostProcess: true}"),
        (", allowPrivilegeEscalation: false", ""),
        (", runAsUser: 1000", ""),
        (", capabilities: {drop: [ALL]}", ""),
        ("", ", aSettingOfTomorrow: 1"),
        (", aSettingOfTomorrow: 1", ", aSettingOfTomorrow: 2"),
    ],
)
def test_a_container_gets_more(old: str, new: str) -> None:
    assert loosened(old, new, of_pod=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hostUsers: false,", "hostUsers: true,"),
        ("hostUsers: false,", ""),
        ("", "hostPID: true,"),
        ("", "securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]},"),
        ("securityContext: {seccompProfile: {type: RuntimeDefault}},", ""),
        ("", "securityContext: {aSettingOfTomorrow: 1},"),
    ],
)
def test_a_pod_gets_more(old: str, new: str) -> None:
    assert loosened(old, new, of_pod=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (", procMount: Unmasked", ", procMount: Default"),
        (", privileged: true", ""),
        ("", ", allowPrivilegeEscalation: false"),
        ("", ", seccompProfile: {type: RuntimeDefault}"),
        ("", ", runAsUser: 1000"),
        (", capabilities: {drop: [NET_RAW]}", ", capabilities: {drop: [ALL]}"),
        (", runAsGroup: 1", ", runAsGroup: 2"),
    ],
)
def test_a_container_gets_no_more(old: str, new: str) -> None:
    assert not loosened(old, new, of_pod=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "hostUsers: false,"),
        ("hostNetwork: true,", ""),
        ("", "securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]},"),
        ("securityContext: {fsGroup: 1},", "securityContext: {fsGroup: 2},"),
    ],
)
def test_a_pod_gets_no_more(old: str, new: str) -> None:
    assert not loosened(old, new, of_pod=True)
