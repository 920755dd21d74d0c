"""CustomResourceDefinitions: which ones change, what they serve, which resources use them.

Built-in kinds belong in kube/.
"""
