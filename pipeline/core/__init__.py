"""Values in, values out: no file, no network, no clock, no environment."""
