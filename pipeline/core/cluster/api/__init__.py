"""How the API server answers: errors, retries, discovery, timestamps.

What to do about an answer belongs in plan/ and run/.
"""
