"""Rules of the category rbac."""
