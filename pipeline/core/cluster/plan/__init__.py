"""What a plan holds, and how each object becomes an action.

Who may approve it belongs in approval/.
"""
