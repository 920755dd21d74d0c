"""Rules of the category helm-hook."""
