"""Which connections a pod takes: PeerAuthentications by their scope.

The narrowest policy wins: of the pod, of its namespace, of the mesh; of several in one scope, the first.
istio/istio: pilot/pkg/security/authn, pilot/pkg/model/authentication.go.
"""

from collections.abc import Iterable, Mapping

from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.peer_authentication import DEFAULT, mode_of
from pipeline.core.mesh.values import labels, namespace_of, number, text, within


def namespace_modes(policies: Iterable[Resource], root: str) -> Mapping[str, str]:
    """By namespace, of policies without a selector; ``""`` is what holds for namespaces that have none."""
    modes: dict[str, str] = {}
    for policy in policies:
        mode = mode_of(policy)
        if mode and not _selector(policy):
            modes.setdefault(namespace_of(policy), mode)
    return {**({"": modes[root]} if root in modes else {}), **modes}


def accepted(
    policies: Iterable[Resource], modes: Mapping[str, str], namespace: str, pod: Mapping[str, str]
) -> tuple[str, dict[int, str]]:
    """The mode of a pod, and that of single ports; only a policy with a selector may set those."""
    general = modes.get(namespace, modes.get("", DEFAULT))
    for policy in policies:
        selector = _selector(policy)
        if selector and namespace_of(policy) == namespace and within(selector, pod):
            mode = mode_of(policy) or general
            ports = mapping(mapping(policy.body.get("spec")).get("portLevelMtls"))
            given = {number(port): text(mapping(one).get("mode")) for port, one in ports.items()}
            own = {port: (chosen if chosen not in ("", "UNSET") else mode) for port, chosen in sorted(given.items())}
            return mode, own
    return general, {}


def _selector(policy: Resource) -> dict[str, str]:
    return labels(mapping(mapping(policy.body.get("spec")).get("selector")).get("matchLabels"))
