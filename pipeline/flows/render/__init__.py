"""The steps of a render: jobs, attempts, a second render, sealing, safe messages.

Pure decisions belong in core/render.
"""
