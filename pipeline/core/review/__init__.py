"""The words of a commit and of the comment that is kept on a pull request.

Talking to Git or GitHub belongs in adapters/.
"""
