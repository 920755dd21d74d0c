"""What Istio and the Gateway API make of manifests: hosts, routes, gateways, injection, protocols.

Facts about Istio are those of its own source; each module names the file.
"""
