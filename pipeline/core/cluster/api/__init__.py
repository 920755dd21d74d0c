"""How the API server answers: errors, retries, discovery, timestamps.

How to react to an answer belongs in plan/ and run/.
"""
