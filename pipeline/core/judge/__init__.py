"""From findings to a verdict and a report: rules are run, findings are grouped, waived and counted.

How a report looks belongs in report/.
"""
