"""The texts of a commit message, and of the comment on a pull request.

Talking to Git or GitHub belongs in adapters/.
"""
