"""Adapters: effects, one outside system a file. They never import flows."""
