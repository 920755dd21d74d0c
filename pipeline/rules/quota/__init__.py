"""ResourceQuotas and LimitRanges, and the pods that they refuse.

What pods ask for without a quota belongs in rules/workload.
"""
