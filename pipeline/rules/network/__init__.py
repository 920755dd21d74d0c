"""Rules of the category network."""
