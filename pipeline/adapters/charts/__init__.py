"""Where charts come from: archives, folders, chart repositories over HTTP, and the store of fetched charts.

Which version is chosen belongs in core/charts.
"""
