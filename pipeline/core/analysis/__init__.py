"""Knowledge that several rules share: references, selectors, routes, rights, storage.

What only one rule needs stays in that rule's file.
"""
