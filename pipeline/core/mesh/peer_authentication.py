"""Which mTLS mode a server's proxy asks for: of the pods' own policy, else the namespace's, else the mesh's.

Source: istio pilot/pkg/security/authn (the oldest policy of the narrowest scope decides; UNSET inherits).
"""

from pipeline.core.analysis.side_index import PodTemplate, SideIndex
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.memo import once
from pipeline.core.mesh.api_groups import SECURITY
from pipeline.core.mesh.route_parts import spec

DEFAULT = "PERMISSIVE"
ROOT = "istio-system"
"""The namespace of mesh-wide policies, unless the mesh's configuration names another."""


def mode_of(policy: Resource) -> str:
    """The mode that a policy sets; empty where it inherits."""
    mode = mapping(spec(policy).get("mtls")).get("mode")
    return mode if isinstance(mode, str) and mode != "UNSET" else ""


@once
def _policies(side: SideIndex) -> tuple[Resource, ...]:
    return tuple(
        peer_authentication
        for peer_authentication in side.of("PeerAuthentication", SECURITY)
        if mode_of(peer_authentication)
    )


def server_mode(pods: PodTemplate, side: SideIndex) -> str:
    """``STRICT``, ``PERMISSIVE`` or ``DISABLE``."""
    best, mode = 0, DEFAULT
    for policy in _policies(side):
        home, labels = side.home(policy), mapping(mapping(spec(policy).get("selector")).get("matchLabels"))
        if labels:
            rank = 3 if home == pods.namespace and labels.items() <= pods.labels.items() else 0
        else:
            rank = 2 if home == pods.namespace else int(home == ROOT)
        if rank > best:
            best, mode = rank, mode_of(policy)
    return mode
