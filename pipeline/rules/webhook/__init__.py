"""Rules of the category webhook."""
