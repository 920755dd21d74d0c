"""CustomResourceDefinitions: which ones change, what they serve, which custom resources use them.

Built-in kinds belong in kube/.
"""
