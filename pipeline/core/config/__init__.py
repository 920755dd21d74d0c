"""pipeline.yaml: its model, how it is read and checked, and the texts of its errors.

Reading files belongs in adapters/.
"""
