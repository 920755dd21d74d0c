"""From findings to a verdict and a report: rules are run, grouped, waived, counted.

How a report looks belongs in report/.
"""
