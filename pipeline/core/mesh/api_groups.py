"""The API groups of Istio and of the Gateway API, and how their objects are told from others of the same kind."""

from pipeline.core.kube.resource import Resource

NETWORKING = "networking.istio.io"
SECURITY = "security.istio.io"
TELEMETRY = "telemetry.istio.io"
EXTENSIONS = "extensions.istio.io"
GATEWAY_API = "gateway.networking.k8s.io"
ISTIO = (NETWORKING, SECURITY, TELEMETRY, EXTENSIONS)


def is_istio(resource: Resource) -> bool:
    """Whether the object is one of Istio's own kinds."""
    return resource.id.group in ISTIO
