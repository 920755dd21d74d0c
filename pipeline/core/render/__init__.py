"""What a render is made of and what comes out: orders, manifests, overlays, the rendered tree.

Helm is not called here: adapters/helm does that.
"""
