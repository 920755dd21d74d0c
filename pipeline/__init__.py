"""Vendor, render, diff, commit and apply upstream Helm charts, with no change unaccounted for."""

__version__ = "0.1.0"
