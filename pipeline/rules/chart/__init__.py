"""Rules of the category chart."""
