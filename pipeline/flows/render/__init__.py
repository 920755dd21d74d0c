"""The steps of a render: jobs, attempts, the second render, sealing, safe messages.

Pure decisions belong in core/render.
"""
