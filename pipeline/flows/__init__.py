"""Flows: one straight line a verb over core and the ports of core/ports.py."""
