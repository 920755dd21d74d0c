"""What verbs share: options, the error handler, progress, output.

A verb itself is a file in cli/.
"""
