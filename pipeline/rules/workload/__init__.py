"""Rules of the category workload."""
