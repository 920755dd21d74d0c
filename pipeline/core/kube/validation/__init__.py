"""What kube-apiserver's own validation says of the values of built-in objects, by minor of Kubernetes.

The shape of an object (its fields and their types) belongs in kube/field_check; whether a change is allowed, in rules/.
"""
