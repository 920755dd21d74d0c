"""kube-apiserver's validation of the values of built-in objects, by Kubernetes minor version.

The shape of an object (its fields and their types) belongs in kube/field_check; whether a change is allowed, in rules/.
"""
