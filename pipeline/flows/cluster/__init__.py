"""What is done with a cluster: plan, apply, wait, prune, drift. Everything goes through the Protocols of answer.py."""
