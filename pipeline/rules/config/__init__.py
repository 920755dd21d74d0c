"""Configuration: the values we set, the chart that reads them, and the references inside what it renders."""
