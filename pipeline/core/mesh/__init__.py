"""What Istio and the Gateway API make of manifests: hosts, routes, gateways, injection, protocols.

And the view of each Envoy: clusters, listeners and routes of a proxy, and what differs between two views. Facts about
Istio are those of its own source; each module names the file. Tables for people are in report.
"""
