"""CEL rules of a CRD, evaluated as the API server does.

Every other keyword belongs in schema/.
"""
