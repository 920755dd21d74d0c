"""Report formats: each turns a ReportDocument (or a plan, a status) into text.

Nothing is judged, read or written here.
"""
