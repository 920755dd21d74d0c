"""Rules of the category security-context."""
