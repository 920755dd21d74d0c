"""Custom resource definitions: what an upgrade does to them and to the custom resources stored under them."""
