"""Vendors, renders, compares, commits and applies upstream Helm charts, and accounts for every change.

Each folder's first lines say what belongs there; README.md is the map.
"""

__version__ = "0.1.0"
