"""Rules of the category scheduling-HA."""
