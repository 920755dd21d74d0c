"""Fields that the API server refuses to change once an object exists."""
