"""pipeline.yaml: its model, how it is read and checked, and the words for its errors.

Reading files belongs in adapters/.
"""
