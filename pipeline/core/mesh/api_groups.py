"""The API groups of Istio and of the Gateway API."""

NETWORKING = "networking.istio.io"
SECURITY = "security.istio.io"
TELEMETRY = "telemetry.istio.io"
EXTENSIONS = "extensions.istio.io"
GATEWAY_API = "gateway.networking.k8s.io"
ISTIO = (NETWORKING, SECURITY, TELEMETRY, EXTENSIONS)
