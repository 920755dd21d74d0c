"""What plan and apply decide with, without a cluster: plans, approvals, inventories, phases, health, retries."""
