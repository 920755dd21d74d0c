"""What a plan contains, and how each object becomes an action.

Who may approve it belongs in approval/.
"""
