"""Helm hooks: what an upgrade runs, when, and what is left behind."""
