"""What an upgrade deletes, loses or replaces, and the data that goes with it."""
