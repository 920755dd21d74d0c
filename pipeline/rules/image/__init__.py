"""Rules of the category image."""
