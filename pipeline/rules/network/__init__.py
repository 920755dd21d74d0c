"""Services, Ingresses, Gateways, routes, network policies, monitors, and what they select.

Webhooks belong in rules/webhook.
"""
