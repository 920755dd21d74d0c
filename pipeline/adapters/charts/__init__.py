"""Where charts come from: archives, folders, repositories over HTTP, the store of fetched ones.

Which version is chosen belongs in core/charts.
"""
