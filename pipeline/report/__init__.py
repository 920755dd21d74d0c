"""Report formats: each turns one Report into text, and does nothing else."""
