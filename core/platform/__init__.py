"""The operator's work on tenants: the companies of the installation, what they may use, and their numbers."""
