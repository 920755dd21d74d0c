"""Where charts come from: chart repositories, OCI registries, Git repositories, URLs, this disk; and what they need.

Which version is chosen belongs in core/charts.
"""
