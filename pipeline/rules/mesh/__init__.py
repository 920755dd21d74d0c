"""Istio and the Gateway API: injection, protocols, routes, gateways, TLS between workloads, the control plane.

Routes of the Gateway API to Services belong in rules/network.
"""
