"""Knowledge that several rules share: references, selectors, routes, permissions, storage.

What only one rule needs stays in that rule's file.
"""
