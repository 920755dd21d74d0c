"""The input and output of a render: orders, manifests, overlays, the rendered tree.

Helm is not called here: adapters/helm does that.
"""
