"""Charts, their versions, values and schemas, as Helm understands them.

No fetching: adapters/charts does that.
"""
