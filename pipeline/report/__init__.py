"""Report formats: each turns a ReportDocument (or a plan, a status) into text.

No judgement belongs here, and nothing is read or written.
"""
