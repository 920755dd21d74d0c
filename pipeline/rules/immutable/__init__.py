"""Fields that the API server refuses to change.

What it accepts belongs in the category of the field.
"""
