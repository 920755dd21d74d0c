"""Vendors, renders, compares, commits and applies upstream Helm charts, and accounts for every change."""

__version__ = "0.1.0"
